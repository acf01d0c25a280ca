package bwe

import (
	"testing"
	"time"
)

// holds counts how often a hold begins in a stretch of time.
func (n *network) holds(f *flow, d time.Duration) (count int) {
	for end, before := n.now+d, false; n.now < end; {
		n.run(5*time.Millisecond, nil)
		now := f.Holding(n.now)
		if now && !before {
			count++
		}
		before = now
	}
	return count
}

// However long the queue, a cut is noticed before it has filled by more than a few tenths of a second, and its rate found
// by the next report. [held after 0.21 s, below the rate after 0.27 s, at 800 kbit/s, where the queue
// grows slowest]
func TestACutIsForeseen(t *testing.T) {
	for _, rate := range []int{300_000, 500_000, 800_000} {
		for _, depth := range []time.Duration{100 * time.Millisecond, 300 * time.Millisecond, time.Second} {
			each(t, func(t *testing.T, seed uint64) {
				f := newFlow(1_300_000, layers(150_000, 450_000, 1_200_000))
				n := newNetwork(seed, link{rate: 10_000_000, delay: near, queue: depth}, f)
				n.run(20*time.Second+time.Duration(seed)*7*time.Millisecond, nil)
				n.link.rate = rate
				start := n.now
				for n.now-start < 2*time.Second && !f.Holding(n.now) {
					n.run(5*time.Millisecond, nil)
				}
				held := n.now - start
				n.until(f, 2*time.Second, func(e int) bool { return e < rate })
				t.Logf("%d kbit/s, queue of %v: held after %v, below after %v, at %d", rate/1000, depth, held, n.now-start, f.Estimate())
				if held > 250*time.Millisecond || n.now-start > 400*time.Millisecond || f.Estimate() < rate/2 {
					t.Error("too late, or too deep")
				}
			})
		}
	}
}

// What is no cut is not held for, or hardly ever: each costs a delay of a tenth of a second. [once or
// twice a minute with jitter, else never]
func TestHoldsAreRare(t *testing.T) {
	for name, l := range map[string]link{
		"roomy":           {rate: 10_000_000, delay: near},
		"just enough":     {rate: 2_000_000, delay: near},
		"loss":            {rate: 5_000_000, delay: near, loss: 0.05},
		"jitter":          {rate: 5_000_000, delay: far, jitter: 30 * time.Millisecond, order: true},
		"disorder":        {rate: 5_000_000, delay: far, jitter: 30 * time.Millisecond},
		"twice as much":   {rate: 5_000_000, delay: far, jitter: 60 * time.Millisecond, order: true},
		"and in disorder": {rate: 5_000_000, delay: far, jitter: 60 * time.Millisecond},
	} {
		each(t, func(t *testing.T, seed uint64) {
			f := newFlow(1_300_000, layers(150_000, 450_000, 1_200_000))
			n := newNetwork(seed, l, f)
			n.run(10*time.Second, nil)
			count := n.holds(f, time.Minute)
			m := n.measure(f, time.Second)
			t.Logf("%s: held %d times", name, count)
			if count > 3 || l.jitter <= 30*time.Millisecond && m.least < 1_200_000 {
				t.Error("too often, or with too much harm")
			}
		})
	}
}

// A way that has become longer, once and for good, is not a queue.
func TestALongerWayIsNoQueue(t *testing.T) {
	f := newFlow(1_300_000, layers(150_000, 450_000, 1_200_000))
	n := newNetwork(1, link{rate: 10_000_000, delay: near}, f)
	n.run(20*time.Second, nil)
	n.link.delay = far
	if count := n.holds(f, 30*time.Second); count > 1 || f.Estimate() < 1_250_000 {
		t.Errorf("held %d times, estimate %d", count, f.Estimate())
	}
}
