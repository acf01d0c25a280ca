package sfu

import (
	"fmt"
	"time"
)

// Where each measure begins to be trouble. A round trip hurts from where the E-model begins to count it.
const (
	troubleLoss      = 0.01
	troubleJitter    = 50 * time.Millisecond
	troubleRTT       = 250 * time.Millisecond
	troubleFrozen    = 0.03
	troubleFrameRate = 10
	troubleEnlarged  = 2.5
)

// cause names the measure that is furthest beyond where trouble begins.
func (p *path) cause(q *Path) (issue Issue, words string) {
	worst := 1.0
	consider := func(beyond float64, is Issue, format string, value any) {
		if beyond >= worst {
			worst, issue, words = beyond, is, fmt.Sprintf(format, p.direction, value)
		}
	}
	consider(q.Jitter.Seconds()/troubleJitter.Seconds(), Jitter, "%s jitter %d ms", q.Jitter.Milliseconds())
	consider(q.RTT.Seconds()/troubleRTT.Seconds(), Latency, "%s round trip %d ms", q.RTT.Milliseconds())
	if p.enlarged > 0 {
		consider(p.enlarged/troubleEnlarged, LowBandwidth, "%s picture %.2g times smaller than shown", p.enlarged)
	}
	if p.frameRate > 0 {
		consider(troubleFrameRate/p.frameRate, LowFrameRate, "%s %.0f frames a second", p.frameRate)
	}
	consider(p.frozen/troubleFrozen, Freezes, "%s video frozen %.0f %% of the time", 100*p.frozen)
	consider(q.Loss/troubleLoss, PacketLoss, "%s loss %.2g %%", 100*q.Loss)
	return issue, words
}
