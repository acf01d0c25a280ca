package sfu

import (
	"slices"
	"sync/atomic"

	"github.com/digierapro/parley/sfu/transport"
)

// Stats are a Server's counters since it was made, and how much it holds now.
type Stats struct {
	Rooms, Peers, Publications, Slots int

	PacketsIn        uint64 // RTP packets taken from publishers
	PacketsOut       uint64 // RTP packets forwarded, without retransmissions
	Retransmitted    uint64 // packets sent again to subscribers
	Recovered        uint64 // lost packets that publishers sent again
	PacketsRequested uint64 // packets asked again from publishers
	KeyFrameRequests uint64 // sent to publishers
	Switches         uint64 // sources and layers switched into slots
	Replays          uint64 // of these, begun with a key frame out of the ring
	Assignments      uint64 // slots looked at for what they are to carry, because somebody came, left or looked elsewhere
	ForcedSwitches   uint64 // waits for a layer that were given up for another one
	CutOffs          uint64 // layers stopped at once, since the way to the receiver has no room for them
	UplinkCaps       uint64 // times a publisher was told that its way has become narrow

	Bandwidth Bandwidth

	Dropped map[string]uint64 // packets thrown away, by reason

	Transport transport.Stats
}

// Bandwidth sums up what peers can receive by the last estimates, in bit/s.
type Bandwidth struct {
	Peers             int // of which there is an estimate
	Low, Median, High int // what a tenth, half and nine tenths of them have at most
}

func bandwidthOf(estimates []int) Bandwidth {
	if len(estimates) == 0 {
		return Bandwidth{}
	}
	slices.Sort(estimates)
	at := func(percent int) int { return estimates[(len(estimates)-1)*percent/100] }
	return Bandwidth{Peers: len(estimates), Low: at(10), Median: at(50), High: at(90)}
}

type dropReason uint8

const (
	dropMalformed    dropReason = iota // no RTP
	dropUnknownSSRC                    // belongs to no section that we know
	dropTooManySSRCs                   // a peer with more streams than it may have
	dropPayloadType                    // not agreed on for its section
	dropPayload                        // a payload that breaks its codec's format
	dropSequence                       // far from its stream's sequence
	dropDuplicate                      // seen before, too old to tell, or too large
	dropNoCodec                        // a codec that the receiver did not agree on
	dropUnmapped                       // from before the switch to its source
	dropSend                           // refused by the transport
	dropRTCP                           // malformed RTCP
	dropRTCPTarget                     // RTCP about a stream that is not the sender's business
	dropKeyFrameWish                   // one more key frame than a receiver may ask for
	dropNotResent                      // asked for again, but gone or asked too often
	dropReasonCount
)

var dropNames = [dropReasonCount]string{
	"malformed", "unknown_ssrc", "too_many_ssrcs", "payload_type", "payload", "sequence", "duplicate", "no_codec",
	"unmapped", "send", "rtcp", "rtcp_target", "key_frame_wish", "not_resent",
}

type counters struct {
	packetsIn, packetsOut, retransmitted, recovered, requested atomic.Uint64
	keyFrameRequests, switches, replays, forced, assignments   atomic.Uint64
	cutOffs, uplinkCaps                                        atomic.Uint64
	dropped                                                    [dropReasonCount]atomic.Uint64
}

func (c *counters) drop(r dropReason) { c.dropped[r].Add(1) }

// Stats reads the counters. Dropped has an entry for every reason, also for those that never happened.
func (s *Server) Stats() Stats {
	c := &s.counters
	st := Stats{
		PacketsIn: c.packetsIn.Load(), PacketsOut: c.packetsOut.Load(), Retransmitted: c.retransmitted.Load(),
		Recovered: c.recovered.Load(), PacketsRequested: c.requested.Load(), KeyFrameRequests: c.keyFrameRequests.Load(),
		Switches: c.switches.Load(), Replays: c.replays.Load(), ForcedSwitches: c.forced.Load(), Assignments: c.assignments.Load(),
		CutOffs: c.cutOffs.Load(), UplinkCaps: c.uplinkCaps.Load(),
		Dropped: make(map[string]uint64, dropReasonCount),
	}
	for r, name := range dropNames {
		st.Dropped[name] = c.dropped[r].Load()
	}
	var estimates []int
	for _, r := range s.roomList() {
		st.Rooms++
		for _, p := range r.peerList() {
			st.Peers++
			st.Publications += len(p.routing.Load().pubs)
			st.Slots += len(p.slots.Load().list)
			if e := p.estimate.Load(); e > 0 {
				estimates = append(estimates, int(e))
			}
		}
	}
	st.Bandwidth = bandwidthOf(estimates)
	if s.transport != nil {
		st.Transport = s.transport.Stats()
	}
	return st
}
