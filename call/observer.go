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
	o.call.change(func() []func() {
		st := o.call.heldLocked(o)
		if st == nil {
			return nil
		}
		st.slots = slices.Clone(slots)
		return []func(){o.service.tellSlotsLocked(o.call, st)}
	})
}

// LayersWanted implements sfu.Observer.
func (o *observer) LayersWanted(demand []sfu.LayerDemand) {
	o.call.change(func() []func() {
		st := o.call.heldLocked(o)
		if st == nil {
			return nil
		}
		st.demand = slices.Clone(demand)
		return []func(){o.service.tellLayersLocked(o.call, st)}
	})
}

// StateChanged implements sfu.Observer.
func (o *observer) StateChanged(state transport.State) {
	o.call.change(func() []func() {
		st := o.call.heldLocked(o)
		if st == nil {
			return nil
		}
		st.media = state
		return o.service.tellMediaLocked(o.call, st)
	})
}

// Refresh tells a seat's socket what it has not heard yet: of the others, and, when there was a socket before, of the
// seat's own media.
func (s *Service) Refresh(seat Seat) {
	l, err := s.find(seat.CallID)
	if err != nil {
		return
	}
	l.change(func() []func() {
		st := l.seatLocked(seat.ParticipantID)
		if st == nil {
			return nil
		}
		events := s.tellHeardLocked(l, st)
		if len(st.slots) > 0 {
			events = append(events, s.tellSlotsLocked(l, st))
		}
		if st.media != transport.Connecting {
			events = append(events, s.tellMediaLocked(l, st)...)
		}
		if st.demand != nil {
			events = append(events, s.tellLayersLocked(l, st))
		}
		return events
	})
}

// tellSlotsLocked and those after it make one event for change to publish. What they say is put together while mu is
// held, so that no older word comes after a newer one.
func (s *Service) tellSlotsLocked(l *live, st *seat) func() {
	push := slotsChanged{CallID: l.id, Slots: l.slotsLocked(st.slots)}
	return func() { s.publish(bus.Seat(st.ID), EventSlots, bus.State, "slots:"+l.id, push) }
}

// tellSlotsWithLocked tells those whose slots have had the participant's media since before the seat was there.
func (s *Service) tellSlotsWithLocked(l *live, participantID string) (events []func()) {
	for _, st := range l.seats {
		if slices.ContainsFunc(st.slots, func(slot sfu.SlotState) bool { return slot.PeerID == participantID }) {
			events = append(events, s.tellSlotsLocked(l, st))
		}
	}
	return events
}

// tellMediaLocked tells the state of the seat's media. A client whose media is no longer heard is asked to restart ICE: it
// may not have noticed, since what we send can still reach it.
func (s *Service) tellMediaLocked(l *live, st *seat) []func() {
	push := mediaState{CallID: l.id, ParticipantID: st.ID, State: st.media.String()}
	events := []func(){func() { s.publish(bus.Seat(st.ID), EventMediaState, bus.State, "mediaState:"+l.id, push) }}
	if st.media == transport.Interrupted {
		restart := mediaRestart{CallID: l.id}
		events = append(events, func() { s.publish(bus.Seat(st.ID), EventRestart, bus.State, "restart:"+l.id, restart) })
	}
	return events
}

func (s *Service) tellLayersLocked(l *live, st *seat) func() {
	push := layersWanted{CallID: l.id, Tracks: make([]trackLayers, 0, len(st.demand))}
	for _, d := range st.demand {
		push.Tracks = append(push.Tracks, trackLayers{Mid: d.Mid, Source: string(d.Source), Active: d.RIDs})
	}
	return func() { s.publish(bus.Seat(st.ID), EventLayers, bus.State, "layers:"+l.id, push) }
}

// heldLocked is the seat that o speaks of; nil when it was given up, or has another connection by now.
func (l *live) heldLocked(o *observer) *seat {
	st := l.seatLocked(o.participantID)
	if st == nil || st.observer != o {
		return nil
	}
	return st
}

func (l *live) slotsLocked(states []sfu.SlotState) []slotState {
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
