package sfu

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtcp"

	"github.com/digierapro/parley/sfu/rewrite"
)

// Bounds of what one RTCP packet can make us do.
const (
	maxCompound = 64
	maxNACKed   = 500
)

// HandleRTCP implements transport.Handler: reports and requests of the client, about what it sends and what it gets.
func (p *Peer) HandleRTCP(packet []byte, arrival time.Time) {
	now := arrival.Sub(p.server.epoch)
	if !validRTCP(packet) {
		p.server.counters.drop(dropRTCP)
		return
	}
	budget := maxNACKed
	p.rtxOut.batch = p.conn.Batch()
	for rest := packet; len(rest) > 0; {
		var part rtcpPart
		part, rest, _ = nextRTCP(rest)
		p.handleRTCP(&part, now, &budget)
	}
}

func (p *Peer) handleRTCP(part *rtcpPart, now time.Duration, budget *int) {
	switch {
	case part.kind == rtcp.TypeSenderReport:
		sr := part.sender()
		p.senderReport(&sr, now)
		p.blocks = part.appendBlocks(p.blocks[:0])
		p.receptionReports(p.blocks, now)
	case part.kind == rtcp.TypeReceiverReport:
		p.blocks = part.appendBlocks(p.blocks[:0])
		p.receptionReports(p.blocks, now)
	case part.kind == rtcp.TypeExtendedReport:
		if rtt, ok := p.references.answered(part, p.seat, now); ok {
			p.rtt.Store(int64(rtt))
		}
	case part.isNACK():
		p.nacked(part, now, budget)
	case part.isPLI():
		p.pictureLost(part.media(), now)
	case part.isFIR(): // RFC 5104 section 4.3.1: the streams are in the entries
		entries := part.body[feedbackInfo:]
		for n := 0; len(entries) >= fullIntraSize && n < maxCompound; n++ {
			p.pictureLost(binary.BigEndian.Uint32(entries), now)
			entries = entries[fullIntraSize:]
		}
	}
}

// senderReport notes how a stream's timestamps relate to the sender's clock.
func (p *Peer) senderReport(sr *rtcp.SenderReport, now time.Duration) {
	s := p.demux.streams[sr.SSRC]
	if s == nil || s.layer == nil || s.layer.ssrc.Load() != sr.SSRC {
		return // of retransmissions, or of nothing that we know
	}
	codecs := s.layer.pub.format.Load().codecs
	if sr.NTPTime == 0 || len(codecs) == 0 {
		return
	}
	theirs := fromNTP(sr.NTPTime)
	p.clock.note(theirs, p.server.wall(now), now)
	s.layer.reported(rewrite.Reference{Wall: theirs, RTP: sr.RTPTime, Rate: codecs[0].ClockRate}, uint32(sr.NTPTime>>16), now)
}

func (l *Layer) reported(ref rewrite.Reference, middle uint32, now time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reference = ref
	l.reception.lastReport, l.reception.lastReportAt = middle, now
}

func (p *Peer) receptionReports(reports []rtcp.ReceptionReport, now time.Duration) {
	slots := p.slots.Load()
	worst, any := 0.0, false
	for i := range reports {
		if s := slots.bySSRC[reports[i].SSRC]; s != nil {
			rtt, lost, ok := s.reportedBack(&reports[i], now)
			if ok {
				p.rtt.Store(int64(rtt))
			}
			worst, any = max(worst, lost), true
		}
	}
	if any {
		p.conn.ReceptionReport(worst, p.RTT()) // which goes by it where there is nothing better
	}
}

// nacked sends again what the client misses (RFC 4585 section 6.2.1).
func (p *Peer) nacked(n *rtcpPart, now time.Duration, budget *int) {
	c := &p.server.counters
	s := p.slots.Load().bySSRC[n.media()]
	if s == nil {
		c.drop(dropRTCPTarget)
		return
	}
	again := func(seq uint16) bool {
		if *budget--; *budget < 0 || !p.spare.left(int(p.estimate.Load()), now) {
			return false
		}
		if s.resend(seq, now, p.RTT(), &p.rtxOut) {
			p.spare.take(&p.rtxOut)
			c.retransmitted.Add(1)
		} else {
			c.drop(dropNotResent)
		}
		return true
	}
	for pairs := n.body[feedbackInfo:]; len(pairs) >= pairSize; pairs = pairs[pairSize:] {
		pair := rtcp.NackPair{
			PacketID: binary.BigEndian.Uint16(pairs), LostPackets: rtcp.PacketBitmap(binary.BigEndian.Uint16(pairs[2:])),
		}
		pair.Range(again)
	}
}

// pictureLost asks the publisher for a key frame on behalf of a slot.
func (p *Peer) pictureLost(ssrc uint32, now time.Duration) {
	s := p.slots.Load().bySSRC[ssrc]
	if s == nil {
		p.server.counters.drop(dropRTCPTarget)
		return
	}
	if !s.wantKey(now) {
		p.server.counters.drop(dropKeyFrameWish)
	}
}
