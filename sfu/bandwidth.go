package sfu

import (
	"slices"
	"time"

	"github.com/digierapro/parley/sfu/allocate"
	"github.com/digierapro/parley/sfu/transport"
)

// bandwidth shares what a client can receive among its slots, and has its transport probe for more. Owned by the ticker.
type bandwidth struct {
	memory   allocate.Memory
	due      time.Duration
	estimate int // at the last share

	slots []*Slot         // scratch of one share: those that carry something
	asks  []allocate.Slot // and what they ask for
	turn  int             // of the slots that pad
}

const (
	shareInterval = 100 * time.Millisecond
	// fallen: an estimate that is so much lower is acted on at once.
	fallen = 0.95
	// maxPadding bounds the packets of one tick that a probe may need.
	maxPadding = 64
)

// tickBandwidth is called at every tick.
func (p *Peer) tickBandwidth(slots []*Slot, now time.Duration) {
	if !p.connected.Load() {
		return
	}
	b := &p.ticks.bandwidth
	estimate := p.conn.Bandwidth()
	p.estimate.Store(int64(estimate))
	if estimate == 0 {
		return // not known: nothing is limited
	}
	if now >= b.due || float64(estimate) < fallen*float64(b.estimate) {
		b.due, b.estimate = now+shareInterval, estimate
		p.share(slots, estimate, now)
	}
	p.pad(slots, p.conn.Padding())
}

// share gives each slot the layer that the estimate has room for.
func (p *Peer) share(slots []*Slot, estimate int, now time.Duration) {
	b := &p.ticks.bandwidth
	b.slots, b.asks = b.slots[:0], b.asks[:0]
	dominant := p.room.ears.told.Dominant
	for _, s := range slots {
		if ask, ok := s.ask(dominant); ok {
			b.slots, b.asks = append(b.slots, s), append(b.asks, ask)
		}
	}
	r := allocate.Share(estimate, b.asks, &b.memory, now)
	for i, s := range b.slots {
		if s.Kind == transport.Video {
			s.limitTo(&b.asks[i], now)
		}
	}
	p.conn.SetGoal(r.Next, r.Full)
}

// ask says what the slot would like to have. A slot of video of which nothing has come yet asks for nothing, and is not bounded.
func (s *Slot) ask(dominant string) (a allocate.Slot, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pub := s.pub
	if pub == nil || s.format == nil || s.foreign || pub.muted.Load() {
		return a, false
	}
	if s.Kind == transport.Video && pub.lastSeen() == 0 {
		return a, false
	}
	var buf [maxTiers]Tier
	tiers := pub.AppendTiers(buf[:0])
	if s.Kind == transport.Video {
		expect(tiers)
	}
	a.Class, a.Rates = allocate.Other, rungs(tiers, s.Kind)
	switch {
	case s.Kind == transport.Audio:
		a.Class = allocate.Audio
	case pub.Source == Screen:
		a.Class = allocate.Screen
	case pub.peer.id == dominant:
		a.Class = allocate.Speaker
	}
	ideal, _, _ := pub.choose(s.view, noLimit, 0)
	a.Max = allocate.Layer{Spatial: int8(ideal), Temporal: allocate.MaxTemporal - 1}
	a.Current = s.presentLocked()
	return a, true
}

// rungs turns what the payloads of the tiers take into what their datagrams do.
func rungs(tiers []Tier, kind transport.Kind) (rates allocate.Rates) {
	overhead := 1 + wireOverhead/1000.0 // of packets of video
	if kind == transport.Audio {
		overhead = 1 + wireOverhead/80.0
	}
	for i, t := range tiers[:min(len(tiers), allocate.MaxSpatial)] {
		for temporal := range min(len(t.Rates), allocate.MaxTemporal) {
			rates[i][temporal] = int(float64(t.Rates[temporal]) * overhead)
		}
	}
	return rates
}

// wireOverhead is what RTP header, extensions and SRTP's tag, UDP and IP add to a payload on the way to a client, about.
const wireOverhead = 12 + 12 + 16 + 28

// presentLocked is what is forwarded, or will be from the next key frame on.
func (s *Slot) presentLocked() allocate.Layer {
	if s.want == nil || s.most.paused() {
		return allocate.Paused
	}
	return allocate.Layer{Spatial: int8(min(s.aimed, s.most.tier)), Temporal: int8(min(s.most.temporal, allocate.MaxTemporal-1))}
}

// limitTo bounds what the slot forwards to what there is room for. Where that is all that the view asks for, and all
// temporal layers that the allocator knows of, there is no bound: what the view takes away is not taken away in a hurry.
func (s *Slot) limitTo(a *allocate.Slot, now time.Duration) {
	tier, temporal := int(a.Chosen.Spatial), int(a.Chosen.Temporal)
	if tier >= 0 && temporal >= 0 && (temporal == allocate.MaxTemporal-1 || a.Rates[tier][temporal+1] <= a.Rates[tier][temporal]) {
		temporal = noLimit
	}
	if tier >= int(a.Max.Spatial) {
		tier = noLimit
	} else if tier >= 0 && s.overwhelms(a.Chosen, &a.Rates) {
		s.cutOff()
	}
	s.setTarget(tier, temporal, now)
}

// overwhelms tells whether even the fewest frames of what is forwarded take much more than there is room for: going on
// with it until the lower layer's key frame comes would drown the sound.
func (s *Slot) overwhelms(l allocate.Layer, rates *allocate.Rates) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil || s.pub.scalable() {
		return false
	}
	if _, best, live := s.pub.choose(s.view, int(l.Spatial), 0); !live || best > int(l.Spatial) {
		return false // there is nothing less to go to yet
	}
	present := min(slices.Index(s.pub.layers, s.now), allocate.MaxSpatial-1)
	return present > int(l.Spatial) && float64(rates[present][0]) > overwhelming*float64(rates[l.Spatial][l.Temporal])
}

const overwhelming = 1.2

// cutOff stops what is forwarded at once. What comes next begins with a fresh key frame, lest it be a flood itself.
func (s *Slot) cutOff() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked()
	s.peer.server.counters.cutOffs.Add(1)
	s.cut, s.settled = true, s.sequence.Next()
}

// pad sends about n bytes of what the client has already, or of nothing, in turn on the slots that can.
func (p *Peer) pad(slots []*Slot, n int) {
	b := &p.ticks.bandwidth
	for packets, misses := 0, 0; n > 0 && packets < maxPadding && misses < len(slots); {
		b.turn++
		s := slots[b.turn%len(slots)]
		sent := 0
		if s.Kind == transport.Video {
			sent = s.probe(&p.ticks.padOut)
		}
		if sent == 0 {
			misses++
			continue
		}
		packets, misses = packets+1, 0
		n -= sent
	}
}

// probe sends the slot's last packet once more as a retransmission, or padding alone, and returns its size; 0 when the
// slot cannot.
func (s *Slot) probe(out *outgoing) int {
	s.mu.Lock()
	format, last := s.format, s.sequence.Next()-1
	s.mu.Unlock()
	if format == nil || s.stream.RTX == 0 {
		return 0
	}
	if s.repeat(last, out) {
		return len(out.packet.Head) + len(out.packet.Body) + wireOverhead
	}
	c := format.retransmittable()
	if c == nil {
		return 0
	}
	out.packet = transport.Packet{
		SSRC: s.stream.RTX, PayloadType: c.RTX, Sequence: s.nextRepair(true), Padding: 255, Probe: true,
	}
	if s.peer.conn.Send(&out.packet) != nil {
		return 0
	}
	return 255 + wireOverhead
}
