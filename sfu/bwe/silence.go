package bwe

import (
	"math"
	"time"
)

const (
	// silence is for how long, on top of three round trips, transport-wide reports may stay away while packets are
	// sent; Chromium makes one every 50 to 250 ms. Before the first report of any kind it is silenceAtFirst, and for
	// clients with other reports silenceOthers: RFC 3550 section 6.2 lets them wait five seconds.
	silence        = time.Second
	silenceAtFirst = 2 * time.Second
	silenceOthers  = 6 * time.Second
	// silencePackets must have been sent in that time: who gets next to nothing has next to nothing to report.
	silencePackets = 10
	// silenceFactor is what is left of the estimate after each second more.
	silenceFactor = 0.5
)

// patience is for how long reports may stay away.
func (e *Estimator) patience() time.Duration {
	switch e.mode {
	case TransportWide:
		return silence + 3*e.rtt
	case Unknown:
		return silenceAtFirst
	default:
		return silenceOthers
	}
}

// Process lets time pass; call it every 50 to 100 ms. Nothing else happens while no report comes: a client that takes
// packets and says nothing is halved every second down to Config.Silent, so that neither a dead path nor a client
// without feedback is anybody else's problem.
func (e *Estimator) Process(now time.Duration) {
	if !e.silent(now) {
		e.faded = now
		return
	}
	floor := float64(e.cfg.Silent)
	if e.aimd.estimate > floor {
		e.aimd.estimate = max(floor, e.aimd.estimate*math.Pow(silenceFactor, (now-e.faded).Seconds()))
	}
	e.faded = now
}

// silent says that reports are overdue.
func (e *Estimator) silent(now time.Duration) bool {
	return e.sent.started && e.unheard >= silencePackets && now-e.heard > e.patience()
}

// hear notes that the client reported something. What was lost in a silence was lost with the path: it says nothing
// about the rate, and the delays begin anew.
func (e *Estimator) hear(now time.Duration) {
	if e.silent(now) && e.mode == TransportWide {
		e.returned = now - e.responseRTT()/2
		e.restartDelays()
		e.loss.reset(now)
	}
	e.heard, e.unheard = now, 0
}
