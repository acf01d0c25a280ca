package bwe

import "time"

const (
	// A probe lasts long enough to see through the jitter of the path, and not longer, so that the queue it makes, if it
	// asks for twice what there is, is one that a receiver's jitter buffer takes.
	probeTime     = 40 * time.Millisecond
	probeJitter   = 6 // times the jitter more
	probeMost     = 160 * time.Millisecond
	probeLongest  = 4 // times its length: a sender that does not keep up has failed to probe
	probePackets  = 5
	probeArrived  = 0.8 // share of the packets that must arrive for a result
	probeUnclear  = 2   // what arrives so much faster than it was sent was held back on the way
	probeFull     = 0.9 // what arrives below this share of what was sent was bounded by the path
	probeUse      = 0.95
	probePatience = time.Second // for reports, on top of the round trip
)

// cluster is one probe: packets sent at a rate, of which the reports tell at which rate they arrived.
type cluster struct {
	id      uint16
	rate    int // bits per second asked for
	length  time.Duration
	began   time.Duration
	started bool // began is known
	ended   time.Duration
	closed  bool

	sent                      int // bytes
	packets                   int
	told                      int // packets of which something is known
	arrived, arrivedBytes     int
	firstSent, lastSent       time.Duration // of those that arrived
	firstArrival, lastArrival time.Duration
	firstSize, lastSize       int // the packets that bound the two spans
	lastSentSize              int
}

// due is how many bytes should have been sent by now and have not been.
func (c *cluster) due(now time.Duration) int {
	if !c.started {
		c.started, c.began = true, now
	}
	elapsed := min(now-c.began, c.length)
	return c.bytes(elapsed) + c.rate/8/1000 - c.sent // a millisecond ahead, so that it begins at once
}

func (c *cluster) bytes(d time.Duration) int {
	return int(int64(c.rate) * int64(d) / (8 * int64(time.Second)))
}

// complete says that enough has been sent.
func (c *cluster) complete(now time.Duration) bool {
	return c.started && c.packets >= probePackets && c.sent >= c.bytes(c.length) && now-c.began >= c.length*3/4
}

func (c *cluster) overdue(now time.Duration) bool {
	return c.started && now-c.began > probeLongest*c.length
}

func (c *cluster) noteSent(size int) {
	c.sent += size
	c.packets++
}

func (c *cluster) note(r *Result) {
	if r.Before == InFlight {
		c.told++
	}
	if r.Status != Received {
		return
	}
	if c.arrived == 0 || r.Arrival < c.firstArrival {
		c.firstArrival, c.firstSize = r.Arrival, r.Size
	}
	if c.arrived == 0 || r.Arrival > c.lastArrival {
		c.lastArrival, c.lastSize = r.Arrival, r.Size
	}
	if c.arrived == 0 || r.Sent < c.firstSent {
		c.firstSent = r.Sent
	}
	if c.arrived == 0 || r.Sent >= c.lastSent {
		c.lastSent, c.lastSentSize = r.Sent, r.Size
	}
	c.arrived++
	c.arrivedBytes += r.Size
}

// result is the rate that the path has shown to carry, and whether the path bounded it.
func (c *cluster) result() (rate int, full, ok bool) {
	if c.packets < probePackets || float64(c.arrived) < probeArrived*float64(c.packets) {
		return 0, false, false
	}
	sent := bps(c.arrivedBytes-c.lastSentSize, c.lastSent-c.firstSent)
	arrived := bps(c.arrivedBytes-c.firstSize, c.lastArrival-c.firstArrival)
	if sent == 0 || arrived == 0 || arrived > probeUnclear*sent {
		return 0, false, false
	}
	if float64(arrived) < probeFull*float64(sent) {
		return int(probeUse * float64(arrived)), true, true
	}
	return min(sent, arrived), false, true
}

func bps(bytes int, span time.Duration) int {
	if span <= 0 {
		return 0
	}
	return int(int64(bytes) * 8 * int64(time.Second) / int64(span))
}
