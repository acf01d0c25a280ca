package bwe

import "time"

const (
	// leastQueue must stand for the trend of the delays to be believed.
	leastQueue = 15 * time.Millisecond
	// fullQueue is congestion while it does not shrink, whatever the trend: whoever sends much notices the trend last,
	// so those who send little would give way to it until nothing is left of them. It is only as hard as it must be,
	// for traffic of others that keeps a queue full.
	fullQueue      = 30 * time.Millisecond
	fullQueueEvery = 2 * time.Second
	// probeQueue may stand while a probe drains: it is of our own making, and will be gone.
	probeQueue = 120 * time.Millisecond
	probeDrain = 400 * time.Millisecond
)

// usage weighs the trend of the delays against the queue.
func (e *Estimator) usage() Usage {
	if e.trend.usage == Overuse && e.queue.standing() < leastQueue {
		return Normal // noise
	}
	return e.trend.usage
}

// pressed is usage, and what the queue says where the trend does not.
func (e *Estimator) pressed(now time.Duration) Usage {
	u, q := e.usage(), e.queue.standing()
	rested := !e.lowered || now-e.decrease >= fullQueueEvery
	if u != Overuse && q >= fullQueue && e.trend.slope > 0 && rested {
		u = Overuse
	}
	if u == Overuse && q < probeQueue && e.probing(now) {
		return Underuse
	}
	return u
}

// probing tells that a probe is on the way, or drains.
func (e *Estimator) probing(now time.Duration) bool {
	return e.probed && now-e.padded < e.responseRTT()+probeDrain
}
