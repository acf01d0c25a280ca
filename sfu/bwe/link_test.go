package bwe

import (
	"math/rand/v2"
	"time"
)

// step is the resolution of the simulated time.
const step = 250 * time.Microsecond

// link is a bottleneck with a queue that drops at its tail, then a way with delay, jitter and loss. Its fields may be
// changed while it runs.
type link struct {
	rate   int           // bits per second; 0: nothing passes, all is lost
	queue  time.Duration // how long a full queue takes to drain
	burst  int           // bytes; above 0 it has no queue but a token bucket, as policers have
	delay  time.Duration // one way
	jitter time.Duration // up to this much is added to each packet
	order  bool          // jitter does not reorder
	loss   float64       // share lost at random, without any queue

	random  *rand.Rand
	waiting []*datagram
	bytes   int
	credit  float64 // bits
	onWay   []*datagram
	last    time.Duration
}

type datagram struct {
	flow    *flow
	seq     uint16
	size    int
	arrives time.Duration
}

func (l *link) send(d *datagram) {
	if l.burst > 0 {
		if l.credit < float64(8*d.size) {
			d.flow.dropped++
			return
		}
		l.waiting = append(l.waiting, d)
		return
	}
	if l.rate == 0 || l.bytes+d.size > int(float64(l.rate)/8*l.queue.Seconds()) && l.bytes > 0 {
		d.flow.dropped++
		return
	}
	l.bytes += d.size
	l.waiting = append(l.waiting, d)
}

// pass moves what the link carries in one step and returns what arrives.
func (l *link) pass(now time.Duration) (arrived []*datagram) {
	if l.rate == 0 {
		for _, d := range l.waiting {
			d.flow.dropped++
		}
		l.waiting, l.bytes = nil, 0
	}
	if len(l.waiting) == 0 {
		l.credit = min(l.credit, float64(8*l.burst))
	}
	l.credit += float64(l.rate) * step.Seconds()
	for len(l.waiting) > 0 && l.credit >= float64(8*l.waiting[0].size) {
		d := l.waiting[0]
		l.waiting = l.waiting[1:]
		l.bytes = max(l.bytes-d.size, 0)
		l.credit -= float64(8 * d.size)
		if l.random.Float64() < l.loss {
			d.flow.dropped++
			continue
		}
		d.arrives = now + l.delay
		if l.jitter > 0 {
			d.arrives += time.Duration(l.random.Int64N(int64(l.jitter)))
		}
		if l.order {
			d.arrives = max(d.arrives, l.last)
			l.last = d.arrives
		}
		l.onWay = append(l.onWay, d)
	}
	rest := l.onWay[:0]
	for _, d := range l.onWay {
		if d.arrives <= now {
			arrived = append(arrived, d)
		} else {
			rest = append(rest, d)
		}
	}
	l.onWay = rest
	return arrived
}
