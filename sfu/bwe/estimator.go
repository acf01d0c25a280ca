package bwe

import (
	"math"
	"time"
)

// Estimator turns reports into an estimate. Make it with NewEstimator.
type Estimator struct {
	cfg Config

	groups  grouper
	trend   trend
	queue   queue
	acked   rateMeter // by the client's clock
	offered rateMeter // the same packets, by ours
	sent    rateMeter // all packets
	aimd    aimd
	loss    lossControl

	rtt      time.Duration // smoothed; 0 unknown
	mode     Mode
	remb     float64
	heard    time.Duration // last report, or first packet
	unheard  int           // packets since
	faded    time.Duration // up to when silence has been accounted for
	returned time.Duration // packets sent before were sent into silence
	decrease time.Duration // last decrease
	lowered  bool
}

// Mode is what the estimate rests on.
type Mode uint8

// Modes, the best last. A client never goes back.
const (
	Unknown       Mode = iota // no report yet
	ReceptionOnly             // loss in reception reports
	REMB                      // the client's own estimate and loss
	TransportWide
)

var modeNames = [...]string{"unknown", "reception", "remb", "transport-wide"}

func (m Mode) String() string { return modeNames[m] }

// NewEstimator makes an Estimator that says Config.Initial.
func NewEstimator(cfg Config) *Estimator {
	cfg = cfg.withDefaults()
	return &Estimator{cfg: cfg, aimd: aimd{estimate: float64(cfg.Initial)}}
}

// Estimate is what the client can receive, in bits per second, between Config.Min and Config.Max.
func (e *Estimator) Estimate() int {
	rate := e.loss.limit(e.aimd.estimate)
	if e.mode == REMB && e.remb > 0 {
		rate = min(rate, e.remb)
	}
	return int(min(max(rate, float64(e.cfg.Min)), float64(e.cfg.Max)))
}

// OnSent notes that a packet of so many bytes is sent.
func (e *Estimator) OnSent(size int, now time.Duration) {
	if !e.sent.started {
		e.heard, e.faded = now, now
	}
	e.sent.add(now, size)
	e.unheard++
}

// OnResults takes in one transport-wide report.
func (e *Estimator) OnResults(results []Result, now time.Duration) {
	if len(results) == 0 {
		return
	}
	e.mode = TransportWide
	e.hear(now)
	e.measure(results, now)
	p := path{usage: e.usage(now), acked: e.acked.bps(), offered: e.offered.bps(), rtt: e.responseRTT()}
	if e.aimd.update(p, now) {
		e.decrease, e.lowered = now, true
	}
	before := e.loss.limit(e.aimd.estimate)
	e.loss.update(e.aimd.estimate, p.acked, p.rtt, now)
	if e.loss.limit(e.aimd.estimate) < before {
		e.decrease, e.lowered = now, true
	}
	e.clamp()
}

const (
	// leastQueue must stand for the trend of the delays to be believed.
	leastQueue = 15 * time.Millisecond
	// fullQueue is congestion while it does not shrink, whatever the trend: whoever sends much notices the trend last,
	// so those who send little would give way to it until nothing is left of them. It is only as hard as it must be,
	// for traffic of others that keeps a queue full.
	fullQueue      = 30 * time.Millisecond
	fullQueueEvery = 2 * time.Second
)

// usage weighs the trend of the delays against the queue.
func (e *Estimator) usage(now time.Duration) Usage {
	switch q := e.queue.standing(); {
	case e.trend.usage != Overuse && q >= fullQueue && e.trend.slope > 0 && (!e.lowered || now-e.decrease >= fullQueueEvery):
		return Overuse
	case e.trend.usage == Overuse && q < leastQueue:
		return Normal // noise
	}
	return e.trend.usage
}

// measure feeds the meters with one report.
func (e *Estimator) measure(results []Result, now time.Duration) {
	var received, lost, recovered int
	least := time.Duration(math.MaxInt64)
	arrival := e.acked.last
	for i := range results {
		r := &results[i]
		if r.Sent < e.returned {
			continue
		}
		switch r.Status {
		case Received:
			arrival = r.Arrival
			least = min(least, now-r.Sent)
			received++
			if r.Before == Lost {
				recovered++
			}
			e.arrived(r)
		case Lost:
			lost++
			e.offered.add(r.Sent, r.Size)
		case Unreported:
			// Most of them have arrived: what is missing is the report. When does not matter to the rate.
			if e.acked.started {
				e.acked.add(arrival, r.Size)
				e.offered.add(r.Sent, r.Size)
			}
		}
	}
	e.loss.add(received, lost, recovered)
	if received > 0 {
		e.smoothRTT(least)
	}
}

