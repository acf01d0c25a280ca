package chat

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
)

// Refusals about members.
var (
	ErrTooManyMembers   = fault.Newf(fault.TooLarge, "too_many_members", "Nobody can be added to a channel of %d members or more.", MaxMembers).With("limit", MaxMembers)
	ErrClientNotAllowed = fault.New(fault.Forbidden, "client_not_allowed", "Clients cannot be in this channel: it is internal.")
	ErrClientNoRole     = fault.New(fault.Forbidden, "client_not_moderator", "Clients are plain members of channels.")
	ErrNoMember         = fault.New(fault.NotFound, "member_not_found", "This person is not in the channel.")
	ErrLastOwner        = fault.New(fault.Conflict, "last_owner", "A channel keeps at least one owner: make somebody else one first.")
)

const (
	maxAdded    = 100 // in one request
	memberPage  = 100
	maxInvolved = 3 // names in a system message
)

// AddMembersRequest asks for people to be added to a channel.
type AddMembersRequest struct {
	ChannelID string     `json:"channelId"`
	UserIDs   []string   `json:"userIds"`
	Role      MemberRole `json:"role"` // member if not given
}

// MembersAnswer answers a change of members.
type MembersAnswer struct {
	ChannelID string   `json:"channelId"`
	EventSeq  int64    `json:"eventSeq"` // 0 when there was nothing to change
	Members   []Member `json:"members"`  // who was added
}

// AddMembers adds people to a channel: any member to one that is not private, its owner and admins to any.
func (s *Service) AddMembers(ctx context.Context, who auth.Identity, r AddMembersRequest) (MembersAnswer, error) {
	if r.Role == "" {
		r.Role = PlainMember
	}
	if len(r.UserIDs) == 0 || len(r.UserIDs) > maxAdded {
		return MembersAnswer{}, fault.Newf(fault.Invalid, "bad_request", "Name 1 to %d people.", maxAdded).With("field", "userIds")
	}
	if err := r.Role.check(); err != nil {
		return MembersAnswer{}, err
	}
	ch, member, err := s.accessAs(ctx, who, Read, r.ChannelID)
	if err != nil {
		return MembersAnswer{}, err
	}
	action := Invite
	if ch.Private || r.Role != PlainMember {
		action = Manage
	}
	if err := Can(s.actor(who, member), action, ch); err != nil {
		return MembersAnswer{}, err
	}
	if !mayMakeOwner(who, member, r.Role) {
		return MembersAnswer{}, ErrNotModerator
	}
	if ch.Type == General {
		return MembersAnswer{}, ErrGeneralIsKept
	}
	return s.addMembers(ctx, who, ch, slices.Compact(slices.Sorted(slices.Values(r.UserIDs))), r.Role)
}

func (s *Service) addMembers(ctx context.Context, who auth.Identity, ch Channel, userIDs []string, role MemberRole) (MembersAnswer, error) {
	change := ctx
	if !slices.Equal(userIDs, []string{who.UserID}) {
		change = Audited(ctx, AuditEntry{ActorID: who.UserID, Action: AuditMembersAdded, ChannelID: ch.ID,
			Details: map[string]any{"userIds": userIDs, "role": role}})
	}
	added, eventSeq, err := s.store.AddMembers(change, ch.ID, userIDs, role)
	if err != nil {
		return MembersAnswer{}, err
	}
	answer := MembersAnswer{ChannelID: ch.ID, EventSeq: eventSeq, Members: added}
	if eventSeq == 0 {
		return answer, nil
	}
	s.tellAdded(ctx, ch.ID, added, eventSeq)
	names, ids := make([]string, 0, len(added)), make([]string, 0, len(added))
	for _, m := range added {
		names, ids = append(names, m.Name), append(ids, m.UserID)
	}
	if len(ids) == 1 && ids[0] == who.UserID {
		s.note(ctx, who, ch.ID, who.Name+" joined.", SystemNote{Kind: NoteMemberJoined, ActorID: who.UserID, UserIDs: ids})
	} else {
		s.note(ctx, who, ch.ID, who.Name+" added "+listed(names)+".", SystemNote{Kind: NoteMembersAdded, ActorID: who.UserID, UserIDs: ids})
	}
	return answer, nil
}

