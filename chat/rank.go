package chat

import (
	"context"
	"sync"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
)

// ranks are what the directory says that people are, so that every request can ask. What it says of somebody has the number
// of its change, so it may be learnt twice, and by several who ask at once.
type ranks struct {
	mu    sync.RWMutex
	users map[string]ranked // guarded by mu
	upTo  int64             // guarded by mu; the last change that is known, as are all before it
}

type ranked struct {
	rank   auth.Rank
	change int64
}

func (r *ranks) of(userID string) (rank auth.Rank, known bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	u, known := r.users[userID]
	return u.rank, known
}

func (r *ranks) known() int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.upTo
}

// learn takes all that was changed after what was known, and gives those of whom it is news.
func (r *ranks) learn(list []Ranked) (fresh []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.users == nil {
		r.users = make(map[string]ranked, len(list))
	}
	for _, u := range list {
		r.upTo = max(r.upTo, u.Change)
		if u.Change > r.users[u.UserID].change {
			r.users[u.UserID] = ranked{u.Rank, u.Change}
			fresh = append(fresh, u.UserID)
		}
	}
	return fresh
}

// learnRanks asks what the directory has said since it was asked last. Of whom it is news, this node tells its own sockets.
func (s *Service) learnRanks(ctx context.Context) error {
	list, err := s.store.Ranks(ctx, s.ranks.known())
	if err != nil {
		return err
	}
	for _, userID := range s.ranks.learn(list) {
		_ = s.bus.Publish(ctx, bus.User(userID), bus.Event{Name: EventRankChanged, Here: true}) // here it never fails
	}
	return nil
}

// Lowered is who a token says that it is, and no more than the directory says. Of whom the directory does not know, the token
// is believed; it makes nobody more than their token says.
func (s *Service) Lowered(who auth.Identity) auth.Identity {
	if rank, known := s.ranks.of(who.UserID); known {
		return who.AtMost(rank)
	}
	return who
}
