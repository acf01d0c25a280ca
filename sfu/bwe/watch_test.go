package bwe

import (
	"testing"
	"time"
)

// watched lets a flow go on over a link, and watches over it from the receiver. It returns what was found, and when.
func watched(seed uint64, l link, before, after time.Duration, change func(*link)) (rates []int, at time.Duration) {
	var w Watch
	f := newFlow(0, func(int) int { return 1_200_000 })
	f.mute = true
	n := newNetwork(seed, l, f)
	sent := make(map[uint16]time.Duration)
	const offset = 7 * time.Hour // between the two clocks
	run := func(d time.Duration) {
		for end := n.now + d; n.now < end; n.now += step {
			first := f.seq
			f.media(&n.link, n.now)
			for seq := first; seq != f.seq; seq++ {
				sent[seq] = n.now
			}
			for _, p := range n.link.pass(n.now) {
				if rate := w.Received(sent[p.seq]+offset, n.now, p.size); rate > 0 {
					rates = append(rates, rate)
					if at == 0 {
						at = n.now
					}
				}
			}
		}
	}
	run(before)
	start := n.now
	change(&n.link)
	run(after)
	return rates, at - start
}

// [after 0.07 to 0.13 s, at 494 to 508 kbit/s; at 300 kbit/s after 0.15]
func TestACutOfAnUplinkIsSeen(t *testing.T) {
	for _, rate := range []int{300_000, 500_000, 800_000} {
		each(t, func(t *testing.T, seed uint64) {
			l := link{rate: 10_000_000, delay: near, queue: 300 * time.Millisecond}
			before := 10*time.Second + time.Duration(seed)*7*time.Millisecond
			rates, at := watched(seed, l, before, time.Second, func(l *link) { l.rate = rate })
			t.Logf("%d kbit/s: %v after %v", rate/1000, rates, at)
			if len(rates) == 0 || at < 0 || at > 250*time.Millisecond || rates[0] < rate*8/10 || rates[0] > rate*12/10 {
				t.Error("too late, or wrong")
			}
		})
	}
}

func TestASteadyUplinkIsLeftAlone(t *testing.T) {
	for name, l := range map[string]link{
		"roomy":       {rate: 10_000_000, delay: near},
		"just enough": {rate: 1_600_000, delay: near},
		"loss":        {rate: 5_000_000, delay: near, loss: 0.05},
		"jitter":      {rate: 5_000_000, delay: far, jitter: 30 * time.Millisecond, order: true},
		"disorder":    {rate: 5_000_000, delay: far, jitter: 30 * time.Millisecond},
		"longer":      {rate: 5_000_000, delay: near},
	} {
		each(t, func(t *testing.T, seed uint64) {
			rates, _ := watched(seed, l, 30*time.Second, 30*time.Second, func(l *link) {
				if name == "longer" {
					l.delay = far
				}
			})
			if len(rates) > 0 {
				t.Errorf("%s: found %v", name, rates)
			}
		})
	}
}
