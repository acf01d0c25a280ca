package chat

import (
	"context"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
)

// AuditAction says what an admin or moderator did.
type AuditAction string

// Audited actions.
const (
	AuditMessageDeleted  AuditAction = "message_deleted" // another's
	AuditMessagePinned   AuditAction = "message_pinned"
	AuditChannelUpdated  AuditAction = "channel_updated"
	AuditMembersAdded    AuditAction = "members_added"
	AuditMemberRemoved   AuditAction = "member_removed"
	AuditRoleSet         AuditAction = "role_set"
	AuditMemberSilenced  AuditAction = "member_silenced"
	AuditSilenceLifted   AuditAction = "silence_lifted"
	AuditReportResolved  AuditAction = "report_resolved"
	AuditReportDismissed AuditAction = "report_dismissed"
	AuditReportRead      AuditAction = "report_read" // of a message in a DM
	AuditWordsSet        AuditAction = "words_set"
	AuditDMOpened        AuditAction = "dm_opened"
	AuditDMRead          AuditAction = "dm_read"
	AuditDirectory       AuditAction = "directory_changed"
	AuditRankSet         AuditAction = "rank_set" // by the directory: what somebody is in the company
)

// AuditEntry is one thing that an admin or moderator did.
type AuditEntry struct {
	ID        int64          `json:"_id"`
	At        time.Time      `json:"at"`
	ActorID   string         `json:"actorId"`
	ActorName string         `json:"actorName"` // as it is now; empty for a service
	Action    AuditAction    `json:"action"`
	ChannelID string         `json:"channelId,omitempty"`
	UserID    string         `json:"userId,omitempty"`   // whom it was done to
	UserName  string         `json:"userName,omitempty"` // as it is now
	MessageID string         `json:"messageId,omitempty"`
	Details   map[string]any `json:"details"`
}

type auditKey struct{}

// Audited lets the store write an entry in the transaction of the change that is made with the context, if it changes
// anything: no such change is ever without its entry, nor an entry without its change.
func Audited(ctx context.Context, e AuditEntry) context.Context {
	return context.WithValue(ctx, auditKey{}, e)
}

// AuditOf gives the entry of a context.
func AuditOf(ctx context.Context) (AuditEntry, bool) {
	e, ok := ctx.Value(auditKey{}).(AuditEntry)
	return e, ok
}

// AuditQuery asks for a page of the log.
type AuditQuery struct {
	ChannelID string
	ActorID   string
	Action    AuditAction
	Before    int64 // an entry's id; 0 for the latest
	Limit     int
}

// ErrAdminOnly is the answer about what only the company's admins may see.
var ErrAdminOnly = fault.New(fault.Forbidden, "admin_only", "Only the company's admins can do this.")

// companyAdmin tells whether somebody is an admin of the company.
func companyAdmin(who auth.Identity) bool { return who.Internal && who.Role == auth.RoleAdmin }

// maxAuditPage is the longest page of the log.
const maxAuditPage = 100

// AuditLog returns a page of what admins and moderators did, the latest first: all of it for the company's admins, that of
// one channel for who moderates it.
func (s *Service) AuditLog(ctx context.Context, who auth.Identity, q AuditQuery) (entries []AuditEntry, hasMore bool, err error) {
	if q.Limit <= 0 || q.Limit > maxAuditPage {
		q.Limit = maxAuditPage
	}
	if !storable(q.ActorID) || !storable(string(q.Action)) || (q.ChannelID != "" && !id.Valid(q.ChannelID)) {
		return []AuditEntry{}, false, nil
	}
	if !companyAdmin(who) {
		if q.ChannelID == "" {
			return nil, false, ErrAdminOnly
		}
		if _, err := s.access(ctx, who, Moderate, q.ChannelID); err != nil {
			return nil, false, err
		}
	}
	return s.store.AuditLog(ctx, q)
}
