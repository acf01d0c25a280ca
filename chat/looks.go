package chat

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
)

// Bounds of what is told of people. After more than that at once whoever shows people fetches anew what they show.
const (
	maxPeopleTold   = 1000
	maxPeopleInPush = 100
	maxPeopleSync   = 100
)

// ChangedPerson is somebody who looks otherwise to others since a change.
type ChangedPerson struct {
	Person
	Change       int64
	OpenChannels []string // that are not internal, in which they are
}

// PeopleChanged tells how people look to others now.
type PeopleChanged struct {
	People []Person `json:"people"`
	Reset  bool     `json:"isReset"` // too many have changed to tell: what is shown of people is to be fetched anew
}

// looks is up to which change this node has told its sockets how people look.
type looks struct {
	asking sync.Mutex // held while it is asked and told: in order, and once
	known  bool       // guarded by asking
	upTo   atomic.Int64
}

// PeopleSeq is the last change of how people look that is known here. Who hears of people before they ask for it is told of all
// that come after.
func (s *Service) PeopleSeq() int64 { return s.looks.upTo.Load() }

// learnPeople asks who looks otherwise to others since it was asked last, and tells this node's sockets: all that are internal,
// and others what is in their channels.
func (s *Service) learnPeople(ctx context.Context) error {
	s.looks.asking.Lock()
	defer s.looks.asking.Unlock()
	last, err := s.store.LastPersonChange(ctx)
	if err != nil {
		return err
	}
	upTo := s.looks.upTo.Load()
	if !s.looks.known || last <= upTo {
		s.looks.known = true
		s.looks.upTo.Store(last) // it is less than before only in a database that was restored
		return nil
	}
	people, more, err := s.store.ChangedPeople(ctx, upTo, maxPeopleTold)
	if err != nil {
		return err
	}
	for _, p := range people {
		last = max(last, p.Change)
	}
	s.looks.upTo.Store(last)
	s.tellPeople(ctx, bus.People(), people, more)
	open := make(map[string][]ChangedPerson)
	for _, p := range people {
		for _, channelID := range p.OpenChannels {
			open[channelID] = append(open[channelID], p)
		}
	}
	for channelID, people := range open {
		s.tellPeople(ctx, bus.Channel(channelID), people, more)
	}
	return nil
}

// tellPeople tells this node's sockets of some people, or that they are more than are told.
func (s *Service) tellPeople(ctx context.Context, topic string, people []ChangedPerson, more bool) {
	here := bus.Event{Name: EventPeopleChanged, Here: true}
	if more {
		s.publishEvent(ctx, topic, here, PeopleChanged{People: []Person{}, Reset: true})
		return
	}
	for some := range slices.Chunk(people, maxPeopleInPush) {
		push := PeopleChanged{People: make([]Person, 0, len(some))}
		for _, p := range some {
			push.People = append(push.People, p.Person)
		}
		s.publishEvent(ctx, topic, here, push)
	}
}

// syncPeople adds to an answer who looks otherwise since the client was told last, of those whom it may know.
func (s *Service) syncPeople(ctx context.Context, who auth.Identity, since int64, answer *SyncAnswer, channels []Channel) error {
	if answer.PeopleSeq = max(since, s.PeopleSeq()); answer.PeopleSeq == since {
		return nil
	}
	people, more, err := s.store.ChangedPeople(ctx, since, maxPeopleSync)
	if err != nil {
		return err
	}
	if more {
		answer.PeopleReset = true
		return nil
	}
	mine := make(map[string]bool, len(channels))
	for _, ch := range channels {
		mine[ch.ID] = true
	}
	for _, p := range people {
		if who.Internal || slices.ContainsFunc(p.OpenChannels, func(channelID string) bool { return mine[channelID] }) {
			answer.People = append(answer.People, p.Person)
		}
	}
	return nil
}
