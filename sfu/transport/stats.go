package transport

import "sync/atomic"

// Stats are a Listener's counters since it was made; Conns is the present number.
type Stats struct {
	Conns         int
	PacketsIn     uint64 // datagrams read
	BytesIn       uint64
	PacketsOut    uint64 // datagrams sent
	BytesOut      uint64
	SendErrors    uint64 // datagrams that the kernel did not take
	Handshakes    uint64 // DTLS handshakes completed
	HandshakeFail uint64
	AddressMoves  uint64 // times a client's media moved to another of its addresses
	FeedbackOut   uint64 // transport-wide feedback packets sent
	FeedbackIn    uint64 // and received
	Silences      uint64 // times that a client ceased to report on what it is sent, or never began
	Holds         uint64 // times that a queue seemed to build up on the way to a client: see Held
	Dropped       map[string]uint64

	TCP TCPStats
}

// TCPStats are about connections of ICE-TCP.
type TCPStats struct {
	Strangers int    // now, of those that have shown no credentials
	Links     int    // now, of those that have
	Accepted  uint64 // came with credentials
	Refused   uint64 // too many strangers, in all or from one address
	Unproven  uint64 // ended without credentials: none in time, or others
	Malformed uint64 // ended by a frame that no client sends
	Stalled   uint64 // ended by a client that did not read
}

// dropReason says why a datagram was thrown away.
type dropReason uint8

const (
	dropGarbage        dropReason = iota // no protocol that we know
	dropTruncated                        // larger than any datagram we take
	dropUnknownAddress                   // not STUN, and from an address that no client has validated
	dropUnknownUfrag                     // STUN for no client of ours
	dropSTUNMalformed                    // STUN that does not parse or is no binding request
	dropSTUNIntegrity                    // STUN with a wrong MESSAGE-INTEGRITY
	dropAddressTaken                     // STUN from an address that another live client uses, or a connection that is given up
	dropDTLSMalformed                    // DTLS records that no honest client sends now
	dropDTLSQueue                        // DTLS faster than the handshake takes it
	dropDTLSBudget                       // more DTLS than any handshake needs
	dropEarly                            // media before the keys are agreed
	dropRTPMalformed                     // RTP that does not parse
	dropRTPAuth                          // RTP that does not decrypt
	dropRTCPMalformed                    // RTCP that does not parse
	dropRTCPAuth                         // RTCP that does not decrypt
	dropReplay                           // RTP or RTCP seen before
	dropTooManySSRCs                     // one more stream than a client may send, or sender of RTCP
	dropRate                             // media above the rate that a client may send at
	dropStreamRate                       // RTP above the rate of one stream
	dropPacketRate                       // more RTP packets than a client may send
	dropControlRate                      // RTCP above the rate that a client may send it at
	dropSequenceReused                   // sent twice by us under one SSRC and sequence number
	dropTCPQueue                         // more for an ICE-TCP connection than waits for it
	dropFeedback                         // transport-wide feedback that does not parse, or about what was never sent
	dropReasonCount
)

var dropNames = [dropReasonCount]string{
	"garbage", "truncated", "unknown_address", "unknown_ufrag", "stun_malformed", "stun_integrity", "address_taken",
	"dtls_malformed", "dtls_queue", "dtls_budget", "early", "rtp_malformed", "rtp_auth", "rtcp_malformed", "rtcp_auth",
	"replay", "too_many_ssrcs", "rate", "stream_rate", "packet_rate", "rtcp_rate", "sequence_reused", "tcp_queue", "feedback",
}

type counters struct {
	packetsIn, bytesIn         atomic.Uint64
	packetsOut, bytesOut       atomic.Uint64
	sendErrors                 atomic.Uint64
	handshakes, handshakeFails atomic.Uint64
	addressMoves               atomic.Uint64
	feedbackOut, feedbackIn    atomic.Uint64
	silences, holds            atomic.Uint64
	tcpAccepted, tcpRefused    atomic.Uint64
	tcpUnproven, tcpMalformed  atomic.Uint64
	tcpStalled                 atomic.Uint64
	dropped                    [dropReasonCount]atomic.Uint64
}

func (c *counters) drop(r dropReason) { c.dropped[r].Add(1) }

// Stats reads the counters. Dropped has an entry for every reason, also for those that never happened.
func (l *Listener) Stats() Stats {
	c := &l.counters
	s := Stats{
		PacketsIn: c.packetsIn.Load(), BytesIn: c.bytesIn.Load(),
		PacketsOut: c.packetsOut.Load(), BytesOut: c.bytesOut.Load(), SendErrors: c.sendErrors.Load(),
		Handshakes: c.handshakes.Load(), HandshakeFail: c.handshakeFails.Load(), AddressMoves: c.addressMoves.Load(),
		FeedbackOut: c.feedbackOut.Load(), FeedbackIn: c.feedbackIn.Load(), Silences: c.silences.Load(), Holds: c.holds.Load(),
		Dropped: make(map[string]uint64, dropReasonCount),
		TCP: TCPStats{
			Accepted: c.tcpAccepted.Load(), Refused: c.tcpRefused.Load(), Unproven: c.tcpUnproven.Load(),
			Malformed: c.tcpMalformed.Load(), Stalled: c.tcpStalled.Load(),
		},
	}
	s.TCP.Strangers, s.TCP.Links = l.tcp.count()
	for r, name := range dropNames {
		s.Dropped[name] = c.dropped[r].Load()
	}
	l.mu.RLock()
	s.Conns = len(l.conns)
	l.mu.RUnlock()
	return s
}
