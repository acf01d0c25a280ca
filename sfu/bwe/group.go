package bwe

import "time"

const (
	burstTime    = 5 * time.Millisecond   // packets sent within it are one group
	burstArrival = 100 * time.Millisecond // and a group that arrives in one burst is at most this long
	// maxClockJump between two groups: beyond it the client's clock, or the path, is another one.
	maxClockJump = 3 * time.Second
)

// group is packets that were sent in one burst; draft-ietf-rmcat-gcc-02 section 5.2, "pre-filtering".
type group struct {
	firstSent, lastSent       time.Duration
	firstArrival, lastArrival time.Duration
}

// spacing is how far apart two groups were sent and arrived.
type spacing struct {
	sent, arrived time.Duration
	at            time.Duration // when the later one arrived, by the client's clock
	jump          bool          // the clock is another one now; the rest means nothing
}

// variation is the inter-group delay variation: above 0 the later group took longer.
func (s spacing) variation() time.Duration { return s.arrived - s.sent }

// grouper puts packets into groups and compares each finished group with the one before it.
type grouper struct {
	current, previous group
	n                 int // groups known, at most 2
}

// add takes a packet that arrived. ok tells that a group was finished by it.
func (g *grouper) add(sent, arrival time.Duration) (s spacing, ok bool) {
	switch {
	case g.n == 0:
		g.n = 1
		g.current = group{sent, sent, arrival, arrival}
		return s, false
	case sent < g.current.firstSent:
		return s, false // overtaken by a later group
	case g.belongs(sent, arrival):
		g.current.lastSent = max(g.current.lastSent, sent)
		g.current.lastArrival = max(g.current.lastArrival, arrival)
		return s, false
	}
	if g.n == 2 {
		s, ok = g.compare(), true
	}
	g.n = 2
	g.previous, g.current = g.current, group{sent, sent, arrival, arrival}
	if s.jump {
		*g = grouper{}
	}
	return s, ok
}

// belongs: sent in the same burst, or held back on the way and then arrived in the same burst.
func (g *grouper) belongs(sent, arrival time.Duration) bool {
	c := &g.current
	if sent-c.firstSent <= burstTime {
		return true
	}
	since := arrival - c.lastArrival
	return since <= burstTime && since < sent-c.lastSent && arrival-c.firstArrival < burstArrival
}

func (g *grouper) compare() spacing {
	s := spacing{
		sent:    g.current.lastSent - g.previous.lastSent,
		arrived: g.current.lastArrival - g.previous.lastArrival,
		at:      g.current.lastArrival,
	}
	s.jump = s.arrived < -maxClockJump || s.variation() > maxClockJump || s.variation() < -maxClockJump
	return s
}
