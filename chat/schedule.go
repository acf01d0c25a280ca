package chat

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/internal/job"
)

const (
	maxScheduled  = 100 // of one user
	maxAhead      = 366 * 24 * time.Hour
	maxLate       = 24 * time.Hour // then it is not sent any more
	scheduleTries = 200            // ten minutes apart in the end: more than maxLate
)

// ScheduleKind is the kind of the jobs that send scheduled messages.
const ScheduleKind = "send scheduled"

// Refusals about scheduled messages.
var (
	ErrNoScheduled      = fault.New(fault.NotFound, "scheduled_not_found", "There is no such scheduled message.")
	ErrAlreadySent      = fault.New(fault.Conflict, "already_sent", "This message is being sent or has been sent.")
	ErrTooManyScheduled = fault.Newf(fault.TooLarge, "too_many_scheduled", "At most %d messages can wait to be sent.", maxScheduled).With("limit", maxScheduled)

	errTooLate = fault.New(fault.Unavailable, "too_late", "The message could not be sent within a day of its time.")
	errGone    = fault.New(fault.Forbidden, "not_allowed", "The sender is no longer active.")
)

// ScheduleRequest is a message and the time to send it.
type ScheduleRequest struct {
	Outgoing
	SendAt time.Time `json:"sendAt"`
}

// ScheduledPush tells a user's devices of a scheduled message of theirs.
type ScheduledPush struct {
	Scheduled Scheduled `json:"scheduled"`
}

// Schedule keeps a message to be sent later. Whether its sender may write in the channel is asked now and again then.
func (s *Service) Schedule(ctx context.Context, who auth.Identity, r ScheduleRequest) (ScheduledPush, error) {
	out, err := s.schedulable(ctx, who, r.Outgoing, r.SendAt)
	if err != nil {
		return ScheduledPush{}, err
	}
	m, err := s.store.AddScheduled(ctx, who.UserID, Scheduled{ID: id.New(), Outgoing: out, SendAt: r.SendAt.UTC().Truncate(time.Millisecond)}, maxScheduled)
	if err != nil {
		return ScheduledPush{}, err
	}
	return s.tellScheduled(ctx, who.UserID, m), nil
}

func (s *Service) schedulable(ctx context.Context, who auth.Identity, out Outgoing, at time.Time) (Outgoing, error) {
	out, err := out.checked()
	if err != nil {
		return out, err
	}
	if now := s.now(); !at.After(now) || at.After(now.Add(maxAhead)) {
		return out, fault.New(fault.Invalid, "bad_request", "sendAt is a time in the coming year.").With("field", "sendAt")
	}
	if len(out.Mentions) > maxMentions {
		return out, ErrTooManyNames
	}
	ch, member, err := s.accessAs(ctx, who, Write, out.ChannelID)
	if err != nil {
		return out, err
	}
	if _, _, err := s.filtered(ctx, ch.Type, out.Body); err != nil { // and again when it is sent
		return out, err
	}
	if ch.Type != DM && namesEveryone(out.Body) {
		if err := Can(s.actor(who, member), Notify, ch); err != nil {
			return out, err
		}
		if ch.ParticipantCount >= confirmFrom && !out.Confirm {
			return out, ErrConfirmMention.With("members", ch.ParticipantCount)
		}
	}
	if out.Mentions = PossibleUsers(out.Mentions); out.Mentions == nil {
		out.Mentions = []string{}
	}
	if out.ParentID != "" {
		if p, err := s.message(ctx, who, Read, out.ParentID); err != nil {
			return out, err
		} else if p.Channel.ID != out.ChannelID {
			return out, ErrNoMessage
		}
	}
	_, err = s.quote(ctx, who, out, ch)
	return out, err
}

func (s *Service) tellScheduled(ctx context.Context, userID string, m Scheduled) ScheduledPush {
	push := ScheduledPush{Scheduled: m}
	s.publishState(ctx, bus.User(userID), EventScheduledChanged, m.ID, push)
	return push
}

// Scheduled lists the user's messages that wait to be sent, and after them those that could not be.
func (s *Service) Scheduled(ctx context.Context, who auth.Identity) ([]Scheduled, error) {
	return s.store.ScheduledOf(ctx, who.UserID, 2*maxScheduled)
}

// ScheduleChange changes a scheduled message; what is nil stays.
type ScheduleChange struct {
	ID       string     `json:"scheduledId"`
	Body     *string    `json:"message"`
	SendAt   *time.Time `json:"sendAt"`
	Mentions *[]string  `json:"mentions"`
	Confirm  bool       `json:"confirmChannelMention"`
}

