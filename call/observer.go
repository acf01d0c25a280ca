package call

import (
	"slices"

	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/sfu"
	"github.com/digierapro/parley/sfu/transport"
)

// observer passes what the SFU says of one participant's media to their socket.
type observer struct {
	service       *Service
	call          *live
	participantID string
}

// SlotsChanged implements sfu.Observer.
func (o *observer) SlotsChanged(slots []sfu.SlotState) {
	if o.call.setSlots(o, slots) {
		o.service.tellSlots(o.call, o.participantID, slots)
	}
}

// StateChanged implements sfu.Observer.
func (o *observer) StateChanged(state transport.State) {
	if !o.call.setMedia(o, state) {
		return
	}
	o.service.tellMedia(o.call, o.participantID, state)
}

// Refresh tells a seat's new socket what the old one was told of the media.
func (s *Service) Refresh(seat Seat) {
	l, err := s.find(seat.CallID)
	if err != nil {
		return
	}
	l.mu.Lock()
	st := l.seatLocked(seat.ParticipantID)
	if st == nil {
		l.mu.Unlock()
		return
	}
	slots, media := st.slots, st.media
	l.mu.Unlock()
	if len(slots) > 0 {
		s.tellSlots(l, seat.ParticipantID, slots)
		s.tellMedia(l, seat.ParticipantID, media)
	}
}

func (s *Service) tellSlots(l *live, participantID string, slots []sfu.SlotState) {
	s.publish(bus.Seat(participantID), EventSlots, bus.State, "slots:"+l.id, slotsChanged{CallID: l.id, Slots: l.slots(slots)})
}

func (s *Service) tellMedia(l *live, participantID string, state transport.State) {
	s.publish(bus.Seat(participantID), EventMediaState, bus.State, "mediaState:"+l.id, mediaState{
		CallID: l.id, ParticipantID: participantID, State: state.String(),
	})
}

func (l *live) setSlots(o *observer, slots []sfu.SlotState) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	st := l.seatLocked(o.participantID)
	if st == nil || st.observer != o {
		return false
	}
	st.slots = slices.Clone(slots)
	return true
}

// setMedia notes a state, unless it comes of a connection that is no longer the seat's.
func (l *live) setMedia(o *observer, state transport.State) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	st := l.seatLocked(o.participantID)
	if st == nil || st.observer != o {
		return false
	}
	st.media = state
	return true
}

func (l *live) slots(states []sfu.SlotState) []slotState {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]slotState, 0, len(states))
	for _, state := range states {
		slot := slotState{Mid: state.Mid, Kind: state.Kind.String()}
		if st := l.seatLocked(state.PeerID); st != nil {
			source := string(state.Source)
			slot.ParticipantID, slot.UserID, slot.Source = &st.ID, &st.UserID, &source
		}
		out = append(out, slot)
	}
	return out
}
