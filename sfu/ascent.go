package sfu

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"github.com/digierapro/parley/sfu/bwe"
	"github.com/digierapro/parley/sfu/transport"
)

// ascent watches over the way from a publisher. The publisher's own estimate needs a second or two to follow a cut, in
// which the queue on the way is full and drops sound with video; we see it in a tenth of that, and say so.
type ascent struct {
	// owned by the read loop
	watch  bwe.Watch
	stamp  uint32        // send time of the last packet
	made   time.Duration // the same, unwrapped
	fallen atomic.Int64  // bit/s, for the ticker; 0 when there is no news

	// owned by the ticker
	cap   float32 // bit/s
	until time.Duration
	lift  int // how many times it is still to be said that there is no cap
	due   time.Duration
}

const (
	capShare  = 0.85 // of what passes, so that the queue drains
	capTime   = time.Second
	capRepeat = 100 * time.Millisecond
	noCap     = 1e9 // bit/s
	// That there is no cap any more is said so often, so that it is heard even after an outage.
	capLifts = 15
	capAgain = 2 * time.Second
)

// ascend takes in a packet of the client. The first word of a cut goes out at once, the rest is the ticker's.
func (p *Peer) ascend(in *inboundPacket, size int) {
	fallen := p.ascent.received(in, size)
	if fallen == 0 {
		return
	}
	p.server.counters.uplinkCaps.Add(1)
	p.ascent.fallen.Store(int64(fallen))
	if remb := p.remb(p.routing.Load().pubs, capShare*float32(fallen)); len(remb.SSRCs) > 0 {
		p.sendRTCP([]rtcp.Packet{remb})
	}
}

// received returns the rate of the way when that was just found to be much less than what comes usually; else 0. The
// client writes into each packet when it was sent: in seconds, modulo 64, of which 18 bits are the fraction.
func (u *ascent) received(in *inboundPacket, size int) (fallen int) {
	size += transportOverhead
	if !in.hasSendTime {
		return 0
	}
	step := int32((in.sendTime-u.stamp)<<8) >> 8 // of 24 bits
	u.stamp = in.sendTime
	u.made += time.Duration(step) * time.Second >> 18
	return u.watch.Received(u.made, in.now, size)
}

// transportOverhead is what IP and UDP add to what comes.
const transportOverhead = 28

// capUplink tells the publisher to send no more than what passes, for a second: until its own estimate has found out. The
// layers that do not fit are counted as silent for as long, so that receivers go to lower ones now.
func (p *Peer) capUplink(pubs []*Publication, now time.Duration) {
	u := &p.ascent
	if fallen := u.fallen.Swap(0); fallen > 0 {
		u.cap, u.until, u.lift, u.due = capShare*float32(fallen), now+capTime, capLifts, now+capRepeat
		for _, pub := range pubs {
			pub.starve(float64(u.cap), now+capTime)
		}
	}
	if now < u.due || u.lift == 0 {
		return
	}
	u.due = now + capRepeat
	bitrate := u.cap
	if now >= u.until {
		bitrate = noCap
		u.lift--
		u.due = now + capAgain
	}
	if remb := p.remb(pubs, bitrate); len(remb.SSRCs) > 0 {
		p.ticks.packets = append(p.ticks.packets, remb)
	}
}

// remb is a bound on all that the publisher sends (draft-alvestrand-rmcat-remb-03), which browsers heed beside their own
// estimate.
func (p *Peer) remb(pubs []*Publication, bitrate float32) *rtcp.ReceiverEstimatedMaximumBitrate {
	r := &rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: p.seat, Bitrate: bitrate}
	for _, pub := range pubs {
		for _, l := range pub.layers {
			if ssrc := l.ssrc.Load(); ssrc != 0 && pub.Kind == transport.Video && len(r.SSRCs) < 255 {
				r.SSRCs = append(r.SSRCs, ssrc)
			}
		}
	}
	return r
}

// starve counts the layers beyond a rate as silent until some time, except for the lowest.
func (p *Publication) starve(room float64, until time.Duration) {
	if p.Kind != transport.Video {
		return
	}
	for i, l := range p.layers {
		room -= float64(l.rates.upTo(255, 255))
		if i > 0 && room < 0 {
			l.starved.Store(int64(until))
		}
	}
}