// ChangeScheduled changes what will be sent, or when.
func (s *Service) ChangeScheduled(ctx context.Context, who auth.Identity, c ScheduleChange) (ScheduledPush, error) {
	if !id.Valid(c.ID) {
		return ScheduledPush{}, ErrNoScheduled
	}
	m, err := s.store.Scheduled(ctx, who.UserID, c.ID)
	if err != nil {
		return ScheduledPush{}, err
	}
	if m.Status == ScheduleSent || m.Status == ScheduleSending {
		return ScheduledPush{}, ErrAlreadySent
	}
	if c.Body != nil {
		m.Body = *c.Body
	}
	if c.SendAt != nil {
		m.SendAt = c.SendAt.UTC().Truncate(time.Millisecond)
	}
	if c.Mentions != nil {
		m.Mentions = *c.Mentions
	}
	m.Confirm = m.Confirm || c.Confirm
	if m.Outgoing, err = s.schedulable(ctx, who, m.Outgoing, m.SendAt); err != nil {
		return ScheduledPush{}, err
	}
	if m, err = s.store.ChangeScheduled(ctx, who.UserID, m, maxScheduled); err != nil {
		return ScheduledPush{}, err
	}
	return s.tellScheduled(ctx, who.UserID, m), nil
}

// CancelScheduled forgets a scheduled message.
func (s *Service) CancelScheduled(ctx context.Context, who auth.Identity, scheduledID string) error {
	if !id.Valid(scheduledID) {
		return ErrNoScheduled
	}
	m, err := s.store.Scheduled(ctx, who.UserID, scheduledID)
	if err != nil {
		return err
	}
	if err := s.store.CancelScheduled(ctx, who.UserID, scheduledID); err != nil {
		return err
	}
	m.Status = ScheduleCancelled
	s.tellScheduled(ctx, who.UserID, m)
	return nil
}

// Sending is the job that sends a scheduled message when its time has come.
func (s *Service) Sending() job.Handler {
	return job.Handler{Kind: ScheduleKind, Slots: 4, Attempts: scheduleTries, Work: func(ctx context.Context, args json.RawMessage) error {
		var scheduledID string
		if err := json.Unmarshal(args, &scheduledID); err != nil {
			return job.Final(err)
		}
		return s.sendScheduled(ctx, scheduledID)
	}}
}

// sendScheduled sends one as its sender would now. Its id is the clientId, so that it is sent once however often and on
// however many nodes this is tried.
func (s *Service) sendScheduled(ctx context.Context, scheduledID string) error {
	m, of, err := s.store.BeginScheduled(ctx, scheduledID)
	if err != nil || m.ID == "" {
		return err
	}
	receipt, err := s.sendAs(ctx, m, of)
	switch {
	case err == nil:
		m.Status, m.MessageID = ScheduleSent, receipt.MessageID
	case fault.KindOf(err) == fault.RateLimited: // it is surely not sent, so until it is tried again it may be changed
		m.Status = ScheduleWaiting
		return errors.Join(err, s.store.EndScheduled(ctx, m))
	case passing(err):
		return err // again later
	default:
		f := fault.From(err)
		m.Status, m.Code, m.Error = ScheduleFailed, f.Code, f.Message
	}
	if err := s.store.EndScheduled(ctx, m); err != nil {
		return err
	}
	s.tellScheduled(ctx, of.ID, m)
	if m.Status == ScheduleSent {
		s.tellStanding(ctx, of.ID, m.ChannelID)
	}
	return nil
}

// tellStanding tells a user's devices, who take a message of one's own for a sign that what was before it was read.
func (s *Service) tellStanding(ctx context.Context, userID, channelID string) {
	standings, err := s.store.Standings(ctx, userID, []string{channelID})
	if standing, in := standings[channelID]; err == nil && in {
		s.publishState(ctx, bus.User(userID), EventChannelRead, channelID, ChannelRead{ChannelID: channelID, Standing: standing})
	}
}

// passing tells whether a send that failed may succeed later.
func passing(err error) bool {
	if errors.Is(err, errTooLate) {
		return false
	}
	kind := fault.KindOf(err)
	return kind == fault.Unavailable || kind == fault.RateLimited || kind == fault.Internal
}

func (s *Service) sendAs(ctx context.Context, m Scheduled, of ScheduledSender) (Receipt, error) {
	if !of.Active {
		return Receipt{}, errGone
	}
	if s.now().After(m.SendAt.Add(maxLate)) {
		return Receipt{}, errTooLate
	}
	who := auth.Identity{
		UserID: of.ID, Name: of.Name, Email: of.Email, AvatarURL: of.AvatarURL, Role: auth.Role(of.Role), Department: of.Department, Internal: of.Internal,
	}
	out := m.Outgoing
	out.ClientID, out.Confirm, out.later = m.ID, true, true
	return s.Send(ctx, who, out)
}
