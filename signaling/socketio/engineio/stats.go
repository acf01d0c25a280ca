package engineio

import "sync/atomic"

// Stats counts what a Server did. All fields only grow, except those that say "now".
type Stats struct {
	Sessions    atomic.Int64 // open now
	WebSockets  atomic.Int64 // of these, on a WebSocket now
	Opened      atomic.Int64
	Upgraded    atomic.Int64 // from polling to WebSocket
	UpgradeLost atomic.Int64 // upgrades that were begun and not finished

	PacketsIn  atomic.Int64
	PacketsOut atomic.Int64
	BytesIn    atomic.Int64
	BytesOut   atomic.Int64

	DroppedEphemeral atomic.Int64 // ephemeral packets not sent, because a queue was full
	CoalescedState   atomic.Int64 // state packets replaced by a newer one before they were sent

	RefusedOrigin  atomic.Int64
	RefusedRequest atomic.Int64 // answered with an error of the protocol
	RefusedLimit   atomic.Int64 // too many sessions, of one address or at all
	Panics         atomic.Int64 // recovered from a Receiver
	ClosedByReason [reasonCount]atomic.Int64
}

// Closed says how many sessions ended for a reason.
func (s *Stats) Closed(r Reason) int64 {
	if int(r) >= len(s.ClosedByReason) {
		return 0
	}
	return s.ClosedByReason[r].Load()
}