// tellAdded tells the new members of their channel, and the channel of its new members.
func (s *Service) tellAdded(ctx context.Context, channelID string, added []Member, eventSeq int64) {
	for _, m := range added {
		ch, _, err := s.store.Access(ctx, channelID, m.UserID)
		if err != nil {
			s.log.Warn("a new member was not told of their channel", "channel", channelID, "error", err)
			return
		}
		s.publish(ctx, bus.User(m.UserID), EventChannelAdded, ChannelAdded{Channel: ch})
		if m.UserID == added[len(added)-1].UserID {
			s.publish(ctx, bus.Channel(channelID), EventMembersAdded,
				MembersAdded{ChannelID: channelID, EventSeq: eventSeq, Members: added, ParticipantCount: ch.ParticipantCount})
		}
	}
}

// listed puts names in a sentence.
func listed(names []string) string {
	if len(names) > maxInvolved {
		return fmt.Sprintf("%s and %d others", strings.Join(names[:maxInvolved], ", "), len(names)-maxInvolved)
	}
	if len(names) > 1 {
		return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
	}
	return strings.Join(names, "")
}

// JoinOpen makes the user a member of a channel that is not private.
func (s *Service) JoinOpen(ctx context.Context, who auth.Identity, channelID string) (Channel, error) {
	ch, member, err := s.lookAt(ctx, who, channelID)
	if err != nil {
		return Channel{}, err
	}
	if member == nil {
		if !who.Internal || !ch.Internal || ch.Private || ch.Type == DM {
			return Channel{}, ErrNoChannel
		}
		if ch.Archived {
			return Channel{}, ErrArchived
		}
		if _, err := s.addMembers(ctx, who, ch, []string{who.UserID}, PlainMember); err != nil {
			return Channel{}, err
		}
	}
	return s.Channel(ctx, who, channelID)
}

// lookAt fetches a channel without deciding anything.
func (s *Service) lookAt(ctx context.Context, who auth.Identity, channelID string) (Channel, *Member, error) {
	if !id.Valid(channelID) {
		return Channel{}, nil, ErrNoChannel
	}
	return s.store.Access(ctx, channelID, who.UserID)
}

// MemberRequest names a member of a channel, and a role for them.
type MemberRequest struct {
	ChannelID string     `json:"channelId"`
	UserID    string     `json:"userId"`
	Role      MemberRole `json:"role,omitempty"`
}

// RemoveMember takes somebody out of a channel as its owner or admin, or oneself. Nobody leaves a DM or the general
// channel. Only an owner removes an owner.
func (s *Service) RemoveMember(ctx context.Context, who auth.Identity, r MemberRequest) (MembersAnswer, error) {
	ch, member, err := s.accessAs(ctx, who, Read, r.ChannelID)
	if err != nil {
		return MembersAnswer{}, err
	}
	switch {
	case ch.Type == DM:
		return MembersAnswer{}, ErrDMIsKept
	case ch.Type == General:
		return MembersAnswer{}, ErrGeneralIsKept
	case r.UserID != who.UserID:
		if err := s.mayRule(ctx, who, member, ch, r.UserID); err != nil {
			return MembersAnswer{}, err
		}
	}
	people, err := s.store.MembersAmong(ctx, ch.ID, []string{r.UserID})
	if err != nil {
		return MembersAnswer{}, err
	}
	change := ctx
	if r.UserID != who.UserID {
		change = Audited(ctx, AuditEntry{ActorID: who.UserID, Action: AuditMemberRemoved, ChannelID: ch.ID, UserID: r.UserID})
	}
	push, err := s.store.RemoveMember(change, ch.ID, r.UserID)
	if err != nil {
		return MembersAnswer{}, err
	}
	if push.EventSeq > 0 && len(people) > 0 {
		s.tellRemoved(ctx, push)
		text, kind := people[0].Name+" left.", NoteMemberLeft
		if r.UserID != who.UserID {
			text, kind = who.Name+" removed "+people[0].Name+".", NoteMemberRemoved
		}
		s.note(ctx, who, ch.ID, text, SystemNote{Kind: kind, ActorID: who.UserID, UserIDs: []string{r.UserID}})
	}
	return MembersAnswer{ChannelID: ch.ID, EventSeq: push.EventSeq, Members: []Member{}}, nil
}

