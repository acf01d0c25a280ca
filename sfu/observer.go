package sfu

import (
	"sync"

	"github.com/digierapro/parley/sfu/transport"
)

// Observer hears about one peer. Calls for one peer come in order and do not overlap. They come from a goroutine that
// holds no lock and carries no packets, so an observer may block and may call the peer, also Close; while it blocks,
// changes of slots and of layers merge into the newest. After Close a call that has begun may still be running.
type Observer interface {
	// SlotsChanged gives the whole state of the peer's slots, in the order of its sections.
	SlotsChanged(slots []SlotState)
	// LayersWanted gives, whenever it changes, the layers that are taken of each of the peer's publications with more than
	// one. What it does not give is to be sent; before it is called everything is.
	LayersWanted(demands []LayerDemand)
	// StateChanged gives the new state of the peer's transport. Failed and Closed are the last; the one who let the peer
	// join closes it after Failed.
	StateChanged(state transport.State)
}

// SlotState says what a slot carries.
type SlotState struct {
	Mid    string
	Kind   transport.Kind
	PeerID string // "" when the slot is empty
	Source Source // "" when the slot is empty
}

// maxStates bounds the states waiting for a slow observer; the oldest give way, the final one is never lost.
const maxStates = 16

// mailbox holds what an observer has not been told yet, and tells it.
type mailbox struct {
	observer Observer
	start    func(func()) bool

	mu       sync.Mutex
	slots    []SlotState
	hasSlots bool
	demand   []LayerDemand // nil when it has been told
	states   []transport.State
	telling  bool
	closed   bool // of slots nothing more is told
}

func (m *mailbox) postSlots(slots []SlotState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	m.slots, m.hasSlots = slots, true
	m.tellLocked()
}

func (m *mailbox) postDemand(demand []LayerDemand) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	m.demand = demand
	m.tellLocked()
}

func (m *mailbox) postState(state transport.State) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.states) == maxStates {
		m.states = append(m.states[:0], m.states[1:]...)
	}
	m.states = append(m.states, state)
	m.tellLocked()
}

func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.hasSlots, m.slots, m.demand = true, false, nil, nil
}

func (m *mailbox) tellLocked() {
	if !m.telling {
		m.telling = m.start(m.tell)
	}
}

// tell runs until there is nothing left to say.
func (m *mailbox) tell() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.states) > 0 || m.hasSlots || m.demand != nil {
		states, slots, hasSlots, demand := m.states, m.slots, m.hasSlots, m.demand
		m.states, m.slots, m.hasSlots, m.demand = nil, nil, false, nil
		m.mu.Unlock()
		for _, s := range states {
			m.observer.StateChanged(s)
		}
		if hasSlots {
			m.observer.SlotsChanged(slots)
		}
		if demand != nil {
			m.observer.LayersWanted(demand)
		}
		m.mu.Lock()
	}
	m.telling = false
}
