package allocate

// Class is how much a slot matters; the lower the more.
type Class uint8

// Classes of slots.
const (
	Audio Class = iota // always on
	Screen
	Speaker
	Other
	classes
)

// Bounds of what a publication may have. More layers than that are left out.
const (
	MaxSpatial  = 3
	MaxTemporal = 3
)

// Layer is one way to forward a publication: a simulcast or spatial layer, and the temporal layers up to one.
type Layer struct{ Spatial, Temporal int8 }

// Paused is the Layer of a slot that gets nothing.
var Paused = Layer{-1, -1}

// Rates is what forwarding costs, in bits per second, for each spatial layer with the temporal layers up to each; 0
// where there is none. A codec without temporal layers has only the first of each row; sound has only the very first. A
// layer that the publisher has paused because nobody takes it must be given the rate it had, or is expected to have, or
// nobody would ever ask for it.
type Rates [MaxSpatial][MaxTemporal]int

// Slot is one outgoing track. What Share is told comes first, what it answers last.
type Slot struct {
	Class   Class
	Rates   Rates
	Max     Layer // the most that the view asks for, out of what is there; Paused when not shown. Of Audio: nothing.
	Current Layer // what is forwarded or being switched to now

	Chosen Layer
	Rate   int // of Chosen

	ladder ladder
	at     int // place on the ladder, -1 paused
	now    int // place of Current, -1 paused
	done   bool
}

// step is a rung of a ladder.
type step struct {
	layer Layer
	rate  int
}

// ladder is what a slot may get, from the least to the most.
type ladder struct {
	steps [MaxSpatial * MaxTemporal]step
	n     int
}

func (l *ladder) rate(i int) int {
	if i < 0 {
		return 0
	}
	return l.steps[i].rate
}

// add puts a rung on top. A layer that costs no more than those below is better than they are.
func (l *ladder) add(layer Layer, rate int) {
	if rate <= 0 {
		return
	}
	for l.n > 0 && l.steps[l.n-1].rate >= rate {
		l.n--
	}
	l.steps[l.n] = step{layer, rate}
	l.n++
}

// climb fills the slot's ladder and finds its present place.
//
// A face may first lose size, then half of its frames: above the smallest size it is not shown with less than the
// second highest number of frames. A screen is there to be read: it goes to its full size with few frames before it
// gets more of them, and gives them up first.
func (s *Slot) climb() {
	s.ladder.n = 0
	top := int(min(s.Max.Spatial, MaxSpatial-1))
	if s.Class == Audio {
		top = 0
	}
	for top > 0 && s.Rates[top] == [MaxTemporal]int{} {
		top-- // the view asks for more than there is
	}
	for spatial := 0; spatial <= top; spatial++ {
		highest := s.highest(spatial)
		for temporal := 0; temporal <= highest; temporal++ {
			if s.skips(spatial, temporal, top, highest) {
				continue
			}
			s.ladder.add(Layer{int8(spatial), int8(temporal)}, s.Rates[spatial][temporal])
		}
	}
	s.now = s.place(s.Current)
	s.at, s.done = -1, false
}

func (s *Slot) skips(spatial, temporal, top, highest int) bool {
	if s.Class == Screen {
		return spatial < top && temporal > 0
	}
	return spatial > 0 && temporal < highest-1
}

// highest is the number of the most temporal layers that may be sent of a spatial one.
func (s *Slot) highest(spatial int) int {
	limit := MaxTemporal - 1
	if s.Class == Audio {
		limit = 0
	} else if spatial == int(s.Max.Spatial) {
		limit = min(limit, int(s.Max.Temporal))
	}
	for limit > 0 && s.Rates[spatial][limit] == 0 {
		limit--
	}
	return limit
}

// place finds the highest rung that is no more than a layer, -1 when there is none.
func (s *Slot) place(l Layer) int {
	for i := s.ladder.n - 1; i >= 0; i-- {
		r := s.ladder.steps[i].layer
		if r.Spatial < l.Spatial || r.Spatial == l.Spatial && r.Temporal <= l.Temporal {
			return i
		}
	}
	return -1
}
