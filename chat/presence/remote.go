package presence

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/digierapro/parley/internal/bus"
)

const (
	shareEvery = 30 * time.Second // also what has not changed, and what others have shared is read again
	readAtOnce = 500
	settleTime = time.Second
)

// Events between nodes.
const (
	eventDevices = "devicesChanged"
	eventChoice  = "choiceChanged"
)

type devicesChanged struct {
	Node string `json:"node"`
	Here Here   `json:"here"`
}

// shareSoon has what is new shared, together with what else is by then.
func (s *Service) shareSoon() {
	select {
	case s.fresh <- struct{}{}:
	default:
	}
}

// keepSharing keeps this node and the others in agreement until ctx ends.
func (s *Service) keepSharing(ctx context.Context) {
	if s.remote == nil {
		return
	}
	lost, stop := bus.OnLoss(s.bus)
	defer stop()
	again := time.NewTicker(shareEvery)
	defer again.Stop()
	for {
		select {
		case <-s.fresh:
			s.share(ctx, false)
		case <-again.C:
			s.share(ctx, true)
			s.readOthers(ctx, s.known())
		case <-lost:
			known := s.known()
			s.share(ctx, true)
			s.readOthers(ctx, known)
			s.readChoices(ctx, known)
		case <-ctx.Done():
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			s.leave()
			s.share(closing, false)
			return
		}
	}
}

// share tells other nodes what has changed here, or all that they have to know.
func (s *Service) share(ctx context.Context, all bool) {
	changed, here := s.toShare(all)
	if len(here) == 0 {
		return
	}
	if err := s.remote.Share(ctx, here); err != nil {
		s.log.Debug("presence not shared", "error", err)
		return // the next time
	}
	for _, userID := range changed { // after it was shared: who was told and then reads finds it
		s.tellNodes(ctx, userID, eventDevices, bus.Ephemeral, devicesChanged{Node: s.remote.Node(), Here: here[userID]})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for userID, h := range here {
		if u := s.users[userID]; u != nil {
			u.shared = &h
		}
	}
}

func (s *Service) toShare(all bool) (changed []string, here map[string]Here) {
	s.mu.Lock()
	defer s.mu.Unlock()
	here = make(map[string]Here)
	for userID, u := range s.users {
		h := u.here()
		h.At = s.now()
		same := h.same(*cmp.Or(u.shared, &Here{}))
		if !same {
			changed = append(changed, userID)
		}
		if !same || all && h.Devices > 0 {
			here[userID] = h
		}
	}
	return changed, here
}

// leave notes that no device is here any more, since this node stops.
func (s *Service) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		if len(u.devices) > 0 {
			u.devices, u.gone = nil, s.now()
		}
	}
}

// known are the users of whom others have to tell us.
func (s *Service) known() (userIDs []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for userID := range s.users {
		userIDs = append(userIDs, userID)
	}
	return userIDs
}

// readOthers learns what other nodes have shared of users. What comes by the bus meanwhile is newer.
func (s *Service) readOthers(ctx context.Context, userIDs []string) {
	for chunk := range slices.Chunk(userIDs, readAtOnce) {
		began := s.now()
		others, err := s.remote.Others(ctx, chunk)
		if err != nil {
			s.log.Debug("presence on other nodes not read", "error", err)
			return
		}
		s.mu.Lock()
		for _, userID := range chunk {
			if u := s.users[userID]; u != nil {
				u.replace(others[userID], began)
			}
		}
		s.mu.Unlock()
	}
}

// replace takes what was read of the others from a time on.
func (u *user) replace(others map[string]Here, from time.Time) {
	for node, h := range u.remote {
		if _, still := others[node]; !still && h.heard.Before(from) {
			delete(u.remote, node)
		}
	}
	for node, h := range others {
		u.hear(node, h, from)
	}
}

// hear takes what a node says, unless it has said something newer.
func (u *user) hear(node string, h Here, now time.Time) {
	if before, ok := u.remote[node]; ok && before.At.After(h.At) {
		return
	}
	if u.remote == nil {
		u.remote = make(map[string]Here)
	}
	h.heard = now
	u.remote[node] = h
}

// expireLocked forgets what nodes have said that say nothing more. While none can be heard, they are believed.
func (s *Service) expireLocked(now time.Time) {
	if s.remote == nil {
		return
	}
	if !s.bus.Up() {
		s.heardAt = now
		return
	}
	for _, u := range s.users {
		for node, h := range u.remote {
			if now.Sub(h.At) > RemoteTime && now.Sub(s.heardAt) > RemoteTime {
				delete(u.remote, node)
			}
		}
	}
}

// tellChoice tells other nodes what a user says of themselves.
func (s *Service) tellChoice(ctx context.Context, userID string, c Choice) {
	if s.remote != nil {
		s.tellNodes(ctx, userID, eventChoice, bus.State, c)
	}
}

func (s *Service) tellNodes(ctx context.Context, userID, name string, class bus.Class, payload any) {
	data, err := json.Marshal(payload)
	if err == nil {
		err = s.bus.Publish(ctx, bus.Devices(userID), bus.Event{Name: name, Data: data, Class: class, Key: name})
	}
	if err != nil {
		s.log.Warn("presence not told to other nodes", "error", err)
	}
}

// listenLocked hears what other nodes say of a user.
func (s *Service) listenLocked(userID string, u *user) {
	if s.remote == nil {
		return
	}
	u.stop = s.bus.Subscribe(bus.Devices(userID), func(e bus.Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		var (
			there  devicesChanged
			choice Choice
		)
		switch {
		case e.Name == eventDevices && json.Unmarshal(e.Data, &there) == nil && there.Node != s.remote.Node():
			u.hear(there.Node, there.Here, s.now())
		case e.Name == eventChoice && json.Unmarshal(e.Data, &choice) == nil:
			u.kept.Choice = choice
		}
	})
}
