package chat

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/digierapro/parley/internal/bus"
)

// barred remembers who is deactivated, so that every request can ask.
type barred struct {
	mu      sync.RWMutex
	users   map[string]struct{} // guarded by mu
	changes int                 // guarded by mu
}

func (b *barred) set(userID string, active bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes++
	if active {
		delete(b.users, userID)
		return
	}
	if b.users == nil {
		b.users = make(map[string]struct{})
	}
	b.users[userID] = struct{}{}
}

func (b *barred) changed() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.changes
}

// replace takes the whole list and gives those who were not in it before; false when it is older than what was set since.
func (b *barred) replace(userIDs []string, changes int) (fresh []string, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changes != changes {
		return nil, false
	}
	users := make(map[string]struct{}, len(userIDs))
	for _, userID := range userIDs {
		users[userID] = struct{}{}
		if _, before := b.users[userID]; !before {
			fresh = append(fresh, userID)
		}
	}
	b.users = users
	return fresh, true
}

// learnInactive asks who is deactivated. Of whom this node did not know it, it tells its own sockets.
func (s *Service) learnInactive(ctx context.Context) error {
	for {
		changes := s.barred.changed()
		inactive, err := s.store.Inactive(ctx)
		if err != nil {
			return err
		}
		fresh, ok := s.barred.replace(inactive, changes)
		if !ok {
			continue // somebody's standing has changed while we asked
		}
		for _, userID := range fresh {
			s.tellDeactivatedHere(ctx, userID)
		}
		return nil
	}
}

func (s *Service) tellDeactivatedHere(ctx context.Context, userID string) {
	data, err := json.Marshal(UserStanding{UserID: userID})
	if err != nil {
		return
	}
	for _, topic := range []string{bus.Directory(), bus.User(userID)} {
		_ = s.bus.Publish(ctx, topic, bus.Event{Name: EventUserDeactivated, Data: data, Here: true}) // here it never fails
	}
}
