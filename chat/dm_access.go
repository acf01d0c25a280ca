package chat

import (
	"context"
	"errors"
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

// errNoDM is the answer for two people who have never written to each other.
var errNoDM = fault.New(fault.NotFound, "channel_not_found", "These two have no direct messages with each other.")

// ErrNoAccess is the answer to an admin who has not asked for a DM, or whose time is over.
var ErrNoAccess = fault.New(fault.Forbidden, "dm_not_opened", "Ask for access to this direct message first, with a reason.")

// DMAccessRequest asks to read others' direct messages: a channel, or that of two people.
type DMAccessRequest struct {
	ChannelID string   `json:"channelId"`
	UserIDs   []string `json:"userIds"`
	Reason    string   `json:"reason"`
}

// DMAccess says until when they may be read, and whose they are.
type DMAccess struct {
	ChannelID string    `json:"channelId"`
	People    []Person  `json:"people"`
	Until     time.Time `json:"until"`
}

// DMOpened tells all admins of the company that one of them reads others' direct messages.
type DMOpened struct {
	ChannelID string    `json:"channelId"`
	ActorID   string    `json:"actorId"`
	ActorName string    `json:"actorName"`
	People    []Person  `json:"people"` // whose they are
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
	if n := utf8.RuneCountInString(r.Reason); n < minDMReason || n > maxReportDetails || !storable(r.Reason) || !visible(r.Reason) {
		return DMAccess{}, fault.Newf(fault.Invalid, "bad_request", "A reason has %d to %d characters.", minDMReason, maxReportDetails).With("field", "reason")
	}
	ch, err := s.requestedDM(ctx, who, r)
	if err != nil {
		return DMAccess{}, err
	}
	access := DMAccess{ChannelID: ch.ID, People: []Person{}, Until: s.now().Add(dmAccessTime).UTC().Truncate(time.Millisecond)}
	for _, m := range ch.Participants {
		access.People = append(access.People, Person{ID: m.UserID, Name: m.Name, AvatarURL: m.AvatarURL})
	}
	err = s.store.GrantDM(ctx, who.UserID, access, AuditEntry{
		ActorID: who.UserID, Action: AuditDMOpened, ChannelID: ch.ID, Details: map[string]any{"people": names(ch), "reason": r.Reason, "until": access.Until},
	})
	if err != nil {
		return DMAccess{}, err
	}
	s.tellOpened(ctx, who, access, r.Reason)
	return access, nil
}

func (s *Service) tellOpened(ctx context.Context, who auth.Identity, access DMAccess, reason string) {
	admins, err := s.store.Moderators(ctx, access.ChannelID)
	if err != nil {
		s.log.Warn("admins were not told that a direct message was opened", "channel", access.ChannelID, "error", err)
	}
	push := DMOpened{ChannelID: access.ChannelID, ActorID: who.UserID, ActorName: who.Name, People: access.People, Reason: reason, Until: access.Until}
	for _, userID := range admins {
		s.publish(ctx, bus.User(userID), EventDMOpened, push)
	}
}

// requestedDM finds the DM that is asked for.
func (s *Service) requestedDM(ctx context.Context, who auth.Identity, r DMAccessRequest) (Channel, error) {
	if len(r.UserIDs) == 0 {
		return s.dm(ctx, who, r.ChannelID)
	}
	if r.ChannelID != "" || len(r.UserIDs) != 2 || r.UserIDs[0] == r.UserIDs[1] {
		return Channel{}, fault.New(fault.Invalid, "bad_request", "Name the channelId or two people, as userIds.").With("field", "userIds")
	}
	for _, userID := range r.UserIDs {
		if len(userID) > 64 || !storable(userID) {
			return Channel{}, errNoDM
		}
	}
	ch, err := s.store.DMOf(ctx, r.UserIDs[0], r.UserIDs[1])
	if errors.Is(err, ErrNoChannel) {
		err = errNoDM
	}
	return ch, err
}

// names are those of a DM's people: the log has to be read without looking them up.
func names(dm Channel) []string {
	names := []string{}
	for _, m := range dm.Participants {
		names = append(names, m.Name)
	}
	return names
}

// dm returns a DM by its id, whoever is in it.
func (s *Service) dm(ctx context.Context, who auth.Identity, channelID string) (Channel, error) {
	if !id.Valid(channelID) {
		return Channel{}, ErrNoChannel
	}
	ch, _, err := s.store.Access(ctx, channelID, who.UserID)
	if err == nil && ch.Type != DM {
		err = ErrNoChannel
	}
	return ch, err
}

// OpenedDM returns a page of a direct message that the admin has asked for. Each page is logged before it is read.
func (s *Service) OpenedDM(ctx context.Context, who auth.Identity, r HistoryRequest) (Page, error) {
	if !companyAdmin(who) {
		return Page{}, ErrAdminOnly
	}
	ch, err := s.dm(ctx, who, r.ChannelID)
	if err != nil {
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
	entry := AuditEntry{ActorID: who.UserID, Action: AuditDMRead, ChannelID: r.ChannelID, Details: map[string]any{"people": names(ch), "before": r.Before, "after": r.After, "around": r.Around}}
	if err := s.store.Audit(ctx, entry); err != nil {
		return Page{}, err
	}
	if r.Around != "" {
		return s.around(ctx, q, r.Around)
	}
	return s.store.History(ctx, q)
}
