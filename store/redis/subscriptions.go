package redis

import (
	"maps"
	"slices"
	"sync"
)

// subscriptions are the topics that somebody hears on this node, and how far Redis knows of them. Every change of the list
// has a number; Redis has said up to which one it has followed.
type subscriptions struct {
	poke chan struct{} // has room for one: there are changes to tell Redis

	mu       sync.Mutex
	subs     map[string]int  // guarded by mu; by topic
	changes  map[string]bool // guarded by mu; not told yet: topics to hear, or no longer
	changed  uint64          // guarded by mu; the number of the last change
	followed uint64          // guarded by mu
	moved    chan struct{}   // guarded by mu; closed and replaced when followed moves
}

func newSubscriptions() *subscriptions {
	return &subscriptions{
		poke: make(chan struct{}, 1), subs: make(map[string]int), changes: make(map[string]bool), moved: make(chan struct{}),
	}
}

func (s *subscriptions) add(topic string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.subs[topic]++; s.subs[topic] == 1 {
		s.noteLocked(topic, true)
	}
}

func (s *subscriptions) remove(topic string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.subs[topic]--; s.subs[topic] == 0 {
		delete(s.subs, topic)
		s.noteLocked(topic, false)
	}
}

func (s *subscriptions) noteLocked(topic string, on bool) {
	s.changes[topic] = on
	s.changed++
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

// begin gives all topics, for a new connection, and the number of the list.
func (s *subscriptions) begin() (topics []string, number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.changes)
	return slices.Collect(maps.Keys(s.subs)), s.changed
}

// take gives the changes since, and the number of the list.
func (s *subscriptions) take() (on, off []string, number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for topic, hear := range s.changes {
		if hear {
			on = append(on, topic)
		} else {
			off = append(off, topic)
		}
	}
	clear(s.changes)
	return on, off, s.changed
}

// follow notes that Redis has followed up to a number.
func (s *subscriptions) follow(number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.followed = max(s.followed, number)
	s.moveLocked()
}

// wake makes those look again who wait for something to settle.
func (s *subscriptions) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moveLocked()
}

func (s *subscriptions) moveLocked() {
	close(s.moved)
	s.moved = make(chan struct{})
}

// number is that of the list now.
func (s *subscriptions) number() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// followedTo tells whether Redis has followed up to a number; moved is closed when that may have changed.
func (s *subscriptions) followedTo(number uint64) (done bool, moved <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.followed >= number, s.moved
}

func (s *subscriptions) topics() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.subs)
}
