package signaling

import (
	"context"
	"slices"
	"time"

	"github.com/digierapro/parley/chat"
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
		if err := s.compareUsers(ctx, users); err != nil {
			return err
		}
	}
	return nil
}

// compareUsers brings the sockets of some users in line. Those of one may be connected by different tokens, so that some
// may know of internal channels and others not.
func (s *Server) compareUsers(ctx context.Context, users []string) error {
	members, err := s.cfg.Chat.Memberships(ctx, users)
	if err != nil {
		return err
	}
	for _, userID := range users {
		for _, internal := range []bool{true, false} {
			if err := s.compareSessions(ctx, s.hub.sessions(userID, internal), members[userID]); err != nil {
				return err
			}
		}
	}
	return nil
}

// compareSessions compares what sessions of the same user and rights hear with the user's channels, each of which is
// internal or not. What differs is asked again by itself, since meanwhile it may have changed and been told.
func (s *Server) compareSessions(ctx context.Context, sessions []*session, channels map[string]bool) error {
	if len(sessions) == 0 {
		return nil
	}
	who := sessions[0].who()
	mayHear := func(channelID string) bool {
		internal, in := channels[channelID]
		return in && (who.Internal || !internal)
	}
	for _, sess := range sessions {
		sess.ask()
		defer sess.asked()
	}
	some, all := heardBy(sessions)
	for _, channelID := range some {
		if !mayHear(channelID) {
			if _, err := s.cfg.Chat.Channel(ctx, who, channelID); fault.KindOf(err) == fault.NotFound {
				tellRemoved(sessions, channelID)
			} else if err != nil {
				return err
			}
		}
	}
	for channelID := range channels {
		if mayHear(channelID) && !slices.Contains(all, channelID) {
			ch, err := s.cfg.Chat.Channel(ctx, who, channelID)
			if err == nil {
				err = s.tellAdded(sessions, ch)
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

// sessions are those of a user that are ready and have, or have not, the rights of one who works here.
func (h *hub) sessions(userID string, internal bool) (sessions []*session) {
	eachSession(h.ns.To(bus.User(userID)), func(sess *session) {
		if sess.admitted.Load() && sess.who().Internal == internal {
			sessions = append(sessions, sess)
		}
	})
	return sessions
}

// heardBy gives the channels that some sessions hear, and those that all do. What a session has left by itself counts as
// heard.
func heardBy(sessions []*session) (some, all []string) {
	for i, sess := range sessions {
		heard, left := sess.channels()
		some = append(some, heard...)
		heard = append(heard, left...)
		if i == 0 {
			all = heard
			continue
		}
		all = slices.DeleteFunc(all, func(channelID string) bool { return !slices.Contains(heard, channelID) })
	}
	slices.Sort(some)
	return slices.Compact(some), all
}

// tellAdded tells sessions that do not know of a channel that their user was found in.
func (s *Server) tellAdded(sessions []*session, ch chat.Channel) error {
	e, err := pushed(chat.EventChannelAdded, chat.ChannelAdded{Channel: ch})
	if err != nil {
		return err
	}
	for _, sess := range sessions {
		if ch.KnownTo(sess.who()) && !sess.knows(ch.ID) && sess.hearAlso(ch.ID) {
			_ = sess.socket.Emit(e.Name, e.Data)
		}
	}
	s.hub.know(map[string]int64{ch.ID: ch.EventSeq})
	return nil
}

// tellRemoved ends what sessions hear of a channel that their user was not found in.
func tellRemoved(sessions []*session, channelID string) {
	e, err := pushed(chat.EventChannelRemoved, chat.ChannelRemoved{ChannelID: channelID})
	if err != nil {
		return
	}
	for _, sess := range sessions {
		if sess.hearNoMore(channelID) {
			_ = sess.socket.Emit(e.Name, e.Data)
		}
	}
}

// tellRemoved ends what a user hears of a channel on this node.
func (h *hub) tellRemoved(userID, channelID string) {
	if e, err := pushed(chat.EventChannelRemoved, chat.ChannelRemoved{ChannelID: channelID}); err == nil {
		h.deliver(bus.User(userID), e)
	}
}
