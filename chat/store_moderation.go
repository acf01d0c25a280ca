package chat

import (
	"context"
	"time"
)

// ModerationStore is the part of a Store that keeps what moderators and admins do and what they need for it.
type ModerationStore interface {
	// Silence keeps a member from being heard until a time; nil lifts it. EventSeq is 0 when it was so already.
	// ErrNoMember for who is none.
	Silence(ctx context.Context, channelID, userID string, until *time.Time) (MemberUpdated, error)
	// Moderators lists who moderates a channel: its owners and admins, and the company's admins.
	Moderators(ctx context.Context, channelID string) ([]string, error)

	// Block notes that a user wants to hear nothing of another, or does again. changed is false when it was so already.
	// ErrTooManyBlocks over limit, ErrNoUser for who is not known.
	Block(ctx context.Context, userID, blockedID string, on bool, limit int) (changed bool, err error)
	// Blocks lists whom a user blocks, by name.
	Blocks(ctx context.Context, userID string) ([]Person, error)
	// BlockedBy gives those of the given users who block a user; of all with nil.
	BlockedBy(ctx context.Context, blockedID string, userIDs []string) ([]string, error)
	// ShareChannel tells whether two users are both in some channel.
	ShareChannel(ctx context.Context, a, b string) (bool, error)

	// Words returns the lists of the word filter.
	Words(ctx context.Context) (WordLists, error)
	// SetWords replaces them, with an entry in the audit log.
	SetWords(ctx context.Context, lists []WordList, entry AuditEntry) (WordLists, error)

	// AddReport files a report; ErrReportedBefore when its reporter has an open one about the message.
	AddReport(ctx context.Context, r Report) error
	// Report returns one, or ErrNoReport, and whether a user moderates its channel as an owner or admin there.
	Report(ctx context.Context, reportID, userID string) (r Report, moderates bool, err error)
	// Reports returns a page of them, the latest first, without those about the user's own messages.
	Reports(ctx context.Context, q ReportQuery) (reports []Report, hasMore bool, err error)
	// CloseReports decides on all open reports about a message, with an entry in the audit log; ErrReportClosed for none.
	CloseReports(ctx context.Context, d ReportDecision, entry AuditEntry) (reportIDs []string, err error)

	// DMOf returns the DM of two people, or ErrNoChannel.
	DMOf(ctx context.Context, a, b string) (Channel, error)
	// GrantDM lets an admin read a DM for a time, with an entry in the audit log.
	GrantDM(ctx context.Context, userID string, a DMAccess, entry AuditEntry) error
	// DMGrant gives until when; the zero time for never.
	DMGrant(ctx context.Context, userID, channelID string) (until time.Time, err error)

	// Audit adds to the log of what admins and moderators do. Changes of a channel add theirs in their own transaction:
	// see Audited.
	Audit(ctx context.Context, e AuditEntry) error
	// AuditLog returns a page of it, the latest first.
	AuditLog(ctx context.Context, q AuditQuery) (entries []AuditEntry, hasMore bool, err error)
}

// ReportDecision is what is decided about a message that was reported.
type ReportDecision struct {
	MessageID string
	By        string
	Status    ReportStatus
	Action    string
	Note      string
}
