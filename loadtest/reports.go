package loadtest

import (
	"slices"
	"time"

	"github.com/pion/rtcp"
)

const (
	reportEvery  = time.Second
	reportBlocks = 31 // RFC 3550 section 6.4: the count has five bits
)

// sendReports is the task that sends sender and receiver reports.
type sendReports struct{ c *client }

func (t sendReports) run(_ *loop, due time.Duration) time.Duration {
	c := t.c
	now := time.Now().UnixNano()
	var packets []rtcp.Packet
	for _, s := range c.streams() {
		if s.packets > 0 {
			packets = append(packets, s.report(now))
		}
	}
	for blocks := range slices.Chunk(c.receptionReports(now), reportBlocks) {
		packets = append(packets, &rtcp.ReceiverReport{SSRC: c.ssrc, Reports: blocks})
	}
	if len(packets) == 0 {
		packets = append(packets, &rtcp.ReceiverReport{SSRC: c.ssrc})
	}
	packets = append(packets, &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{
		Source: c.ssrc, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: "loadtest"}},
	}}})
	// In one packet for each few reports, so that none is larger than a datagram.
	for few := range slices.Chunk(packets, 2) {
		if compound, err := rtcp.Marshal(few); err == nil {
			c.sendRTCP(compound)
		}
	}
	return keepPace(due + reportEvery)
}

// report says what the RTP time of a stream is now.
func (s *stream) report(now int64) *rtcp.SenderReport {
	elapsed := uint64(now-s.sentAt) * uint64(s.clockRate) / 1e9
	return &rtcp.SenderReport{
		SSRC: s.ssrc, NTPTime: ntp(now), RTPTime: s.timestamp + uint32(elapsed), PacketCount: s.packets, OctetCount: s.octets,
	}
}

func (c *client) receptionReports(now int64) []rtcp.ReceptionReport {
	var blocks []rtcp.ReceptionReport
	for _, in := range c.slots {
		if in.started && !in.rtx {
			blocks = append(blocks, in.report(now))
		}
	}
	return blocks
}

// report is RFC 3550 section 6.4.1; jitter is not looked at.
func (in *incoming) report(now int64) rtcp.ReceptionReport {
	expected := in.highest - in.reportedHighest
	missing := expected - int64(in.received-in.reportedReceived)
	var fraction uint8
	if expected > 0 && missing > 0 {
		fraction = uint8(min(missing*256/expected, 255))
	}
	in.reportedHighest, in.reportedReceived = in.highest, in.received
	total := max(in.highest-in.firstSeq+1-int64(in.received), 0)
	r := rtcp.ReceptionReport{
		SSRC: in.ssrc, FractionLost: fraction, TotalLost: uint32(min(total, 1<<23-1)),
		LastSequenceNumber: uint32(in.highest), LastSenderReport: in.lastSR,
	}
	if in.lastSR != 0 {
		r.Delay = uint32((now - in.lastSRAt) * 65536 / 1e9)
	}
	return r
}

// ntp is a Unix time in nanoseconds as seconds since 1900 in 32.32 bits.
func ntp(now int64) uint64 {
	const since1900 = 2_208_988_800
	return uint64(now/1e9+since1900)<<32 | uint64(now%1e9)<<32/1e9
}
