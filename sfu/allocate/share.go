package allocate

import "time"

const (
	// margin is how much of a step's rate must be free on top of it before a slot goes up: rates vary, and a step that
	// is taken back at once is worse than none.
	margin = 0.15

	// After a step down nobody goes up for holdFirst; twice as long each time that going up is punished within
	// holdSoon, up to holdMost, so that whoever has been in trouble for long is still back at the top within 15 s of its
	// end; and from the beginning after holdForget without congestion.
	holdFirst  = 2 * time.Second
	holdSoon   = 8 * time.Second
	holdMost   = 10 * time.Second
	holdForget = 30 * time.Second
)

// Memory is what must be remembered of a subscriber from one call to the next. The zero value is ready.
type Memory struct {
	lastUp  time.Duration
	wasUp   bool
	down    time.Duration // last congestion
	wasDown bool
	hold    time.Duration
}

// held says that nobody goes up now.
func (m *Memory) held(now time.Duration) bool { return m.wasDown && now-m.down < m.hold }

// Result is the outcome for all slots together, in bits per second.
type Result struct {
	Total  int // of what was chosen
	Audio  int // the part of it that is not up for discussion
	Paused int // slots that are wanted and get nothing
	Up     int // slots that go up, and down
	Down   int
	// Next is the estimate at which one slot more goes a step up; 0 when all have what they want.
	Next int
	// Full is the estimate at which all have what they want.
	Full int
}

// Share chooses a layer for each slot, in place. The order of the slots within a class is their order in the view.
//
// In this order: all sound, whatever the budget says; the least step of each slot, by class; then the slots of each
// class go up in turn, step by step, for as long as it fits. So a slot is paused only when its least step does not fit
// into what the slots before it leave, and none gets more than its least while one that could have been shown is not.
// Except for sound the total never exceeds the budget. Going down happens at once; going up takes some room to spare,
// and time after a congestion.
func Share(budget int, slots []Slot, m *Memory, now time.Duration) Result {
	present := prepare(slots)
	s := share{budget: budget, slots: slots, held: m.held(now)}
	for i := range slots {
		if slots[i].Class == Audio {
			s.force(&slots[i])
		}
	}
	r := Result{Audio: s.used}
	for class := Screen; class < classes; class++ {
		for i := range slots {
			if slots[i].Class == class && slots[i].ladder.n > 0 {
				s.up(&slots[i])
			}
		}
	}
	for class := Screen; class < classes; class++ {
		for s.round(class) {
		}
	}
	s.conclude(&r)
	m.note(r, present > budget, now)
	return r
}

// prepare fills the ladders and gives the rate of what is on now.
func prepare(slots []Slot) (present int) {
	for i := range slots {
		s := &slots[i]
		s.climb()
		present += s.ladder.rate(s.now)
	}
	return present
}

// share is one run of Share.
type share struct {
	budget, used int
	slots        []Slot
	held         bool
	next         int  // budget that the first step refused would have needed
	waits        bool // a step fits, and is held back
}

// force gives a slot its least step.
func (s *share) force(slot *Slot) {
	if slot.ladder.n > 0 {
		slot.at = 0
		s.used += slot.ladder.rate(0)
	}
}

// round lets each slot of a class that is shown go one step up. It reports whether any did.
func (s *share) round(class Class) (any bool) {
	for i := range s.slots {
		slot := &s.slots[i]
		if slot.Class == class && slot.at >= 0 && slot.at+1 < slot.ladder.n && !slot.done {
			any = s.up(slot) || any
		}
	}
	return any
}

// up takes the next step of a slot, if it fits. A step that the slot has now needs no more than its rate; one that it
// has not needs the margin. The least step is never held back: a black picture is worse than an unsteady one.
func (s *share) up(slot *Slot) bool {
	rate := slot.ladder.rate(slot.at + 1)
	need := s.used - slot.ladder.rate(slot.at) + rate
	higher := slot.at+1 > slot.now
	if higher {
		need += spare(rate)
	}
	refused := need > s.budget
	if refused && (s.next == 0 || need < s.next) {
		s.next = need
	}
	waits := !refused && higher && s.held && slot.at >= 0
	s.waits = s.waits || waits
	if refused || waits {
		slot.done = true
		return false
	}
	s.used += rate - slot.ladder.rate(slot.at)
	slot.at++
	return true
}

func spare(rate int) int { return int(margin * float64(rate)) }

// conclude writes the answers into the slots.
func (s *share) conclude(r *Result) {
	r.Total, r.Next = s.used, s.next
	for i := range s.slots {
		slot := &s.slots[i]
		slot.Chosen, slot.Rate = Paused, 0
		if slot.at >= 0 {
			slot.Chosen, slot.Rate = slot.ladder.steps[slot.at].layer, slot.ladder.rate(slot.at)
		}
		top := slot.ladder.rate(slot.ladder.n - 1)
		r.Full += top
		if slot.Class == Audio {
			slot.Chosen = Layer{} // also while nobody has said a word
			continue
		}
		r.Full += spare(top)
		switch {
		case slot.at > slot.now:
			r.Up++
		case slot.at < slot.now:
			r.Down++
		}
		if slot.at < 0 && slot.ladder.n > 0 {
			r.Paused++
		}
	}
	r.Full = max(r.Full, r.Next)
	if s.waits && r.Next == 0 {
		r.Next = r.Full // what the steps after that take can be found out meanwhile
	}
}

// note remembers what happened. Only a step down that the budget forced is congestion; one that makes room for a slot
// that matters more is not.
func (m *Memory) note(r Result, congested bool, now time.Duration) {
	if r.Down > 0 && congested {
		switch {
		case m.wasUp && now-m.lastUp < holdSoon && m.hold > 0:
			m.hold = min(2*m.hold, holdMost)
		case !m.wasDown || now-m.down > holdForget:
			m.hold = holdFirst
		}
		m.down, m.wasDown = now, true
	}
	if r.Up > 0 {
		m.lastUp, m.wasUp = now, true
	}
}
