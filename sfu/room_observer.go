package sfu

import "sync"

// RoomObserver hears about a room as a whole. Calls for one room come in order and do not overlap, from a goroutine that
// holds no lock and carries no packets. Who is slow hears only the newest.
type RoomObserver interface {
	// SpeakersChanged says who speaks now, at most four times a second.
	SpeakersChanged(Speakers)
	// QualityMeasured says how everyone's media fared in the last two seconds, in order of joining; those without any
	// are left out.
	QualityMeasured([]Quality)
}

// roomMail holds what a room's observer has not been told yet, and tells it.
type roomMail struct {
	start func(func()) bool

	mu       sync.Mutex
	observer RoomObserver
	speakers *Speakers
	quality  []Quality
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

func (m *roomMail) postQuality(q []Quality) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.quality = q
	m.tellLocked()
}

// close ends it: nothing more is told, but a call that has begun may still be running.
func (m *roomMail) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.speakers, m.quality = true, nil, nil
}

func (m *roomMail) tellLocked() {
	if m.observer == nil || m.closed {
		m.speakers, m.quality = nil, nil
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
	for m.speakers != nil || m.quality != nil {
		speakers, quality := m.speakers, m.quality
		m.speakers, m.quality = nil, nil
		m.mu.Unlock()
		if speakers != nil {
			m.observer.SpeakersChanged(*speakers)
		}
		if quality != nil {
			m.observer.QualityMeasured(quality)
		}
		m.mu.Lock()
	}
	m.telling = false
}
