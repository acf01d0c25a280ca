package bwe

import (
	"testing"
	"time"
)

func TestSteadyLink(t *testing.T) {
	f := newFlow(Config{}, greedy)
	f.SetGoal(20_000_000, 20_000_000)
	n := newNetwork(link{rate: 2_000_000, delay: 25 * time.Millisecond}, f)
	took := n.until(f, 10*time.Second, func(e int) bool { return e >= 1_600_000 })
	t.Logf("80 %% after %v", took)
	logf(t, "first", n.measure(f, 5*time.Second))
	m := n.measure(f, 60*time.Second)
	logf(t, "steady", m)
	if took > 5*time.Second || m.rate < 1_600_000 || m.loss > 0.02 {
		t.Error("too slow, too little, or too lossy")
	}
}

func TestCutAndRecovery(t *testing.T) {
	const want = 1_500_000
	for _, app := range []struct {
		name string
		app  func(int) int
	}{{"limited", limited(want)}, {"layers", layers(150_000, 450_000, 1_400_000)}} {
		f := newFlow(Config{}, app.app)
		f.SetGoal(want, want)
		n := newNetwork(link{rate: 2_000_000, delay: 25 * time.Millisecond}, f)
		t.Logf("%s: wanted at first after %v", app.name, n.until(f, 20*time.Second, func(e int) bool { return e >= want }))
		n.run(20*time.Second, nil)
		n.link.rate = 500_000
		down := n.until(f, 20*time.Second, func(e int) bool { return e < 500_000 })
		logf(t, app.name+" cut begins", n.measure(f, 3*time.Second))
		m := n.measure(f, 20*time.Second)
		logf(t, app.name+" cut", m)
		n.link.rate = 2_000_000
		up := n.until(f, 30*time.Second, func(e int) bool { return e >= want*9/10 })
		t.Logf("%s: below the cut after %v, back after %v, probes %d, padding %d bytes", app.name, down, up, f.prober.Sent, f.prober.Padding)
		if down > 2*time.Second || up > 10*time.Second || m.loss > 0.02 {
			t.Error("too slow, or too lossy")
		}
	}
}

func TestRandomLoss(t *testing.T) {
	for _, loss := range []float64{0.05, 0.1, 0.15} {
		f := newFlow(Config{}, greedy)
		f.SetGoal(20_000_000, 20_000_000)
		n := newNetwork(link{rate: 2_000_000, delay: 25 * time.Millisecond, loss: loss}, f)
		logf(t, "first", n.measure(f, 10*time.Second))
		m := n.measure(f, 60*time.Second)
		logf(t, "random loss", m)
		if m.mean < 1_400_000 {
			t.Error("random loss is taken for congestion")
		}
	}
}

func TestJitter(t *testing.T) {
	for _, order := range []bool{true, false} {
		f := newFlow(Config{}, limited(1_500_000))
		f.SetGoal(1_500_000, 1_500_000)
		n := newNetwork(link{rate: 2_000_000, delay: 150 * time.Millisecond, jitter: 30 * time.Millisecond, order: order}, f)
		logf(t, "first", n.measure(f, 10*time.Second))
		m := n.measure(f, 60*time.Second)
		logf(t, "jitter", m)
		if m.least < 1_000_000 || m.mean < 1_400_000 {
			t.Error("collapsed")
		}
	}
}

func TestOutage(t *testing.T) {
	f := newFlow(Config{}, limited(1_500_000))
	f.SetGoal(1_500_000, 1_500_000)
	n := newNetwork(link{rate: 2_000_000, delay: 25 * time.Millisecond}, f)
	n.run(20*time.Second, nil)
	n.link.rate = 0
	n.run(5*time.Second, nil)
	during := f.Estimate()
	n.link.rate = 2_000_000
	took := n.until(f, 20*time.Second, func(e int) bool { return e >= 1_350_000 })
	t.Logf("estimate at the end of the outage %d kbit/s, 90 %% after %v", during/1000, took)
	if during > 500_000 || took > 10*time.Second {
		t.Error("outage")
	}
}

func TestApplicationLimited(t *testing.T) {
	f := newFlow(Config{}, limited(250_000))
	n := newNetwork(link{rate: 3_000_000, delay: 25 * time.Millisecond}, f)
	m := n.measure(f, 60*time.Second)
	logf(t, "limited to 300", m)
	before := f.Estimate()
	n.link.rate = 100_000
	n.run(300*time.Millisecond, nil)
	n.link.rate = 3_000_000
	spike := n.measure(f, 5*time.Second)
	logf(t, "one spike", spike)
	if m.most > 1_000_000 || spike.least < before/2 {
		t.Error("grew or collapsed")
	}
}

func TestFeedbackLoss(t *testing.T) {
	f := newFlow(Config{}, limited(1_500_000))
	f.SetGoal(1_500_000, 1_500_000)
	f.feedbackLoss = 0.2
	n := newNetwork(link{rate: 2_000_000, delay: 25 * time.Millisecond}, f)
	logf(t, "first", n.measure(f, 10*time.Second))
	m := n.measure(f, 60*time.Second)
	logf(t, "20 % of reports lost", m)
	if m.mean < 1_350_000 || m.least < 1_000_000 {
		t.Error("lost reports are taken for congestion")
	}
}

func TestTwoFlowsShare(t *testing.T) {
	a, b := newFlow(Config{}, greedy), newFlow(Config{}, greedy)
	n := newNetwork(link{rate: 3_000_000, delay: 25 * time.Millisecond}, a, b)
	b.app = func(int) int { return 0 }
	n.run(20*time.Second, nil)
	b.app = greedy
	n.run(30*time.Second, nil)
	x, y := a.bytes, b.bytes
	m := n.measure(a, 60*time.Second)
	logf(t, "one of two", m)
	x, y = a.bytes-x, b.bytes-y
	t.Logf("shares %.2f : 1, together %d kbit/s", float64(x)/float64(y), (x+y)*8/60/1000)
	if x > 3*y || y > 3*x || x+y < 3_000_000/8*60*6/10 {
		t.Error("unfair, or too little")
	}
}

func TestNoFeedback(t *testing.T) {
	f := newFlow(Config{}, greedy)
	f.mute = true
	n := newNetwork(link{rate: 2_000_000, delay: 25 * time.Millisecond}, f)
	took := n.until(f, 20*time.Second, func(e int) bool { return e == DefaultSilent })
	m := n.measure(f, 30*time.Second)
	logf(t, "silent", m)
	if took > 5*time.Second || m.least != DefaultSilent || m.most != DefaultSilent || f.prober.Sent > 0 {
		t.Errorf("after %v", took)
	}
}
