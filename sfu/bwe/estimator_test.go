package bwe

import (
	"math"
	"testing"
	"time"
)

// feed sends packets at a rate for some time and calls report every second.
func feed(c *Controller, from, d time.Duration, bps int, report func(now time.Duration)) time.Duration {
	const size = 1000
	every := time.Duration(size * 8 * int64(time.Second) / int64(bps))
	next, second := from, from+time.Second
	for now := from; now < from+d; now += 5 * time.Millisecond {
		for ; next <= now; next += every {
			c.SentUnnumbered(size, next)
		}
		if now >= second {
			second += time.Second
			report(now)
		}
		c.Process(now)
	}
	return from + d
}

func TestREMB(t *testing.T) {
	c := NewController(Config{})
	now := feed(c, 0, 3*time.Second, 700_000, func(now time.Duration) { c.REMB(700_000, now) })
	if got := c.Estimate(); got != 700_000 {
		t.Errorf("estimate %d", got)
	}
	c.REMB(1, now)
	if got := c.Estimate(); got != DefaultMin {
		t.Errorf("estimate %d for a client that claims nothing", got)
	}
	c.REMB(math.MaxInt, now)
	if got := c.Estimate(); got != DefaultMax {
		t.Errorf("estimate %d for a client that claims everything", got)
	}
	c.REMB(2_000_000, now)
	now = feed(c, now, silenceOthers-time.Second, 700_000, func(time.Duration) {})
	if got := c.Estimate(); got != 2_000_000 {
		t.Errorf("estimate %d a few seconds after the last report", got)
	}
	feed(c, now, 5*time.Second, 700_000, func(time.Duration) {})
	if got := c.Estimate(); got != DefaultSilent {
		t.Errorf("estimate %d ten seconds after the last report", got)
	}
}

func TestREMBWithLoss(t *testing.T) {
	c := NewController(Config{})
	feed(c, 0, 10*time.Second, 700_000, func(now time.Duration) {
		c.REMB(1_000_000, now)
		c.ReceptionReport(0.4, 50*time.Millisecond, now)
	})
	if got := c.Estimate(); got > 500_000 {
		t.Errorf("estimate %d with 40 %% lost", got)
	}
}

func TestTransportWideFeedbackWins(t *testing.T) {
	f := newFlow(0, limited(500_000))
	n := newNetwork(1, link{rate: 2_000_000, delay: near}, f)
	n.run(2*time.Second, nil)
	before := f.Estimate()
	f.REMB(80_000, n.now)
	f.ReceptionReport(1, 0, n.now)
	if got := f.Estimate(); got != before || f.Snapshot(n.now).Mode != TransportWide {
		t.Errorf("estimate %d, was %d", got, before)
	}
}

// A client with neither transport-wide feedback nor REMB still tells its loss.
func TestReceptionReportsAlone(t *testing.T) {
	c := NewController(Config{})
	now := feed(c, 0, 20*time.Second, 1_000_000, func(now time.Duration) { c.ReceptionReport(0, 50*time.Millisecond, now) })
	if got := c.Estimate(); got < 1_400_000 || got > 1_600_000 {
		t.Errorf("estimate %d with nothing lost of 1 Mbit/s", got)
	}
	feed(c, now, 10*time.Second, 1_000_000, func(now time.Duration) { c.ReceptionReport(0.5, 50*time.Millisecond, now) })
	if got := c.Estimate(); got > 600_000 {
		t.Errorf("estimate %d with half of it lost", got)
	}
	for _, lost := range []float64{-1, 7, math.NaN(), math.Inf(1)} {
		c.ReceptionReport(lost, -time.Second, now)
		if got := c.Estimate(); got < DefaultMin || got > DefaultMax {
			t.Errorf("estimate %d after a report of %v lost", got, lost)
		}
	}
}

// Whatever is lost, the operator's minimum stays.
func TestMinimum(t *testing.T) {
	c := NewController(Config{Min: 120_000, Initial: 400_000, Max: 900_000})
	now := time.Duration(0)
	for seq := int64(0); now < 30*time.Second; seq += 20 {
		arrivals := []arrival{{seq, now}}
		for i := range int64(20) {
			c.Sent(uint16(seq+i), 1000, Media, now)
			now += 5 * time.Millisecond
		}
		arrivals = append(arrivals, arrival{seq + 19, now + time.Duration(seq)*time.Millisecond}) // 90 % lost, later and later
		if err := c.Feedback(encodeReport(seq, arrivals, 1), now); err != nil {
			t.Fatal(err)
		}
		c.Process(now)
	}
	if got := c.Estimate(); got != 120_000 {
		t.Errorf("estimate %d", got)
	}
}

// A client that says everything arrives at once gets no more than the operator allows, and probes end.
func TestClientThatPraisesThePath(t *testing.T) {
	f := newFlow(1_000_000_000, greedy)
	n := newNetwork(1, link{rate: 100_000_000, delay: time.Millisecond}, f)
	m := n.measure(f, 20*time.Second)
	logf(t, "praise", m)
	if m.most > DefaultMax {
		t.Errorf("estimate %d", m.most)
	}
	probes := f.prober.Sent
	n.run(20*time.Second, nil)
	if f.prober.Sent != probes {
		t.Errorf("%d probes at the maximum", f.prober.Sent-probes)
	}
}

// The client's clock jumps: sleep, or a lie.
func TestClockJumps(t *testing.T) {
	c := NewController(Config{})
	now, theirs := time.Duration(0), time.Hour
	for seq := int64(0); seq < 20_000; seq += 20 {
		if seq%2000 == 0 {
			theirs += time.Duration(seq%4000-1000) * time.Second
		}
		arrivals := make([]arrival, 0, 20)
		for i := range int64(20) {
			c.Sent(uint16(seq+i), 1000, Media, now)
			arrivals = append(arrivals, arrival{seq + i, now + theirs})
			now += 8 * time.Millisecond
		}
		if err := c.Feedback(encodeReport(seq, arrivals, 0), now+20*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		c.Process(now)
	}
	if got := c.Estimate(); got < 900_000 {
		t.Errorf("estimate %d of 1 Mbit/s", got)
	}
}

func TestConfigDefaults(t *testing.T) {
	if got := (Config{}).withDefaults(); got != (Config{DefaultInitial, DefaultMin, DefaultMax, DefaultSilent}) {
		t.Errorf("%+v", got)
	}
	if got := (Config{Min: 2_000_000, Max: 500_000}).withDefaults(); got != (Config{2_000_000, 2_000_000, 2_000_000, 2_000_000}) {
		t.Errorf("%+v", got)
	}
}