// tellRemoved ends what the removed hear first, and then tells the others.
func (s *Service) tellRemoved(ctx context.Context, push MemberRemoved) {
	s.publish(ctx, bus.User(push.UserID), EventChannelRemoved, ChannelRemoved{ChannelID: push.ChannelID})
	s.publish(ctx, bus.Channel(push.ChannelID), EventMemberRemoved, push)
}

// mayRule decides on changes of another member: as a moderator, and of an owner only as an owner or the company's admin.
func (s *Service) mayRule(ctx context.Context, who auth.Identity, member *Member, ch Channel, userID string) error {
	if err := Can(s.actor(who, member), Manage, ch); err != nil {
		return err
	}
	if len(PossibleUsers([]string{userID})) == 0 {
		return ErrNoMember
	}
	_, other, err := s.store.Access(ctx, ch.ID, userID)
	if err != nil {
		return err
	}
	if other == nil {
		return ErrNoMember
	}
	if other.Role == Owner && member.Role != Owner && who.Role != auth.RoleAdmin {
		return ErrNotModerator
	}
	return nil
}

// SetMemberRole makes a member an owner, an admin or a plain member.
func (s *Service) SetMemberRole(ctx context.Context, who auth.Identity, r MemberRequest) (MembersAnswer, error) {
	if err := r.Role.check(); err != nil {
		return MembersAnswer{}, err
	}
	ch, member, err := s.accessAs(ctx, who, Manage, r.ChannelID)
	if err != nil {
		return MembersAnswer{}, err
	}
	if err := s.mayRule(ctx, who, member, ch, r.UserID); err != nil {
		return MembersAnswer{}, err
	}
	if !mayMakeOwner(who, member, r.Role) {
		return MembersAnswer{}, ErrNotModerator
	}
	entry := AuditEntry{ActorID: who.UserID, Action: AuditRoleSet, ChannelID: ch.ID, UserID: r.UserID, Details: map[string]any{"role": r.Role}}
	push, err := s.store.SetMemberRole(Audited(ctx, entry), ch.ID, r.UserID, r.Role)
	if err != nil {
		return MembersAnswer{}, err
	}
	if push.EventSeq > 0 {
		s.publish(ctx, bus.Channel(ch.ID), EventMemberUpdated, push)
	}
	return MembersAnswer{ChannelID: ch.ID, EventSeq: push.EventSeq, Members: []Member{}}, nil
}

// mayMakeOwner tells whether somebody may give a role: an owner is made by an owner or the company's admin.
func mayMakeOwner(who auth.Identity, member *Member, role MemberRole) bool {
	return role != Owner || member.Role == Owner || who.Role == auth.RoleAdmin
}

func (r MemberRole) check() error {
	if r != Owner && r != Admin && r != PlainMember {
		return fault.New(fault.Invalid, "bad_request", "role is owner, admin or member.").With("field", "role")
	}
	return nil
}

// Members lists a page of a channel's members.
func (s *Service) Members(ctx context.Context, who auth.Identity, q MemberQuery) (members []Member, hasMore bool, err error) {
	if _, err := s.access(ctx, who, Read, q.ChannelID); err != nil {
		return nil, false, err
	}
	if q.Limit <= 0 || q.Limit > memberPage {
		q.Limit = memberPage
	}
	if !storable(q.Search) {
		return []Member{}, false, nil
	}
	return s.store.Members(ctx, q)
}
