package signaling

import (
	"context"
	"slices"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
)

// What a bus loses of channels has numbers, and is found by them. That somebody was made a member of a channel that nobody
// hears here has none, nor is a long gap told in full; so once something may have been lost, who is in which channel is
// compared with the database, too.
const (
	membersEvery = 4 * time.Second // while other nodes are not heard
	membersAgain = time.Second     // at most so often
	usersAtOnce  = 500
	lossesEvery  = 10 * time.Second // at most so often are clients told, each of whom fetches a lot then
)

// keepUp tells what was not told, until ctx ends.
func (s *Server) keepUp(ctx context.Context) {
	lost, stop := bus.OnLoss(s.cfg.Bus)
	defer stop()
	wait := time.NewTimer(positionsEvery)
	defer wait.Stop()
	var after losses
	for {
		select {
		case <-wait.C:
		case <-lost:
			after.untold, after.uncompared = true, true
		case <-ctx.Done():
			return
		}
		s.report(ctx, s.tellMissed(ctx))
		if s.settleLosses(ctx, &after) {
			wait.Reset(positionsEvery)
		} else {
			wait.Reset(unheardEvery)
		}
	}
}

// losses is what has to be done once events may have been lost, and when it was done last.
type losses struct {
	uncompared bool // memberships, with the database
	compared   time.Time
	untold     bool // to clients, who know what they need that has no number
	told       time.Time
}

// settleLosses does it; true when nothing is left to do and nothing more is lost.
func (s *Server) settleLosses(ctx context.Context, after *losses) bool {
	up := s.cfg.Bus.Up()
	if since := time.Since(after.compared); after.uncompared && since >= membersAgain || !up && since >= membersEvery {
		err := s.compareMembers(ctx)
		s.report(ctx, err)
		after.compared, after.uncompared = time.Now(), err != nil
	}
	if up && after.untold && !after.uncompared && time.Since(after.told) >= lossesEvery {
		if after.untold = false; s.Sockets() > 0 {
			_ = s.io.Of("/").Emit(EventEventsLost, struct{}{}) // who cannot be reached comes back, and fetches it then
			after.told = time.Now()
		}
	}
	return up && !after.untold && !after.uncompared
}

// report logs what is wrong, unless it is that the database is away, which others say.
func (s *Server) report(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil && fault.KindOf(err) != fault.Unavailable {
		s.log.Error("changes that were not told cannot be found", "error", err)
	}
}

// compareMembers compares what the users of this node hear with the channels that they are in.
func (s *Server) compareMembers(ctx context.Context) error {
	for users := range slices.Chunk(s.hub.users(), usersAtOnce) {
		members, err := s.cfg.Chat.Memberships(ctx, users)
		if err != nil {
			return err
		}
		for _, userID := range users {
			if err := s.compareMember(ctx, userID, members[userID]); err != nil {
				return err
			}
		}
	}
	return nil
}

// compareMember brings one user's sockets in line. What differs is asked again by itself, since meanwhile it may have
// changed and been told.
func (s *Server) compareMember(ctx context.Context, userID string, channels []string) error {
	who, some, all := s.hub.heardBy(userID)
	if who == nil {
		return nil
	}
	for _, channelID := range some {
		if !slices.Contains(channels, channelID) {
			if _, err := s.cfg.Chat.Channel(ctx, *who, channelID); fault.KindOf(err) == fault.NotFound {
				s.hub.tellRemoved(userID, channelID)
			} else if err != nil {
				return err
			}
		}
	}
	for _, channelID := range channels {
		if !slices.Contains(all, channelID) {
			ch, err := s.cfg.Chat.Channel(ctx, *who, channelID)
			if err == nil {
				err = s.hub.tellAdded(userID, ch)
			}
			if err != nil && fault.KindOf(err) != fault.NotFound {
				return err
			}
		}
	}
	return nil
}

// users are those who have a socket here, or one that may come back.
func (h *hub) users() (userIDs []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for topic := range h.topics {
		if userID, ok := cutTopic(topic, bus.User("")); ok {
			userIDs = append(userIDs, userID)
		}
	}
	return userIDs
}

// heardBy gives the channels that some sockets of a user hear, and those that all do that are ready; and who the user is,
// nil when no socket is ready. What a socket has left by itself counts as heard.
func (h *hub) heardBy(userID string) (who *auth.Identity, some, all []string) {
	eachSession(h.ns.To(bus.User(userID)), func(sess *session) {
		if !sess.admitted.Load() {
			return
		}
		heard, left := sess.channels()
		some = append(some, heard...)
		heard = append(heard, left...)
		if who == nil {
			now := sess.who()
			who, all = &now, heard
			return
		}
		all = slices.DeleteFunc(all, func(channelID string) bool { return !slices.Contains(heard, channelID) })
	})
	slices.Sort(some)
	return who, slices.Compact(some), all
}

// tellAdded tells a user's sockets on this node of a channel that they are in.
func (h *hub) tellAdded(userID string, ch chat.Channel) error {
	e, err := pushed(chat.EventChannelAdded, chat.ChannelAdded{Channel: ch})
	if err == nil {
		h.deliver(bus.User(userID), e)
	}
	return err
}

// tellRemoved ends what a user hears of a channel on this node.
func (h *hub) tellRemoved(userID, channelID string) {
	if e, err := pushed(chat.EventChannelRemoved, chat.ChannelRemoved{ChannelID: channelID}); err == nil {
		h.deliver(bus.User(userID), e)
	}
}
