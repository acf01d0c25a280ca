package sfu

import "time"

// allowance bounds what is sent again to one client to a share of what it can receive: what a queue on the way has
// dropped for want of room would otherwise be the next flood. Read loop only.
type allowance struct {
	bytes float64 // that may be sent now
	at    time.Duration
}

const (
	repairShare = 0.5
	repairSaved = 200 * time.Millisecond // of the share may be saved up,
	repairLeast = 8 << 10                // and so many bytes in any case
)

// left tells whether there is anything left at an estimate, in bit/s; 0 is no bound.
func (a *allowance) left(estimate int, now time.Duration) bool {
	if estimate == 0 {
		return true
	}
	perSecond := repairShare * float64(estimate) / 8
	most := max(perSecond*repairSaved.Seconds(), repairLeast)
	if a.at == 0 {
		a.bytes = most
	} else {
		a.bytes = min(a.bytes+perSecond*(now-a.at).Seconds(), most)
	}
	a.at = now
	return a.bytes > 0
}

// take counts a packet that was sent.
func (a *allowance) take(out *outgoing) {
	a.bytes = max(a.bytes-float64(len(out.packet.Head)+len(out.packet.Body)+wireOverhead), -repairLeast)
}

// ration is a number of things that may be done at once, and one more each so often. The zero value has all.
type ration struct {
	restored time.Duration // when there will be all again, if none is taken
}

func (r *ration) take(now, every time.Duration, atOnce int) bool {
	restored := max(r.restored, now) + every
	if restored-now > time.Duration(atOnce)*every {
		return false
	}
	r.restored = restored
	return true
}
