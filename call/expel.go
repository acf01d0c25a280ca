package call

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/digierapro/parley/internal/bus"
)

// LeftRemoved is the reason of a seat that its user lost with the membership in the channel, or with the account.
const LeftRemoved LeaveReason = "removed"

// Who may no longer be in a call loses the seats there at once, whether a socket holds them or not: the call hears itself
// what its channel is told. What it was not told, it finds in the store.
const (
	membersEvery   = 4 * time.Second // and every second while other nodes are not heard
	membersTimeout = 5 * time.Second
)

// leavers are those who are to lose their seats. They are told of while others wait, so they are noted and expelled by Run.
type leavers struct {
	wake chan struct{}

	mu      sync.Mutex
	waiting map[leaver]struct{} // guarded by mu; each once, so there are no more of them than members
}

// leaver is a user who is no longer in a channel; deactivated when there is none.
type leaver struct{ channelID, userID string }

func newLeavers() *leavers {
	return &leavers{wake: make(chan struct{}, 1), waiting: make(map[leaver]struct{})}
}

func (ls *leavers) put(one leaver) {
	ls.mu.Lock()
	ls.waiting[one] = struct{}{}
	ls.mu.Unlock()
	select {
	case ls.wake <- struct{}{}:
	default:
	}
}

func (ls *leavers) take() map[leaver]struct{} {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	all := ls.waiting
	ls.waiting = make(map[leaver]struct{})
	return all
}

func (s *Service) expelLeavers(ctx context.Context) {
	defer s.cfg.Channels.OnDeactivated(func(userID string) { s.leavers.put(leaver{"", userID}) })()
	for {
		select {
		case <-s.leavers.wake:
		case <-ctx.Done():
			return
		}
		for one := range s.leavers.take() {
			for _, l := range s.snapshot() {
				if one.channelID == "" || one.channelID == l.channelID {
					s.expel(l, one.userID)
				}
			}
		}
	}
}

// expel takes a user's seats in a call away, and refuses the one that they are about to take.
func (s *Service) expel(l *live, userID string) {
	var theirs []string
	l.change(func() []func() {
		l.expelled[userID]++
		delete(l.audience, userID)
		delete(l.ringing, userID)
		for _, st := range l.seats {
			if st.UserID == userID {
				theirs = append(theirs, st.ID)
			}
		}
		return nil
	})
	for _, participantID := range theirs {
		s.leave(l, participantID, LeftRemoved)
	}
}

func (l *live) timesExpelled(userID string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.expelled[userID]
}

// watchMembers compares who is seated with who is a member, now and then and when something may not have been told.
func (s *Service) watchMembers(ctx context.Context) {
	lost, stop := bus.OnLoss(s.cfg.Bus)
	defer stop()
	ticks := time.NewTicker(time.Second)
	defer ticks.Stop()
	compared, due := time.Now(), false
	for {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
		select {
		case <-lost:
			due = true
		default:
		}
		if due || !s.cfg.Bus.Up() || time.Since(compared) >= membersEvery {
			err := s.compareMembers(ctx)
			if err != nil && ctx.Err() == nil {
				s.log.Debug("who is in calls cannot be compared with who is a member", "error", err)
			}
			compared, due = time.Now(), err != nil
		}
	}
}

func (s *Service) compareMembers(ctx context.Context) error {
	calls := s.snapshot()
	seated := make(map[*live][]string, len(calls))
	var channelIDs, userIDs []string
	for _, l := range calls {
		if users := l.users(); len(users) > 0 {
			seated[l] = users
			channelIDs, userIDs = append(channelIDs, l.channelID), append(userIDs, users...)
		}
	}
	if len(seated) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, membersTimeout)
	defer cancel()
	members, err := s.cfg.Channels.ActiveMembers(ctx, channelIDs, userIDs)
	if err != nil {
		return err
	}
	for l, users := range seated {
		for _, userID := range users {
			if !slices.Contains(members[l.channelID], userID) {
				s.expel(l, userID)
			}
		}
	}
	return nil
}

// users are those who have a seat.
func (l *live) users() (userIDs []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, st := range l.seats {
		if !slices.Contains(userIDs, st.UserID) {
			userIDs = append(userIDs, st.UserID)
		}
	}
	return userIDs
}
