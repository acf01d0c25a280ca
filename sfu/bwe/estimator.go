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
	surge   surge
	acked   rateMeter // by the client's clock
	offered rateMeter // the same packets, by ours
	sent    rateMeter // all packets
	aimd    aimd
	loss    lossControl

	rtt      time.Duration // smoothed; 0 unknown
	mode     Mode
	remb     float64
	heard    time.Duration // last report, or the first packet after it
	unheard  int           // packets since
	faded    time.Duration // up to when silence has been accounted for
	returned time.Duration // packets sent before were sent into silence
	decrease time.Duration // last decrease
	lowered  bool
	padded   time.Duration // last padding of a probe
	probed   bool
	jitter   time.Duration // mean difference of the delays of one group and the next
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
		e.faded = now
	}
	if e.unheard == 0 {
		e.heard = now
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
	e.foresee(now)
	p := path{usage: e.pressed(now), acked: e.acked.bps(), offered: e.offered.bps(), rtt: e.responseRTT()}
	if e.aimd.update(p, now) {
		e.decrease, e.lowered = now, true
		e.loss.forgive(now + p.rtt + reactionTime)
	}
	before := e.loss.limit(e.aimd.estimate)
	e.loss.update(e.aimd.estimate, p, now)
	if e.loss.limit(e.aimd.estimate) < before {
		e.decrease, e.lowered = now, true
	}
	e.clamp()
}

// foresee acts on a queue that is about to fill, before the trend tells of it.
func (e *Estimator) foresee(now time.Duration) {
	if !e.surge.held && e.probing(now) {
		return
	}
	s := &e.surge
	rate := s.reported(e.sent.at(now), e.Estimate(), now)
	if rate > 0 && e.aimd.fall(float64(rate), float64(s.offered), float64(s.before), now) {
		e.decrease, e.lowered = now, true
		e.loss.forgive(now + e.responseRTT() + surgeLongest)
	}
}

// Holding says that a queue seems to build up: what can wait is not to be sent for now. It lasts 300 ms at most.
func (e *Estimator) Holding(now time.Duration) bool { return e.surge.holding(now) }

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
		e.surge.add(r, e.jitter)
	}
	s, ok := e.groups.add(r.Sent, r.Arrival)
	switch {
	case !ok:
	case s.jump:
		e.restartDelays()
	default:
		e.trend.add(s)
		e.queue.add(s)
		e.jitter += (max(s.variation(), -s.variation()) - e.jitter) / 16
	}
}

func (e *Estimator) restartDelays() {
	e.groups = grouper{}
	e.trend.reset()
	e.queue.reset()
	e.surge.reset()
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

// OnProbe takes in the result of a probe: that rate arrived. A result below the estimate lowers nothing: a probe is
// short, and if the estimate is too high the delays of the media will tell.
func (e *Estimator) OnProbe(rate int) {
	r := min(float64(rate), float64(e.cfg.Max))
	if r <= float64(e.Estimate()) || e.usage() == Overuse {
		return
	}
	e.aimd.estimate = max(e.aimd.estimate, r)
	if e.aimd.capacity.exceededBy(r) {
		e.aimd.capacity = capacity{}
	}
	e.loss.probed(r)
	e.clamp()
}

// OnPadding notes that a probe sends more than the media now.
func (e *Estimator) OnPadding(now time.Duration) { e.padded, e.probed = now, true }

func (e *Estimator) clamp() {
	e.aimd.estimate = min(max(e.aimd.estimate, float64(e.cfg.Min)), float64(e.cfg.Max))
	if e.loss.ceiling > 0 {
		e.loss.ceiling = max(e.loss.ceiling, float64(e.cfg.Min))
	}
}
