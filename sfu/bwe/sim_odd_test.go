package bwe

import (
	"testing"
	"time"
)

// Links and clients that are less usual than those of sim_test.go.

// The initial estimate is five times too much. [after 15 s the lowest layer stays: 145 kbit/s received
// of 154, no loss]
func TestSlowLink(t *testing.T) {
	each(t, func(t *testing.T, seed uint64) {
		f := newFlow(1_600_000, layers(100_000, 450_000, 1_400_000))
		n := newNetwork(seed, link{rate: 200_000, delay: near}, f)
		n.run(15*time.Second, nil)
		m := n.measure(f, 60*time.Second)
		logf(t, "200 kbit/s", m)
		if m.rate < 120_000 || m.loss > 0.02 {
			t.Error("the lowest layer does not stay")
		}
	})
}

// [8 Mbit/s after 0.7 s, 9.3 received]
func TestFastLink(t *testing.T) {
	f := newFlow(12_000_000, greedy)
	n := newNetwork(1, link{rate: 10_000_000, delay: near}, f)
	took := n.until(f, 10*time.Second, func(e int) bool { return e > 8_000_000 })
	m := n.measure(f, 30*time.Second)
	logf(t, "10 Mbit/s", m)
	t.Logf("80 %% after %v", took)
	if took > 3*time.Second || m.rate < 8_000_000 || m.loss > 0.02 {
		t.Error("too slow, too little, or too lossy")
	}
}

// A policer has no queue, so only loss tells; and it lets a burst pass, so probes lie. [8 % lost in the first 30 s, 5 %
// in the minute after, 4 % in the third]
func TestPolicer(t *testing.T) {
	f := newFlow(1_700_000, greedy)
	n := newNetwork(1, link{rate: 500_000, delay: near, burst: 15_000}, f)
	logf(t, "policer, first", n.measure(f, 30*time.Second))
	logf(t, "policer, then", n.measure(f, time.Minute))
	m := n.measure(f, time.Minute)
	logf(t, "policer, at last", m)
	if m.rate < 380_000 || m.loss > 0.08 {
		t.Error("too little, or too lossy")
	}
}

// A cut on a path that loses packets anyway. [below it after 0.6 s, back after
// 12 s, nine times in ten after 7.2 s]
func TestCutWithRandomLoss(t *testing.T) {
	each(t, func(t *testing.T, seed uint64) {
		f := newFlow(1_600_000, layers(150_000, 450_000, 1_400_000))
		n := newNetwork(seed, link{rate: 2_000_000, delay: near, loss: 0.05}, f)
		n.run(20*time.Second, nil)
		n.link.rate = 500_000
		down := n.until(f, 10*time.Second, func(e int) bool { return e < 600_000 })
		n.run(20*time.Second, nil)
		n.link.rate = 2_000_000
		up := n.until(f, 30*time.Second, func(e int) bool { return e >= 1_440_000 })
		t.Logf("down after %v, back after %v", down, up)
		if down > 3*time.Second || up > 15*time.Second {
			t.Error("too slow")
		}
	})
}

// Others send a constant 1.5 Mbit/s over the same 2.5. [the layer of 450 kbit/s stays, no loss]
func TestCrossTraffic(t *testing.T) {
	cross := newFlow(0, func(int) int { return 1_500_000 })
	cross.mute = true
	f := newFlow(1_700_000, layers(150_000, 450_000, 1_400_000))
	n := newNetwork(1, link{rate: 2_500_000, delay: near}, cross, f)
	n.run(5*time.Second, nil)
	m := n.measure(f, 20*time.Second)
	logf(t, "beside it", m)
	if m.rate < 400_000 || m.loss > 0.02 {
		t.Error("too little, or too lossy")
	}
	cross.app = func(int) int { return 0 }
	if took := n.until(f, 20*time.Second, func(e int) bool { return e > 1_500_000 }); took > 10*time.Second {
		t.Errorf("alone again: takes %v", took)
	}
	cross.app = func(int) int { return 1_500_000 }
	if took := n.until(f, 20*time.Second, func(e int) bool { return e < 1_400_000 }); took > 2*time.Second {
		t.Errorf("not alone any more: takes %v", took)
	}
}

// Without padding (no stream that could carry it) the estimate still grows with what is sent.
func TestNoPadding(t *testing.T) {
	f := newFlow(1_700_000, limited(1_400_000))
	f.noPadding = true
	n := newNetwork(1, link{rate: 2_000_000, delay: near}, f)
	if took := n.until(f, 30*time.Second, func(e int) bool { return e > 1_450_000 }); took > 10*time.Second {
		t.Errorf("takes %v", took)
	}
}

// A client that takes everything and says nothing. [300 kbit/s after 3.8 s]
func TestNoFeedback(t *testing.T) {
	f := newFlow(5_000_000, greedy)
	f.mute = true
	n := newNetwork(1, link{rate: 2_000_000, delay: near}, f)
	took := n.until(f, 20*time.Second, func(e int) bool { return e == DefaultSilent })
	m := n.measure(f, 30*time.Second)
	t.Logf("after %v", took)
	if took > 5*time.Second || m.least != DefaultSilent || m.most != DefaultSilent || f.prober.Sent > 0 {
		t.Errorf("after %v: %+v, %d probes", took, m, f.prober.Sent)
	}
}

// What probes cost on a link that never has more to give. [3.4 % of what is sent]
func TestProbesAreCheap(t *testing.T) {
	f := newFlow(5_000_000, layers(450_000, 1_400_000))
	n := newNetwork(1, link{rate: 800_000, delay: near}, f)
	n.run(10*time.Second, nil)
	bytes, padding := f.bytes, f.prober.Padding
	m := n.measure(f, 5*time.Minute)
	share := float64(f.prober.Padding-padding) / float64(f.bytes-bytes)
	logf(t, "probed in vain", m)
	t.Logf("padding is %.1f %%, %d probes", 100*share, f.prober.Sent)
	if share > probeShare || m.loss > 0.02 || m.rate < 450_000 {
		t.Error("probes cost too much")
	}
}

// Nothing is sent for a minute, as when nobody is in the view. What is known stays known.
func TestPause(t *testing.T) {
	paused := false
	f := newFlow(1_500_000, func(estimate int) int {
		if paused {
			return 0
		}
		return limited(1_500_000)(estimate)
	})
	n := newNetwork(1, link{rate: 2_000_000, delay: near}, f)
	n.run(20*time.Second, nil)
	before := f.Estimate()
	paused = true
	f.audio = n.now + time.Minute // silence, too
	n.run(time.Minute, nil)
	paused = false
	m := n.measure(f, 10*time.Second)
	logf(t, "after the pause", m)
	if m.least < before*8/10 {
		t.Errorf("was %d before", before)
	}
}
