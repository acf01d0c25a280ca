package bwe

import (
	"math"
	"time"
)

const (
	decreaseFactor = 0.85 // of what arrives, so that the queue drains
	growPerSecond  = 0.08 // far from the capacity; draft-ietf-rmcat-gcc-02 section 5.5
	packetBits     = 1200 * 8
	leastGrowth    = 4000 // bits per second each second, near the capacity
	reactionTime   = 100 * time.Millisecond

	// The estimate grows by itself only up to this above what arrives: more is unproven, and up to probes to prove.
	unprovenFactor = 1.5
	unprovenMargin = 10_000 // bits per second

	// What is sent is held back by the application below this share of the estimate.
	limitedShare = 0.7
	// The path delivers less than it is given below this share.
	deliveredShare = 0.9
	// How far one decrease may go while the application sends much less than the estimate. If the path delivers less than
	// the second share of what it is given, and the next report says so too, it is no spike, and there is no bound.
	limitedDecrease = 0.5
	severeShare     = 0.6
	// Of a fall, which is surer of itself, the same holds only below this share.
	limitedFall = 0.5
)

// path is what the last reports say, for one step of the control.
type path struct {
	usage   Usage
	acked   int // bits per second that arrived, by the client's clock; 0 unknown
	offered int // bits per second of the same packets when they were sent
	rtt     time.Duration
}

// aimd turns usage into a rate: additive and multiplicative increase, multiplicative decrease.
type aimd struct {
	estimate  float64
	capacity  capacity
	updated   time.Duration
	decreased time.Duration
	lowered   bool // decreased has a meaning
	bounded   bool // the last decrease did not go as far as what arrives
	pressed   int  // reports of overuse in a row
}

// update takes a step at a moment. It reports whether it decreased.
func (a *aimd) update(p path, now time.Duration) bool {
	elapsed := min(max(now-a.updated, 0), time.Second)
	a.updated = now
	if p.usage != Overuse {
		a.pressed = 0
	}
	switch p.usage {
	case Overuse:
		a.pressed++
		return a.decrease(p, now)
	case Normal:
		a.increase(p, elapsed)
	case Underuse: // the queue drains: let it
	}
	return false
}

func (a *aimd) increase(p path, elapsed time.Duration) {
	if p.acked == 0 {
		return
	}
	ceiling := unprovenFactor*float64(p.acked) + unprovenMargin
	if a.estimate >= ceiling {
		return
	}
	if a.capacity.exceededBy(float64(p.acked)) {
		a.capacity = capacity{}
	}
	grown := a.estimate * math.Pow(1+growPerSecond, elapsed.Seconds())
	if a.capacity.known() {
		perSecond := packetBits / (p.rtt + reactionTime).Seconds()
		grown = a.estimate + max(perSecond, leastGrowth)*elapsed.Seconds()
	}
	a.estimate = min(grown, ceiling)
}

// decrease goes below what arrives, unless what was done last has not had time to show.
func (a *aimd) decrease(p path, now time.Duration) bool {
	severe := a.pressed > 1 && float64(p.acked) < severeShare*float64(p.offered)
	if a.lowered && now-a.decreased < p.rtt+reactionTime && !(a.bounded && severe) {
		return false
	}
	target := a.target(p, severe)
	a.decreased, a.lowered = now, true
	if target >= a.estimate {
		return false
	}
	a.estimate = target
	return true
}

// fall goes below a rate at which the path was seen to be full. It reports whether that is a decrease. As in target the
// step is bounded when little was sent of what the estimate was before.
func (a *aimd) fall(rate, sent, before float64, now time.Duration) bool {
	target := decreaseFactor * rate
	a.decreased, a.lowered, a.bounded, a.pressed = now, true, false, 0
	if sent < limitedFall*before {
		target = max(target, limitedDecrease*before)
	} else {
		a.capacity.note(rate)
	}
	if target < a.estimate {
		a.estimate = target
		return true
	}
	return false
}

// target is where a decrease goes. While the application sends much less than the estimate, what arrives says nothing
// about the capacity unless the path holds some of it back; and even then a step is bounded, since all that the estimate
// has above what is sent burdens nobody.
func (a *aimd) target(p path, severe bool) float64 {
	if p.acked == 0 {
		return decreaseFactor * a.estimate
	}
	target := decreaseFactor * float64(p.acked)
	limited := float64(p.offered) < limitedShare*a.estimate
	a.bounded = limited && !severe
	switch {
	case !a.bounded:
		a.capacity.note(float64(p.acked))
		return target
	case float64(p.acked) >= deliveredShare*float64(p.offered):
		return max(target, decreaseFactor*a.estimate)
	default:
		return max(target, limitedDecrease*a.estimate)
	}
}

// capacity is the rate at which the path was found full the last times, in bits per second.
type capacity struct {
	mean      float64
	deviation float64 // squared, as a share of the mean
}

const (
	capacitySmoothing = 0.95
	capacityMinKbps   = 0.4 // of the normalised variance, and its maximum
	capacityMaxKbps   = 2.5
)

func (c *capacity) known() bool { return c.mean > 0 }

func (c *capacity) note(acked float64) {
	if !c.known() || c.exceededBy(acked) || acked < c.lower() {
		*c = capacity{mean: acked, deviation: capacityMinKbps}
		return
	}
	off := c.mean - acked
	c.mean = capacitySmoothing*c.mean + (1-capacitySmoothing)*acked
	c.deviation = capacitySmoothing*c.deviation + (1-capacitySmoothing)*off*off/(1000*max(c.mean, 1000))
	c.deviation = min(max(c.deviation, capacityMinKbps), capacityMaxKbps)
}

// spread is three standard deviations.
func (c *capacity) spread() float64 { return 3 * math.Sqrt(c.deviation*1000*c.mean) }

func (c *capacity) lower() float64 { return c.mean - c.spread() }

func (c *capacity) exceededBy(acked float64) bool { return c.known() && acked > c.mean+c.spread() }
