package bwe

import "time"

const (
	// A probe asks for so many times the estimate at most, and a little more than the goal. Of a path that was full the
	// last time it asks for less, to fill less of its queue.
	probeFactor     = 2
	probeFactorFull = 1.5
	probeAbove      = 1.1
	// probeEvery is how often a path that did not carry more is asked again, and probeAfter how long after congestion.
	probeEvery = 5 * time.Second
	probeAfter = 2 * time.Second
	// A path that carries a probe, and not what is sent because of it within probeRegret, has only a burst to give, as
	// policers do. It is asked more and more rarely, up to every probeRarest; one that bears it is asked as before.
	probeRegret = 3 * time.Second
	probeRarest = 7 * time.Second
	probeNext   = 50 * time.Millisecond // after one that succeeded

	// All padding together is bounded by a share of the estimate, of which so much may be saved up (bytes).
	probeShare   = 0.08
	probeSavings = 64 << 10
)

// Prober decides when to send more than the media needs, to find out whether the path would carry it. Nobody probes for
// what nobody wants: without a goal there are no probes. The zero value is ready.
type Prober struct {
	next, full int // bits per second: of the next step, of everything wanted
	lastID     uint16
	active     cluster // id 0: none
	waiting    cluster // sent, not yet told of; id 0: none
	due        time.Duration
	failed     bool          // the last probe found the path full
	succeeded  time.Duration // when the last one showed the rate asked for; 0 never, or judged already
	wait       time.Duration // after regret
	savings    float64
	saved      time.Duration
	began      bool

	Sent      int // probes begun
	Succeeded int // probes that showed the rate asked for
	Padding   int // bytes
}

// SetGoal says for what estimate the allocator would take its next step up (0: it has all it wants), and what everything
// that is wanted needs.
func (p *Prober) SetGoal(next, full int) {
	p.next, p.full = next, max(next, full)
}

// Active says that a probe is going on and PaddingNow should be asked every few milliseconds.
func (p *Prober) Active() bool { return p.active.id != 0 }

// Cluster is the probe that a packet sent now belongs to; 0 for none.
func (p *Prober) Cluster() uint16 {
	if !p.active.started {
		return 0
	}
	return p.active.id
}

// PaddingNow is how many bytes should be sent now, on top of the media, and the probe they belong to; 0 for none. Send
// whole packets, of any size, until so much is sent; the last one may exceed it.
func (p *Prober) PaddingNow(now time.Duration) (bytes int, id uint16) {
	if !p.Active() {
		return 0, 0
	}
	if p.finish(now) {
		return 0, 0
	}
	return max(p.active.due(now), 0), p.active.id
}

// OnSent notes a packet sent.
func (p *Prober) OnSent(size int, kind Kind, probe uint16, now time.Duration) {
	if kind == Padding {
		p.Padding += size
		p.savings -= float64(size)
	}
	if probe == 0 || probe != p.active.id {
		return
	}
	p.active.noteSent(size)
	p.finish(now)
}

// finish ends the probe that goes on when it is complete, or has taken too long.
func (p *Prober) finish(now time.Duration) bool {
	c := &p.active
	switch {
	case c.complete(now):
		c.ended, c.closed = now, true
		p.waiting, p.active = *c, cluster{}
	case c.overdue(now):
		p.active = cluster{}
		p.due = now + probeEvery
	default:
		return false
	}
	return true
}

// Conditions is what the Prober must know of the Estimator to begin a probe.
type Conditions struct {
	Estimate int           // bits per second
	RTT      time.Duration // 0 unknown
	Jitter   time.Duration
	Quiet    bool // no congestion, no standing queue, reports come
	Max      int  // bits per second
}

// Process begins a probe if it is time for one, and gives up one that nobody reports on.
func (p *Prober) Process(c Conditions, now time.Duration) {
	p.save(c.Estimate, now)
	if p.succeeded > 0 && now-p.succeeded > probeRegret {
		p.succeeded, p.wait = 0, 0
	}
	if p.Active() {
		p.finish(now)
		return
	}
	if p.waiting.id != 0 {
		if now-p.waiting.ended < c.RTT+probePatience {
			return
		}
		p.waiting = cluster{}
		p.due = now + probeAfter
	}
	if now < p.due || !c.Quiet || p.next <= c.Estimate || c.Estimate >= c.Max {
		return
	}
	rate := p.rate(c)
	probe := cluster{rate: rate, length: min(probeTime+probeJitter*c.Jitter, probeMost)}
	if p.savings < float64(probe.bytes(probe.length)) {
		return
	}
	p.lastID++
	p.lastID = max(p.lastID, 1)
	probe.id = p.lastID
	p.active = probe
	p.Sent++
}

// rate is what to ask for: all that is wanted, within bounds; after a failure no more than the next step.
func (p *Prober) rate(c Conditions) int {
	goal, factor := p.full, float64(probeFactor)
	if p.failed {
		goal, factor = p.next, probeFactorFull
	}
	return min(int(probeAbove*float64(goal)), int(factor*float64(c.Estimate)), c.Max)
}

func (p *Prober) save(estimate int, now time.Duration) {
	if !p.began {
		p.began, p.savings, p.saved = true, probeSavings, now
	}
	p.savings = min(p.savings+probeShare*float64(estimate)/8*(now-p.saved).Seconds(), probeSavings)
	p.saved = now
}

// OnResults takes in one report. ok tells that a probe was judged by it: rate arrived.
func (p *Prober) OnResults(results []Result, now time.Duration) (rate int, ok bool) {
	w := &p.waiting
	for i := range results {
		switch r := &results[i]; {
		case r.Probe == 0:
		case r.Probe == w.id:
			w.note(r)
		case r.Probe == p.active.id:
			p.active.note(r)
		}
	}
	if w.id == 0 || w.told < w.packets {
		return 0, false
	}
	rate, full, ok := w.result()
	p.failed = !ok || full
	p.due = now + probeEvery
	if ok && !full {
		p.Succeeded++
		p.succeeded = now
		p.due = now + probeNext
		if p.wait > 0 { // not to be believed too soon again
			p.due, p.failed = now+probeRegret, true
		}
	}
	*w = cluster{}
	return rate, ok
}

// Congested says that the estimate was lowered: the next probe waits until the path has recovered.
func (p *Prober) Congested(now time.Duration) {
	wait := probeAfter
	if p.succeeded > 0 {
		p.wait = min(max(2*p.wait, probeEvery), probeRarest)
		wait, p.succeeded, p.failed = p.wait, 0, true
	}
	p.due = max(p.due, now+wait)
	if !p.active.started {
		p.active = cluster{}
	}
}

// Returned says that the client reports again after a silence: what it can take is to be found out anew.
func (p *Prober) Returned(now time.Duration) {
	p.active, p.waiting = cluster{}, cluster{}
	p.failed = false
	p.due = now + 2*probeNext
}
