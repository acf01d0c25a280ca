package turn

import "sync/atomic"

// Stats are a Server's counters since it was made; Allocations and Streams are the present numbers.
type Stats struct {
	Allocations   int
	Streams       int    // TCP and TLS connections
	Allocated     uint64 // allocations made
	Revoked       uint64 // of them, ended by revocation
	PacketsIn     uint64 // relayed from clients
	BytesIn       uint64
	PacketsOut    uint64 // relayed to clients
	BytesOut      uint64
	Strangers     uint64 // answers to requests that were not authenticated
	StrangerBytes uint64
	Dropped       map[string]uint64 // requests refused and packets dropped, by reason
}

// dropReason says why a request was refused or a packet dropped.
type dropReason uint8

const (
	dropMalformed       dropReason = iota // no message that a server takes
	dropUnauthenticated                   // a request without a signature: the first of every client
	dropStaleNonce                        // with a nonce that is old, or of another address
	dropBadCredentials                    // with a user name or a signature that is not ours
	dropExpired                           // with credentials that have run out
	dropRevoked                           // or were revoked
	dropAmplification                     // a stranger's, that has not sent as many bytes as the answer has
	dropRate                              // a stranger's, too many
	dropUserRate                          // an authenticated user's, too many
	dropBusy                              // the queue to pion/turn is full
	dropQuota                             // one allocation more than a user or an address may have
	dropCapacity                          // no relayed address, no pair of them, or no room for one more peer
	dropTCPAllocation                     // RFC 6062
	dropPeer                              // a peer that may not be reached
	dropNoAllocation                      // a packet from a client without allocation
	dropNoChannel                         // on a channel that is not bound
	dropNoPermission                      // for a peer without permission, or from one
	dropBandwidth                         // over the bandwidth of the user or the address
	dropSlow                              // to a stream whose client does not read
	dropStreams                           // a stream more than there may be
	dropReasonCount
)

var dropNames = [dropReasonCount]string{
	"malformed", "unauthenticated", "stale_nonce", "bad_credentials", "expired", "revoked", "amplification", "rate", "user_rate", "busy",
	"quota", "capacity", "tcp_allocation", "peer", "no_allocation", "no_channel", "no_permission", "bandwidth", "slow",
	"streams",
}

type counters struct {
	allocations, revoked     atomic.Uint64
	packetsIn, bytesIn       atomic.Uint64
	packetsOut, bytesOut     atomic.Uint64
	strangers, strangerBytes atomic.Uint64
	dropped                  [dropReasonCount]atomic.Uint64
}

func (c *counters) drop(r dropReason) { c.dropped[r].Add(1) }

// Stats reads the counters. Dropped has an entry for every reason, also for those that never happened.
func (s *Server) Stats() Stats {
	c := &s.counters
	stats := Stats{
		Allocations: s.ports.count(), Streams: s.streams.count(),
		Allocated: c.allocations.Load(), Revoked: c.revoked.Load(),
		PacketsIn: c.packetsIn.Load(), BytesIn: c.bytesIn.Load(),
		PacketsOut: c.packetsOut.Load(), BytesOut: c.bytesOut.Load(),
		Strangers: c.strangers.Load(), StrangerBytes: c.strangerBytes.Load(),
		Dropped: make(map[string]uint64, dropReasonCount),
	}
	for r, name := range dropNames {
		stats.Dropped[name] = c.dropped[r].Load()
	}
	return stats
}
