package chat

import (
	"context"
	"strings"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
)

// Channels lists what the user is a member of, the last active first, with the epoch that their counters belong to.
func (s *Service) Channels(ctx context.Context, who auth.Identity) (channels []Channel, epoch string, err error) {
	if epoch, err = s.store.Epoch(ctx); err != nil {
		return nil, "", err
	}
	all, err := s.store.Channels(ctx, who.UserID)
	if err != nil {
		return nil, "", err
	}
	standings, err := s.store.Standings(ctx, who.UserID, nil)
	if err != nil {
		return nil, "", err
	}
	channels = make([]Channel, 0, len(all))
	for _, ch := range all {
		if ch.KnownTo(who) {
			if me, ok := standings[ch.ID]; ok {
				ch.Me = &me
			}
			channels = append(channels, ch)
		}
	}
	return channels, epoch, nil
}

// Channel returns one channel that the user may read.
func (s *Service) Channel(ctx context.Context, who auth.Identity, channelID string) (Channel, error) {
	ch, err := s.access(ctx, who, Read, channelID)
	if err != nil {
		return Channel{}, err
	}
	me, err := s.standing(ctx, who, channelID)
	ch.Me = &me
	return ch, err
}

// GeneralChannel returns the company-wide channel, if the user may read it.
func (s *Service) GeneralChannel(ctx context.Context, who auth.Identity) (Channel, error) {
	generalID, err := s.store.GeneralChannelID(ctx)
	if err != nil {
		return Channel{}, err
	}
	return s.Channel(ctx, who, generalID)
}

// OpenDM returns the channel of the user and another, and makes it when there is none yet. A client cannot open one:
// it may not learn who works here.
func (s *Service) OpenDM(ctx context.Context, who auth.Identity, otherID string) (ch Channel, created bool, err error) {
	if strings.TrimSpace(otherID) == "" {
		return Channel{}, false, fault.New(fault.Invalid, "bad_request", "A direct message needs the other person's userId.").With("field", "participants")
	}
	if otherID == who.UserID {
		return Channel{}, false, fault.New(fault.Invalid, "dm_with_self", "A direct message needs somebody else.").With("field", "participants")
	}
	if !who.Internal || !storable(otherID) {
		return Channel{}, false, ErrNoUser
	}
	blocked, err := s.store.BlockedBy(ctx, who.UserID, []string{otherID})
	if err != nil {
		return Channel{}, false, err
	}
	ch, created, err = s.store.OpenDM(ctx, id.New(), who.UserID, otherID)
	if err != nil {
		return Channel{}, false, err
	}
	if created && len(blocked) > 0 { // who blocks is not told of it
		s.publish(ctx, bus.User(who.UserID), EventChannelAdded, ChannelAdded{Channel: ch})
	} else if created {
		for _, userID := range []string{who.UserID, otherID} {
			s.publish(ctx, bus.User(userID), EventChannelAdded, ChannelAdded{Channel: ch})
		}
	}
	if !created {
		ch, err = s.access(ctx, who, Read, ch.ID) // as it is to who asks
	}
	return ch, created, err
}

// maxAudience is the largest channel whose members a call rings.
const maxAudience = 500

// CallAudience returns everyone whom a call in the channel concerns, if the user may start or join one there.
func (s *Service) CallAudience(ctx context.Context, who auth.Identity, channelID string, start bool) ([]string, error) {
	action := JoinCall
	if start {
		action = StartCall
	}
	if _, err := s.access(ctx, who, action, channelID); err != nil {
		return nil, err
	}
	if s.Barred(who.UserID) {
		return nil, ErrDeactivated
	}
	users, err := s.store.MemberIDs(ctx, channelID, maxAudience)
	if err != nil || !start {
		return users, err
	}
	return s.withoutBlockers(ctx, who.UserID, users), nil
}
