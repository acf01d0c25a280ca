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
	// Sent tells whether a message with this clientId was written before.
	Sent(ctx context.Context, senderID, clientID string) (bool, error)
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

	// Audit adds to the log of what admins and moderators do. Changes of a channel add theirs in their own transaction:
	// see Audited.
	Audit(ctx context.Context, e AuditEntry) error
	// AuditLog returns a page of it, the latest first.
	AuditLog(ctx context.Context, q AuditQuery) (entries []AuditEntry, hasMore bool, err error)
}
