package chat

import (
	"context"
	"sync"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
)

// described are those whom the directory describes, as it does, so that every request can ask. What it says of somebody has the
// number of its change, so it may be learnt twice, and by several who ask at once.
type described struct {
	mu    sync.RWMutex
	users map[string]description // guarded by mu
	upTo  int64                  // guarded by mu; the last change that is known, as are all before it
}

type description struct {
	Description
	change int64
}

func (d *described) of(userID string) (says description, known bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	says, known = d.users[userID]
	return says, known
}

func (d *described) known() int64 {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.upTo
}

// learn takes all that was changed after what was known, and gives those of whom it is news.
func (d *described) learn(list []Described) (fresh []Described) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.users == nil {
		d.users = make(map[string]description, len(list))
	}
	for _, u := range list {
		d.upTo = max(d.upTo, u.Change)
		if u.Change > d.users[u.UserID].change {
			d.users[u.UserID] = description{u.Description, u.Change}
			fresh = append(fresh, u)
		}
	}
	return fresh
}

// learnDescribed asks what the directory has said since it was asked last. Of whom it is news, this node tells its own sockets.
func (s *Service) learnDescribed(ctx context.Context) error {
	list, err := s.store.DescribedAfter(ctx, s.described.known())
	if err != nil {
		return err
	}
	for _, u := range s.described.learn(list) {
		_ = s.bus.Publish(ctx, bus.User(u.UserID), bus.Event{Name: EventDescribedAnew, Here: true}) // here it never fails
		if s.barred.learn(u) {
			s.tellDeactivatedHere(ctx, u.UserID)
		}
	}
	return nil
}

// AsDescribed is who a token says that it is, by the name that the directory gives them, and with no more rights than it says.
// Of whom the directory does not know, the token is believed; it makes nobody more than their token says.
func (s *Service) AsDescribed(who auth.Identity) auth.Identity {
	says, known := s.described.of(who.UserID)
	if !known || !who.Role.Valid() { // a service is no person
		return who
	}
	who.Name, who.AvatarURL, who.Department = says.Name, says.AvatarURL, says.Department
	return who.AtMost(says.Rank)
}
