package call

import (
	"math"

	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/sfu"
)

// ear passes what the SFU says of a call's room to everyone in the call.
type ear struct {
	service *Service
	call    *live
}

var _ sfu.RoomObserver = (*ear)(nil)

type activeSpeakers struct {
	CallID   string    `json:"callId"`
	Dominant *string   `json:"dominant"`
	Speakers []speaker `json:"speakers"`
}

type speaker struct {
	ParticipantID string  `json:"participantId"`
	Level         float64 `json:"level"`
}

// SpeakersChanged implements sfu.RoomObserver.
func (e *ear) SpeakersChanged(heard sfu.Speakers) {
	e.call.change(func() []func() {
		if e.call.ended {
			return nil
		}
		e.call.speakers = heard
		return []func(){e.service.tellSpeakersLocked(e.call, bus.Call(e.call.id))}
	})
}

// tellSpeakersLocked makes one event for change to publish; of several that wait for a slow client the last will do.
func (s *Service) tellSpeakersLocked(l *live, topic string) func() {
	push := activeSpeakers{CallID: l.id, Speakers: []speaker{}}
	if st := l.seatLocked(l.speakers.Dominant); st != nil {
		push.Dominant = &st.ID
	}
	for _, each := range l.speakers.Active {
		if l.seatLocked(each.PeerID) != nil {
			push.Speakers = append(push.Speakers, speaker{ParticipantID: each.PeerID, Level: rounded(each.Level)})
		}
	}
	return func() { s.publish(topic, EventActiveSpeakers, bus.State, "activeSpeakers:"+l.id, push) }
}

func rounded(x float64) float64 { return math.Round(x*100) / 100 }

// tellHeardLocked tells a seat that has come, or come back, what the others were told while it was not there.
func (s *Service) tellHeardLocked(l *live, st *seat) (events []func()) {
	if l.speakers.Dominant != "" || len(l.speakers.Active) > 0 {
		events = append(events, s.tellSpeakersLocked(l, bus.Seat(st.ID)))
	}
	if l.quality.count > 0 {
		events = append(events, s.tellGradesLocked(l, bus.Seat(st.ID)))
	}
	return events
}
