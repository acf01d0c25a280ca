package sfu

import (
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
	packets, err := rtcp.Unmarshal(packet)
	if err != nil || len(packets) > maxCompound {
		p.server.counters.drop(dropRTCP)
		return
	}
	budget := maxNACKed
	p.rtxOut.batch = p.conn.Batch()
	for _, pkt := range packets {
		switch pkt := pkt.(type) {
		case *rtcp.SenderReport:
			p.senderReport(pkt, now)
			p.receptionReports(pkt.Reports, now)
		case *rtcp.ReceiverReport:
			p.receptionReports(pkt.Reports, now)
		case *rtcp.TransportLayerNack:
			p.nacked(pkt, now, &budget)
		case *rtcp.PictureLossIndication:
			p.pictureLost(pkt.MediaSSRC, now)
		case *rtcp.FullIntraRequest:
			for i := range pkt.FIR[:min(len(pkt.FIR), maxCompound)] {
				p.pictureLost(pkt.FIR[i].SSRC, now)
			}
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
func (p *Peer) nacked(n *rtcp.TransportLayerNack, now time.Duration, budget *int) {
	c := &p.server.counters
	s := p.slots.Load().bySSRC[n.MediaSSRC]
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
	for i := range n.Nacks {
		n.Nacks[i].Range(again)
	}
}

// pictureLost asks the publisher for a key frame on behalf of a slot.
func (p *Peer) pictureLost(ssrc uint32, now time.Duration) {
	s := p.slots.Load().bySSRC[ssrc]
	if s == nil {
		p.server.counters.drop(dropRTCPTarget)
		return
	}
	s.wantKey(now)
}
