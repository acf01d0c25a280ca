package sfu

import "sync"

// RoomObserver hears about a room as a whole. Calls for one room come in order and do not overlap, from a goroutine that
// holds no lock and carries no packets. Who is slow hears only the newest.
type RoomObserver interface {
	// SpeakersChanged says who speaks now, at most four times a second.
	SpeakersChanged(Speakers)
}

// roomMail holds what a room's observer has not been told yet, and tells it.
type roomMail struct {
	start func(func()) bool

	mu       sync.Mutex
	observer RoomObserver
	speakers *Speakers
	telling  bool
	closed   bool
}

// Observe names the room's observer; before anybody joins.
func (r *Room) Observe(ob RoomObserver) {
	r.mail.mu.Lock()
	defer r.mail.mu.Unlock()
	r.mail.observer = ob
}

func (m *roomMail) postSpeakers(s Speakers) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.speakers = &s
	m.tellLocked()
}

// close ends it: nothing more is told, but a call that has begun may still be running.
func (m *roomMail) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.speakers = true, nil
}

func (m *roomMail) tellLocked() {
	if m.observer == nil || m.closed {
		m.speakers = nil
		return
	}
	if !m.telling {
		m.telling = m.start(m.tell)
	}
}

// tell runs until there is nothing left to say.
func (m *roomMail) tell() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.speakers != nil {
		speakers := m.speakers
		m.speakers = nil
		m.mu.Unlock()
		m.observer.SpeakersChanged(*speakers)
		m.mu.Lock()
	}
	m.telling = false
}