// arrived takes in one packet that is known to have arrived.
func (e *Estimator) arrived(r *Result) {
	if r.Before == InFlight || r.Before == Lost {
		e.acked.add(r.Arrival, r.Size)
	}
	if r.Before == InFlight {
		e.offered.add(r.Sent, r.Size)
	}
	s, ok := e.groups.add(r.Sent, r.Arrival)
	switch {
	case !ok:
	case s.jump:
		e.restartDelays()
	default:
		e.trend.add(s)
		e.queue.add(s)
	}
}

func (e *Estimator) restartDelays() {
	e.groups = grouper{}
	e.trend.reset()
	e.queue.reset()
	e.acked.reset()
	e.offered.reset()
}

// smoothRTT takes in the time from sending to reporting of the packet that waited least for its report.
func (e *Estimator) smoothRTT(sample time.Duration) {
	if e.rtt == 0 {
		e.rtt = sample
	}
	e.rtt += (sample - e.rtt) / 8
}

// responseRTT is the round trip for the control, also before one was measured.
func (e *Estimator) responseRTT() time.Duration {
	if e.rtt == 0 {
		return 100 * time.Millisecond
	}
	return e.rtt
}

// OnProbe takes in the result of a probe: that rate arrived. full tells that it was the path that bounded it, not the
// probe.
func (e *Estimator) OnProbe(rate int, full bool, now time.Duration) {
	r := min(float64(rate), float64(e.cfg.Max))
	switch {
	case r > e.aimd.estimate && e.usable():
		e.aimd.estimate = r
		if e.aimd.capacity.exceededBy(r) {
			e.aimd.capacity = capacity{}
		}
		if e.loss.ceiling > 0 && !e.loss.trial && e.loss.loss-e.loss.inherent < lossLow {
			e.loss.ceiling = 0
		}
	case full && r < e.aimd.estimate:
		e.aimd.estimate = max(r, float64(e.acked.bps()))
		e.decrease, e.lowered = now, true
	}
	e.clamp()
}

// usable says that nothing speaks against more now.
func (e *Estimator) usable() bool {
	return e.trend.usage != Overuse || e.queue.standing() < leastQueue
}

// OnREMB takes in the client's own estimate (draft-alvestrand-rmcat-remb-03). It counts for clients that send no
// transport-wide feedback.
func (e *Estimator) OnREMB(bps int, now time.Duration) {
	if e.mode == TransportWide {
		return
	}
	e.mode = REMB
	e.hear(now)
	e.remb = min(max(float64(bps), float64(e.cfg.Min)), float64(e.cfg.Max))
	e.aimd.estimate = e.remb
}

// OnReceptionReport takes in the share of packets that a receiver report (RFC 3550 section 6.4.1) says were lost since
// the one before, of all of the client's streams together, and the round trip it tells (0 unknown). It counts for
// clients that send no transport-wide feedback. A client that sends nothing but these may rise, as long as it loses
// nothing, by eight per cent a second to half above what is sent to it.
func (e *Estimator) OnReceptionReport(lost float64, rtt, now time.Duration) {
	if e.mode == TransportWide || math.IsNaN(lost) {
		return
	}
	if rtt > 0 {
		e.smoothRTT(rtt)
	}
	since := min(now-e.heard, time.Second)
	e.hear(now)
	sent := e.sent.at(now)
	if e.mode < REMB {
		e.mode = ReceptionOnly
		if lost <= lossLow {
			e.aimd.increase(path{acked: sent, rtt: e.responseRTT()}, since)
		}
	}
	lost = min(max(lost, 0), 1)
	e.loss.sample(lost, e.aimd.estimate, int(float64(sent)*(1-lost)), e.responseRTT(), since, now)
	e.clamp()
}

func (e *Estimator) clamp() {
	e.aimd.estimate = min(max(e.aimd.estimate, float64(e.cfg.Min)), float64(e.cfg.Max))
	if e.loss.ceiling > 0 {
		e.loss.ceiling = max(e.loss.ceiling, float64(e.cfg.Min))
	}
}
