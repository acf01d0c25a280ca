package redis

import "sync/atomic"

// Reason why an event did not reach other nodes, or ours.
type Reason int

// Reasons.
const (
	QueueFull  Reason = iota // too many waited
	Connection               // Redis was lost while it was published
	Outdated                 // it was ephemeral and waited too long
	OtherVersion
	Malformed
	reasons
)

// String names a reason in metrics.
func (r Reason) String() string {
	return [reasons]string{"queue_full", "connection", "outdated", "version", "malformed"}[r]
}

// Reasons lists all.
func Reasons() (all []Reason) {
	for r := range reasons {
		all = append(all, r)
	}
	return all
}

// counters are the Stats as they are counted.
type counters struct {
	published, received, own, reconnects atomic.Uint64
	dropped                              [reasons]atomic.Uint64
}

// Stats are a Bus's numbers.
type Stats struct {
	Up         bool
	Waiting    int    // to be published
	Topics     int    // heard from other nodes
	Published  uint64 // for other nodes
	Received   uint64 // from other nodes
	Own        uint64 // published here, and come back
	Reconnects uint64 // of either connection, after it was lost
	Dropped    [reasons]uint64
}

// Stats gives the present numbers.
func (b *Bus) Stats() Stats {
	s := Stats{
		Up: b.Up(), Waiting: b.out.len(), Topics: b.in.topics(),
		Published: b.count.published.Load(), Received: b.count.received.Load(), Own: b.count.own.Load(), Reconnects: b.count.reconnects.Load(),
	}
	for r := range b.count.dropped {
		s.Dropped[r] = b.count.dropped[r].Load()
	}
	return s
}
