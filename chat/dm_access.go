package chat

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
)

const (
	dmAccessTime = 15 * time.Minute
	minDMReason  = 10 // characters
)

// ErrNoAccess is the answer to an admin who has not asked for a DM, or whose time is over.
var ErrNoAccess = fault.New(fault.Forbidden, "dm_not_opened", "Ask for access to this direct message first, with a reason.")

// DMAccessRequest asks to read others' direct messages.
type DMAccessRequest struct {
	ChannelID string `json:"channelId"`
	Reason    string `json:"reason"`
}

// DMAccess says until when they may be read.
type DMAccess struct {
	ChannelID string    `json:"channelId"`
	Until     time.Time `json:"until"`
}

// DMOpened tells all admins of the company that one of them reads others' direct messages.
type DMOpened struct {
	ChannelID string    `json:"channelId"`
	ActorID   string    `json:"actorId"`
	Reason    string    `json:"reason"`
	Until     time.Time `json:"until"`
}

// OpenDMForReading lets an admin of the company read a direct message of others for a quarter of an hour. It is logged with
// its reason before anything can be read, and all admins are told.
func (s *Service) OpenDMForReading(ctx context.Context, who auth.Identity, r DMAccessRequest) (DMAccess, error) {
	if !companyAdmin(who) {
		return DMAccess{}, ErrAdminOnly
	}
	r.Reason = strings.TrimSpace(r.Reason)
	if n := utf8.RuneCountInString(r.Reason); n < minDMReason || n > maxReportDetails || !storable(r.Reason) {
		return DMAccess{}, fault.Newf(fault.Invalid, "bad_request", "A reason has %d to %d characters.", minDMReason, maxReportDetails).With("field", "reason")
	}
	if err := s.isDM(ctx, who, r.ChannelID); err != nil {
		return DMAccess{}, err
	}
	access := DMAccess{ChannelID: r.ChannelID, Until: s.now().Add(dmAccessTime).UTC().Truncate(time.Millisecond)}
	err := s.store.GrantDM(ctx, who.UserID, access, AuditEntry{
		ActorID: who.UserID, Action: AuditDMOpened, ChannelID: r.ChannelID, Details: map[string]any{"reason": r.Reason, "until": access.Until},
	})
	if err != nil {
		return DMAccess{}, err
	}
	admins, err := s.store.Moderators(ctx, r.ChannelID)
	if err != nil {
		s.log.Warn("admins were not told that a direct message was opened", "channel", r.ChannelID, "error", err)
	}
	for _, userID := range admins {
		s.publish(ctx, bus.User(userID), EventDMOpened, DMOpened{ChannelID: r.ChannelID, ActorID: who.UserID, Reason: r.Reason, Until: access.Until})
	}
	return access, nil
}

func (s *Service) isDM(ctx context.Context, who auth.Identity, channelID string) error {
	if !id.Valid(channelID) {
		return ErrNoChannel
	}
	ch, _, err := s.store.Access(ctx, channelID, who.UserID)
	if err == nil && ch.Type != DM {
		err = ErrNoChannel
	}
	return err
}

// OpenedDM returns a page of a direct message that the admin has asked for. Each page is logged before it is read.
func (s *Service) OpenedDM(ctx context.Context, who auth.Identity, r HistoryRequest) (Page, error) {
	if !companyAdmin(who) {
		return Page{}, ErrAdminOnly
	}
	if err := s.isDM(ctx, who, r.ChannelID); err != nil {
		return Page{}, err
	}
	until, err := s.store.DMGrant(ctx, who.UserID, r.ChannelID)
	if err != nil {
		return Page{}, err
	}
	if !until.After(s.now()) {
		return Page{}, ErrNoAccess
	}
	q, err := s.query(ctx, r)
	if err != nil {
		return Page{}, err
	}
	entry := AuditEntry{ActorID: who.UserID, Action: AuditDMRead, ChannelID: r.ChannelID, Details: map[string]any{"before": r.Before, "after": r.After, "around": r.Around}}
	if err := s.store.Audit(ctx, entry); err != nil {
		return Page{}, err
	}
	if r.Around != "" {
		return s.around(ctx, q, r.Around)
	}
	return s.store.History(ctx, q)
}
