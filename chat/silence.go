package chat

import (
	"context"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
)

// maxSilence is for how long a member can be silenced at most.
const maxSilence = 365 * 24 * time.Hour

// SilenceRequest asks for a member not to be heard in a channel: until a time, or for some seconds. Neither lifts it.
type SilenceRequest struct {
	ChannelID string     `json:"channelId"`
	UserID    string     `json:"userId"`
	Until     *time.Time `json:"until"`
	Seconds   int        `json:"seconds"`
}

// until is when it ends; nil for now.
func (r SilenceRequest) until(now time.Time) (*time.Time, error) {
	bad := fault.New(fault.Invalid, "bad_request", "A member is silenced for at most a year.")
	if r.Seconds < 0 || r.Seconds > int(maxSilence/time.Second) {
		return nil, bad.With("field", "seconds")
	}
	end := r.Until
	if r.Seconds > 0 {
		t := now.Add(time.Duration(r.Seconds) * time.Second)
		end = &t
	}
	if end == nil || !end.After(now) {
		return nil, nil
	}
	if end.Sub(now) > maxSilence+time.Minute {
		return nil, bad.With("field", "until")
	}
	rounded := end.UTC().Truncate(time.Millisecond)
	return &rounded, nil
}

// SilenceMember keeps a member from writing and reacting in a channel for a time, as its moderator, or lifts that.
func (s *Service) SilenceMember(ctx context.Context, who auth.Identity, r SilenceRequest) (MemberUpdated, error) {
	until, err := r.until(s.now())
	if err != nil {
		return MemberUpdated{}, err
	}
	ch, member, err := s.accessAs(ctx, who, Moderate, r.ChannelID)
	if err != nil {
		return MemberUpdated{}, err
	}
	if err := s.mayRule(ctx, who, member, ch, r.UserID); err != nil {
		return MemberUpdated{}, err
	}
	return s.silence(ctx, who, ch.ID, r.UserID, until)
}

func (s *Service) silence(ctx context.Context, who auth.Identity, channelID, userID string, until *time.Time) (MemberUpdated, error) {
	entry := AuditEntry{ActorID: who.UserID, Action: AuditSilenceLifted, ChannelID: channelID, UserID: userID}
	if until != nil {
		entry.Action, entry.Details = AuditMemberSilenced, map[string]any{"until": until}
	}
	push, err := s.store.Silence(Audited(ctx, entry), channelID, userID, until)
	if err == nil && push.EventSeq > 0 {
		s.publish(ctx, bus.Channel(channelID), EventMemberUpdated, push)
	}
	return push, err
}
