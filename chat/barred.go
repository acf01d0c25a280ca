package chat

import (
	"context"
	"sync"

	"github.com/digierapro/parley/internal/bus"
)

// barred remembers who is deactivated, so that every request can ask.
type barred struct {
	mu    sync.RWMutex
	users map[string]struct{} // guarded by mu
}

func (b *barred) set(userID string, active bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.setLocked(userID, active)
}

func (b *barred) setLocked(userID string, active bool) {
	if active {
		delete(b.users, userID)
		return
	}
	if b.users == nil {
		b.users = make(map[string]struct{})
	}
	b.users[userID] = struct{}{}
}

// learn takes what the directory says of somebody; true when they are deactivated and were not before.
func (b *barred) learn(u Described) (fresh bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, before := b.users[u.UserID]
	b.setLocked(u.UserID, !u.Inactive)
	return u.Inactive && !before
}

func (s *Service) tellDeactivatedHere(ctx context.Context, userID string) {
	for _, topic := range []string{bus.Directory(), bus.User(userID)} {
		s.publishEvent(ctx, topic, bus.Event{Name: EventUserDeactivated, Here: true}, UserStanding{UserID: userID})
	}
}
