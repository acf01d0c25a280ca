package bwe

import (
	"testing"
	"time"
)

// probe sends one cluster of packets of 1000 bytes, a packet every gap, of which each arrives after spread times gap.
func probe(packets int, gap time.Duration, spread float64, lost ...int) *cluster {
	c := &cluster{id: 1, rate: 1_000_000, length: probeTime}
	for i := range packets {
		c.noteSent(1000)
		r := Result{Sent: time.Duration(i) * gap, Arrival: time.Duration(float64(i) * float64(gap) * spread), Size: 1000, Probe: 1, Status: Received, Before: InFlight}
		for _, l := range lost {
			if l == i {
				r.Status = Lost
			}
		}
		c.note(&r)
	}
	return c
}

func TestClusterResult(t *testing.T) {
	const gap = 4 * time.Millisecond // 2 Mbit/s
	for _, tt := range []struct {
		name     string
		c        *cluster
		rate     int
		full, ok bool
	}{
		{"the path carries it", probe(10, gap, 1), 2_000_000, false, true},
		{"the path carries half", probe(10, gap, 2), 950_000, true, true},
		{"a little faster than sent", probe(10, gap, 0.8), 2_000_000, false, true},
		{"held back and then all at once", probe(10, gap, 0.1), 0, false, false},
		{"all in the same moment", probe(10, 0, 1), 0, false, false},
		{"too few", probe(4, gap, 1), 0, false, false},
		{"too many lost", probe(10, gap, 1, 2, 3, 5), 0, false, false},
		{"some lost", probe(10, gap, 1, 3), 1_777_777, false, true},
		{"nothing arrived", probe(5, gap, 1, 0, 1, 2, 3, 4), 0, false, false},
	} {
		rate, full, ok := tt.c.result()
		if rate != tt.rate || full != tt.full || ok != tt.ok {
			t.Errorf("%s: %d, %v, %v", tt.name, rate, full, ok)
		}
	}
}

func TestNobodyProbesForNothing(t *testing.T) {
	var p Prober
	quiet := Conditions{Estimate: 1_000_000, Quiet: true, Max: DefaultMax}
	for _, tt := range []struct {
		name       string
		next, full int
		c          Conditions
		want       bool
	}{
		{"no goal", 0, 0, quiet, false},
		{"goal reached", 900_000, 900_000, quiet, false},
		{"congestion", 2_000_000, 2_000_000, Conditions{Estimate: 1_000_000, Max: DefaultMax}, false},
		{"at the maximum", 3_000_000, 3_000_000, Conditions{Estimate: 1_000_000, Quiet: true, Max: 1_000_000}, false},
		{"goal", 2_000_000, 2_000_000, quiet, true},
	} {
		p = Prober{}
		p.SetGoal(tt.next, tt.full)
		p.Process(tt.c, time.Second)
		if p.Active() != tt.want {
			t.Errorf("%s: %v", tt.name, p.Active())
		}
	}
}

func TestPaddingIsPaced(t *testing.T) {
	var p Prober
	p.SetGoal(4_000_000, 4_000_000)
	p.Process(Conditions{Estimate: 1_000_000, Quiet: true, Max: DefaultMax}, 0)
	total := 0
	now := time.Duration(0)
	for ; p.Active() && now < time.Second; now += 5 * time.Millisecond {
		bytes, id := p.PaddingNow(now)
		if bytes > 2_000_000/8/200+300 { // 5 ms of twice the estimate, and what begins
			t.Errorf("%d bytes at once", bytes)
		}
		if bytes > 0 {
			total += bytes
			p.OnSent(bytes, Padding, id, now)
		}
	}
	if total < 10_000 || total > 11_000 || now > 60*time.Millisecond {
		t.Errorf("%d bytes in %v, 10000 in 40 ms were due", total, now)
	}
}

// A sender that does not send ends the probe, and the next one waits.
func TestProbeOfIdleSender(t *testing.T) {
	var p Prober
	p.SetGoal(4_000_000, 4_000_000)
	c := Conditions{Estimate: 1_000_000, Quiet: true, Max: DefaultMax}
	begun := 0
	for now := time.Duration(0); now < 21*time.Second; now += 20 * time.Millisecond {
		p.Process(c, now)
		p.PaddingNow(now)
		begun = p.Sent
	}
	if begun < 3 || begun > 5 {
		t.Errorf("%d probes in 21 s", begun)
	}
}

// Padding is bounded, even if every probe succeeds and the goal moves away.
func TestPaddingIsBounded(t *testing.T) {
	var p Prober
	c := Conditions{Estimate: 1_000_000, Quiet: true, Max: DefaultMax}
	p.SetGoal(10_000_000, 10_000_000)
	now := time.Duration(0)
	for ; now < time.Minute; now += 5 * time.Millisecond {
		p.Process(c, now)
		if bytes, id := p.PaddingNow(now); bytes > 0 {
			p.OnSent(bytes, Padding, id, now)
		}
		if w := &p.waiting; w.id != 0 { // reported at once
			results := []Result{}
			for i := range w.packets {
				at := time.Duration(i) * time.Millisecond
				results = append(results, Result{Sent: at, Arrival: at, Size: 1000, Probe: w.id, Status: Received, Before: InFlight})
			}
			p.OnResults(results, now)
		}
	}
	most := probeSavings + int(probeShare*float64(c.Estimate)/8*now.Seconds())
	t.Logf("%d probes, %d bytes of padding, %d allowed", p.Sent, p.Padding, most)
	if p.Padding > most+20_000 || p.Sent < 10 {
		t.Errorf("%d bytes of padding in %d probes, %d allowed", p.Padding, p.Sent, most)
	}
}
