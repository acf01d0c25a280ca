package sfu

import (
	"context"
	"time"

	"github.com/pion/rtcp"

	"github.com/digierapro/parley/sfu/rewrite"
	"github.com/digierapro/parley/sfu/transport"
)

const (
	tickInterval     = 20 * time.Millisecond
	retargetInterval = 100 * time.Millisecond
	reportInterval   = time.Second
	reportPause      = 5 * time.Second // a slot that sent nothing for this long makes no reports

	maxReportBlocks = 31 // RFC 3550 section 6.4.2
)

// peerTicks is what the ticker keeps for a peer.
type peerTicks struct {
	retarget, report time.Duration // when due
	seqs             []uint16
	packets          []rtcp.Packet
	blocks           []rtcp.ReceptionReport
	rtcp             []byte

	demanded   *routing // for which the demand was computed last
	toldDemand bool     // the observer was told of a demand
	remind     time.Duration

	bandwidth bandwidth
	padOut    outgoing
}

// serverTicks is the ticker's scratch.
type serverTicks struct {
	rooms []*Room
	peers []*Peer
}

// runTicker does for all peers what needs time instead of packets, until ctx ends. It rests while there is no room.
func (s *Server) runTicker(ctx context.Context) {
	s.pulse.Run(ctx, tickInterval, func(time.Time) bool {
		s.transport.ReadControl()
		return s.tick(s.now()) > 0
	})
}

// tick reports how many rooms there are.
func (s *Server) tick(now time.Duration) (rooms int) {
	t := &s.ticks
	t.rooms = s.appendRooms(t.rooms[:0])
	for _, r := range t.rooms {
		t.peers = r.appendPeers(t.peers[:0])
		r.listen(t.peers, now)
		r.measure(t.peers, now)
		for _, p := range t.peers {
			p.tick(now)
		}
		clear(t.peers)
	}
	clear(t.rooms)
	return len(t.rooms)
}

func (p *Peer) tick(now time.Duration) {
	t := &p.ticks
	t.packets = t.packets[:0]
	routing, slots := p.routing.Load(), p.slots.Load().list
	pubs := routing.pubs
	p.tickBandwidth(slots, now)
	if now >= t.retarget {
		t.retarget = now + retargetInterval
		for _, s := range slots {
			if s.Kind == transport.Video {
				s.retarget(now)
			}
		}
	}
	p.capUplink(pubs, now)
	for _, pub := range pubs {
		p.requestPackets(pub, now)
		p.requestKeyFrame(pub, now)
		for _, l := range pub.layers {
			l.rates.measure(now)
		}
	}
	p.sendRTCP(t.packets)
	p.tellDemand(routing, now)
	if now < t.report {
		return
	}
	first := t.report == 0
	t.report = now + reportInterval
	if !first {
		p.report(pubs, slots, now)
	}
}

// sendRTCP sends feedback by itself, as reduced-size RTCP (RFC 5506), which every WebRTC endpoint takes.
func (p *Peer) sendRTCP(packets []rtcp.Packet) {
	if len(packets) == 0 {
		return
	}
	b, err := rtcp.Marshal(packets)
	if err != nil {
		p.server.counters.drop(dropSend)
		return
	}
	p.sendReport(b)
}

// requestPackets asks for what is missing of a publication's layers.
func (p *Peer) requestPackets(pub *Publication, now time.Duration) {
	interval := retryInterval
	if rtt := p.RTT(); rtt > 0 {
		interval = min(max(rtt*5/4, 40*time.Millisecond), 300*time.Millisecond)
	}
	for _, l := range pub.layers {
		p.ticks.seqs = l.missing(now, interval, p.ticks.seqs[:0])
		if len(p.ticks.seqs) == 0 {
			continue
		}
		p.server.counters.requested.Add(uint64(len(p.ticks.seqs)))
		p.ticks.packets = append(p.ticks.packets, &rtcp.TransportLayerNack{
			SenderSSRC: p.seat, MediaSSRC: l.ssrc.Load(), Nacks: rtcp.NackPairsFromSequenceNumbers(p.ticks.seqs),
		})
	}
}

func (l *Layer) missing(now, interval time.Duration, seqs []uint16) []uint16 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lost.missing) == 0 {
		return seqs
	}
	return l.lost.due(now, interval, seqs)
}

// report sends what is due every second: reception reports about what the peer publishes, sender reports about its
// slots.
func (p *Peer) report(pubs []*Publication, slots []*Slot, now time.Duration) {
	p.reportReception(pubs, now)
	for _, s := range slots {
		s.rest(now)
		sr, ok := s.senderReport(now)
		if !ok {
			continue
		}
		p.ticks.rtcp = appendCNAME(appendSenderReport(p.ticks.rtcp[:0], &sr), s.stream.SSRC, s.cname)
		p.sendReport(p.ticks.rtcp)
	}
}

func (p *Peer) reportReception(pubs []*Publication, now time.Duration) {
	blocks := p.ticks.blocks[:0]
	for _, pub := range pubs {
		for _, l := range pub.layers {
			if b, ok := l.report(now); ok {
				blocks = append(blocks, b)
			}
		}
	}
	p.ticks.blocks = blocks
	for first := true; len(blocks) > 0; first = false {
		n := min(len(blocks), maxReportBlocks)
		p.ticks.rtcp = appendReceiverReport(p.ticks.rtcp[:0], p.seat, blocks[:n])
		if first {
			p.ticks.rtcp = p.references.append(p.ticks.rtcp, p.seat, toNTP(p.server.wall(now)), now)
		}
		p.sendReport(p.ticks.rtcp)
		blocks = blocks[n:]
	}
}

func (p *Peer) sendReport(b []byte) {
	if p.conn.SendRTCP(b) != nil {
		p.server.counters.drop(dropSend)
	}
}

func (l *Layer) report(now time.Duration) (rtcp.ReceptionReport, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reception.report(l.ssrc.Load(), now)
}

// referenceAt is the last sender report and how long ago it came.
func (l *Layer) referenceAt(now time.Duration) (ref rewrite.Reference, age time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reference, now - l.reception.lastReportAt
}
