package call

import (
	"slices"
	"sync"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/sfu"
	"github.com/digierapro/parley/sfu/transport"
)

// live is a call that is going on.
//
// Whoever changes it locks mu, changes, collects what is to be told, and publishes in tell, so that everyone is told in
// the order of the changes although nothing is sent under mu.
type live struct {
	id, channelID string
	callType      Type
	initiator     auth.Identity
	startedAt     time.Time
	room          *sfu.Room
	deaf          func() // ends what it hears of who leaves its channel

	outbox sync.Mutex // held from the end of a change until its events are out; taken while mu is held

	mu sync.Mutex

	// guarded by mu
	audience map[string]bool // user ids, as of the last time the store answered
	ringing  map[string]bool // of them, whose devices ring
	rung     bool            // the time to ring is over
	seats    []*seat         // in order of joining
	byID     map[string]*seat
	past     []Record // of those who left
	company  bool     // two users were here at once
	rejected bool
	ended    bool
	expelled map[string]int // by user id, how often
	speakers sfu.Speakers
	quality  qualitySum
}

// seat is a participant and what the server holds for them.
type seat struct {
	Participant
	peer       *sfu.Peer
	observer   *observer // of that peer; what an earlier one still says is not heard
	media      transport.State
	begun      time.Time // when that peer was made
	doubted    bool      // since then
	slots      []sfu.SlotState
	quality    seatQuality
	demand     []sfu.LayerDemand
	attachment int       // counts the sockets that held the seat; only the last one can detach it
	detached   time.Time // since when it has no socket; zero while it has one
	expelled   int       // how often its user was, before they were let in
	stream     *stream   // of a seat that is without a socket from the start; nil for all others
}

func newLive(id string, r StartRequest, who auth.Identity, users []string, now time.Time, room *sfu.Room) *live {
	l := &live{
		id: id, channelID: r.ChannelID, callType: r.Type, initiator: who, startedAt: now, room: room,
		ringing: make(map[string]bool), byID: make(map[string]*seat), expelled: make(map[string]int),
	}
	l.setAudienceLocked(users)
	for _, userID := range users {
		if userID != who.UserID && (len(r.Ring) == 0 || slices.Contains(r.Ring, userID)) {
			l.ringing[userID] = true
		}
	}
	return l
}

// change runs fn under the call's lock, and then publishes what fn returned, in order.
func (l *live) change(fn func() []func()) {
	l.mu.Lock()
	events := fn()
	l.outbox.Lock()
	l.mu.Unlock()
	defer l.outbox.Unlock()
	for _, publish := range events {
		publish()
	}
}

func (l *live) setAudience(users []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.setAudienceLocked(users)
}

func (l *live) setAudienceLocked(users []string) {
	l.audience = make(map[string]bool, len(users))
	for _, userID := range users {
		l.audience[userID] = true
	}
}

func (l *live) concerns(userID string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.audience[userID]
}

func (l *live) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.seats)
}

func (l *live) seatLocked(participantID string) *seat {
	return l.byID[participantID]
}

func (l *live) othersLocked(participantID string) []Participant {
	others := make([]Participant, 0, len(l.seats))
	for _, st := range l.seats {
		if st.ID != participantID {
			others = append(others, st.Participant)
		}
	}
	return others
}

func (l *live) seatsOfLocked(userID string) (n int) {
	for _, st := range l.seats {
		if st.UserID == userID {
			n++
		}
	}
	return n
}

func (l *live) active() Active {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.activeLocked()
}

func (l *live) activeLocked() Active {
	return Active{CallID: l.id, Type: l.callType, ParticipantCount: len(l.seats), StartedAt: l.startedAt}
}

// recordLocked is the call as it is to be kept.
func (l *live) recordLocked() Call {
	c := Call{
		ID: l.id, ChannelID: l.channelID, Type: l.callType, InitiatorID: l.initiator.UserID, Status: Ongoing,
		Participants: slices.Clone(l.past), StartedAt: l.startedAt,
		AvgQuality: l.quality.average(), NetworkIssues: sortedKeys(l.quality.issues),
	}
	for _, st := range l.seats {
		c.Participants = append(c.Participants, Record{ParticipantID: st.ID, UserID: st.UserID, JoinedAt: st.JoinedAt})
	}
	return c
}

// statusAtEndLocked says how the call is remembered.
func (l *live) statusAtEndLocked() Status {
	switch {
	case l.company:
		return Completed
	case l.rejected:
		return Rejected
	default:
		return Missed
	}
}
