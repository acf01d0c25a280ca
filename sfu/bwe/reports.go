package bwe

import (
	"math"
	"time"
)

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
	since := min(now-e.heard, silenceOthers)
	e.hear(now)
	sent := e.sent.at(now)
	if e.mode < REMB {
		e.mode = ReceptionOnly
		if lost <= lossLow {
			e.aimd.increase(path{acked: sent, rtt: e.responseRTT()}, since)
		}
	}
	lost = min(max(lost, 0), 1)
	p := path{acked: int(float64(sent) * (1 - lost)), offered: sent, rtt: e.responseRTT()}
	e.loss.sample(lost, lossSamplePackets, e.aimd.estimate, p, since, now)
	e.clamp()
}
