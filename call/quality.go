package call

import (
	"math"
	"time"

	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/sfu"
)

// connectionQuality is what a participant is told of their own media.
type connectionQuality struct {
	CallID        string       `json:"callId"`
	ParticipantID string       `json:"participantId"`
	Uplink        *pathQuality `json:"uplink"`
	Downlink      *pathQuality `json:"downlink"`
	Available     *int         `json:"availableBitrate"`
}

// pathQuality is one way of it; times are in milliseconds, loss in percent.
type pathQuality struct {
	MOS    float64 `json:"mos"`
	RTT    *int64  `json:"rtt"`
	Jitter int64   `json:"jitter"`
	Loss   float64 `json:"loss"`
	Cause  *string `json:"cause"`
}

// callQuality is what everyone is told of everyone.
type callQuality struct {
	CallID       string   `json:"callId"`
	Participants []graded `json:"participants"`
}

type graded struct {
	ParticipantID string `json:"participantId"`
	Quality       grade  `json:"quality"`
}

// grade is a score in a word, by the customer's own steps.
type grade string

func gradeOf(m float64) grade {
	switch {
	case m >= 4:
		return "excellent"
	case m >= 3.5:
		return "good"
	case m >= 3:
		return "fair"
	}
	return "poor"
}

// qualitySum is a call's quality so far, for its record.
type qualitySum struct {
	scores float64
	count  int
	issues map[string]bool
}

// average is the mean of all scores on the customer's scale of 0 to 100, (MOS - 1) × 25; nil before the first.
func (q *qualitySum) average() *int {
	if q.count == 0 {
		return nil
	}
	n := int(math.Round((q.scores/float64(q.count) - 1) * 25))
	return &n
}

// seatQuality is what is remembered of a seat's last judgement.
type seatQuality struct {
	grade  grade        // "" when nothing was under way
	issues [2]sfu.Issue // up and down
}

// QualityMeasured implements sfu.RoomObserver.
func (e *ear) QualityMeasured(all []sfu.Quality) {
	e.call.change(func() (events []func()) {
		if e.call.ended {
			return nil
		}
		judged := make(map[string]bool, len(all))
		changed := false
		for i := range all {
			st := e.call.seatLocked(all[i].PeerID)
			if st == nil {
				continue
			}
			judged[st.ID] = true
			changed = e.call.judgeLocked(st, &all[i]) || changed
			events = append(events, e.service.tellQuality(e.call, &all[i]))
		}
		for _, st := range e.call.seats {
			if !judged[st.ID] && st.quality.grade != "" {
				st.quality, changed = seatQuality{}, true
			}
		}
		if changed {
			events = append(events, e.service.tellGradesLocked(e.call, bus.Call(e.call.id)))
		}
		return events
	})
}

// judgeLocked takes a judgement into the call's sum and reports whether the seat's grade has changed. What is once in
// trouble for a moment does not mark the whole call: an issue counts from its second time in a row.
func (l *live) judgeLocked(st *seat, q *sfu.Quality) (changed bool) {
	worst := 5.0
	for i, p := range []*sfu.Path{q.Uplink, q.Downlink} {
		if p == nil {
			st.quality.issues[i] = ""
			continue
		}
		worst = min(worst, p.MOS)
		l.quality.scores += p.MOS
		l.quality.count++
		if p.Issue != "" && p.Issue == st.quality.issues[i] {
			if l.quality.issues == nil {
				l.quality.issues = make(map[string]bool)
			}
			l.quality.issues[string(p.Issue)] = true
		}
		st.quality.issues[i] = p.Issue
	}
	before := st.quality.grade
	st.quality.grade = gradeOf(worst)
	return st.quality.grade != before
}

// tellQuality makes one event for change to publish, as do those below.
func (s *Service) tellQuality(l *live, q *sfu.Quality) func() {
	push := connectionQuality{CallID: l.id, ParticipantID: q.PeerID, Uplink: onWire(q.Uplink), Downlink: onWire(q.Downlink)}
	if q.Available > 0 {
		push.Available = &q.Available
	}
	return func() {
		s.publish(bus.Seat(push.ParticipantID), EventConnectionQuality, bus.State, "connectionQuality:"+l.id, push)
	}
}

func (s *Service) tellGradesLocked(l *live, topic string) func() {
	push := callQuality{CallID: l.id, Participants: []graded{}}
	for _, st := range l.seats {
		if st.quality.grade != "" {
			push.Participants = append(push.Participants, graded{ParticipantID: st.ID, Quality: st.quality.grade})
		}
	}
	return func() { s.publish(topic, EventCallQuality, bus.State, "callQuality:"+l.id, push) }
}

func onWire(p *sfu.Path) *pathQuality {
	if p == nil {
		return nil
	}
	q := &pathQuality{MOS: rounded(p.MOS), Jitter: p.Jitter.Milliseconds(), Loss: rounded(100 * p.Loss)}
	if p.RTT > 0 {
		ms := p.RTT.Round(time.Millisecond).Milliseconds()
		q.RTT = &ms
	}
	if p.Cause != "" {
		q.Cause = &p.Cause
	}
	return q
}
