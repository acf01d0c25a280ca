package portmux

import "sync/atomic"

// Reason is why a connection was closed before a service had it.
type Reason int

// The reasons.
const (
	none         Reason = iota
	Limit               // too many connections
	AddressLimit        // too many of its address
	Evicted             // too many that had not said what they speak; this was the oldest
	Timeout             // it did not say it in time
	Ended               // the client went away
	Handshake           // TLS failed
	Unknown             // it speaks nothing that we know
	Unclaimed           // it speaks what this server does not serve

	reasons = iota
)

// String is the reason's name in metrics.
func (r Reason) String() string {
	return [reasons]string{"none", "limit", "address_limit", "evicted", "timeout", "ended", "tls_handshake", "unknown", "unclaimed"}[r]
}

// Reasons lists all of them.
func Reasons() []Reason {
	var all []Reason
	for r := Limit; r < reasons; r++ {
		all = append(all, r)
	}
	return all
}

type counters struct {
	connections  [protocols]atomic.Uint64
	refused      [reasons]atomic.Uint64
	acceptErrors atomic.Uint64
	warned       atomic.Int64 // when something was last logged; nanoseconds since 1970
}

// Stats are the numbers of a Mux.
type Stats struct {
	Open         int // connections now, undecided ones included
	Undecided    int // now
	AcceptErrors uint64

	connections [protocols]uint64
	refused     [reasons]uint64
}

// Connections is how many there have been of a protocol.
func (s Stats) Connections(p Protocol) uint64 { return s.connections[p] }

// Refused is how many were closed for a reason before a service had them.
func (s Stats) Refused(r Reason) uint64 { return s.refused[r] }

// Stats returns the numbers as they are now.
func (m *Mux) Stats() Stats {
	var s Stats
	s.Open, s.Undecided = m.limits.count()
	s.AcceptErrors = m.stats.acceptErrors.Load()
	for i := range s.connections {
		s.connections[i] = m.stats.connections[i].Load()
	}
	for i := range s.refused {
		s.refused[i] = m.stats.refused[i].Load()
	}
	return s
}
