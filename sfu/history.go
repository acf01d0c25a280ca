package sfu

import (
	"encoding/binary"
	"time"

	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/rewrite"
	"github.com/digierapro/parley/sfu/transport"
)

// history is the map of what a slot has sent lately, from outgoing numbers to the publishers' rings. It starts small and
// doubles while packets younger than historyKeep would be forgotten. Guarded by its slot's mu.
type history struct {
	entries []sent // at number & (len-1)
	limit   int
}

// sent is one packet as it went out.
type sent struct {
	number    uint64
	ext       uint64
	layer     *Layer
	at        time.Duration // when it was sent last
	epoch     uint32
	timestamp uint32
	pictures  rewrite.Counters
	frame     uint16 // number in the dependency descriptor
	marker    bool
	empty     bool // holds the place of a packet that was left out
	tries     uint8
}

const (
	minHistory   = 32
	videoHistory = 512
	audioHistory = 128
	historyKeep  = time.Second

	maxResends = 3
	// A packet is not sent again within a round trip, since the receiver may have asked before the last one came.
	minResendGap = 15 * time.Millisecond
	maxResendGap = 100 * time.Millisecond
)

func (h *history) put(e sent, now time.Duration) {
	e.at = now
	if h.entries == nil {
		h.entries = make([]sent, minHistory)
	}
	old := &h.entries[e.number&uint64(len(h.entries)-1)]
	if old.layer != nil && now-old.at < historyKeep && len(h.entries) < h.limit {
		h.grow()
		old = &h.entries[e.number&uint64(len(h.entries)-1)]
	}
	*old = e
}

func (h *history) grow() {
	before := h.entries
	h.entries = make([]sent, 2*len(before))
	for _, e := range before {
		if e.layer != nil {
			h.entries[e.number&uint64(len(h.entries)-1)] = e
		}
	}
}

// find returns the packet with an outgoing number.
func (h *history) find(number uint64) *sent {
	if len(h.entries) == 0 {
		return nil
	}
	if e := &h.entries[number&uint64(len(h.entries)-1)]; e.layer != nil && e.number == number {
		return e
	}
	return nil
}

// resend answers a negative acknowledgement for one packet, as a retransmission (RFC 4588). out is the caller's scratch.
func (s *Slot) resend(seq uint16, now, rtt time.Duration, out *outgoing) bool {
	e, c, ok := s.recall(seq, now, rtt)
	return ok && s.sendAgain(&e, c, seq, false, out)
}

// repeat sends a packet once more although nobody misses it: a probe of the way to the client.
func (s *Slot) repeat(number uint64, out *outgoing) bool {
	s.mu.Lock()
	found := s.history.find(number)
	if found == nil || s.format == nil || s.codec.out == nil || s.codec.out.RTX == 0 {
		s.mu.Unlock()
		return false
	}
	e, c := *found, s.codec.out
	s.mu.Unlock()
	return s.sendAgain(&e, c, uint16(number), true, out)
}

// sendAgain sends what a record of the history describes as a retransmission.
func (s *Slot) sendAgain(e *sent, c *codecFormat, seq uint16, probe bool, out *outgoing) bool {
	p, ok := e.layer.copyOut(e.epoch, e.ext, out.body[:])
	if !ok {
		return false
	}
	if s.Kind == transport.Audio {
		if c = s.codecOf(e.layer, p.PayloadType); c == nil || c.RTX == 0 {
			return false
		}
	}
	d, _ := codec.Describe(c.name, p.Payload)
	s.fill(out, e, c, &p, &d)
	// The original's number goes before the payload.
	var number [2]byte
	binary.BigEndian.PutUint16(number[:], seq)
	head := out.packet.Head
	n := len(head)
	copy(out.head[2:], out.head[:n])
	copy(out.head[:], number[:])
	out.packet.Head = out.head[:2+n]
	out.packet.SSRC, out.packet.PayloadType = s.stream.RTX, c.RTX
	out.packet.Sequence, out.packet.Repair, out.packet.Probe = s.nextRepair(probe), true, probe
	return s.peer.conn.Send(&out.packet) == nil
}

// codecOf is what the receiver calls the codec of a layer's packet: not always that of the last one, where some came as
// RED and others were restored from it.
func (s *Slot) codecOf(l *Layer, payloadType uint8) *codecFormat {
	in, _ := l.pub.format.Load().find(payloadType)
	s.mu.Lock()
	defer s.mu.Unlock()
	if in == nil || s.format == nil {
		return nil
	}
	return s.format.match(in)
}

func (s *Slot) nextRepair(probe bool) uint16 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.repairs++
	if probe {
		s.probes++
	}
	return s.repairs
}

// recall finds what was sent under a number, if it may be sent again now, and counts it as sent.
func (s *Slot) recall(seq uint16, now, rtt time.Duration) (e sent, c *codecFormat, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.sequence.Next() - 1
	found := s.history.find(last - uint64(uint16(last)-seq))
	if found == nil || found.number < s.settled || s.Kind == transport.Video && s.peer.conn.Held() || s.retreatingLocked() || s.format == nil || s.stream.RTX == 0 || s.codec.out == nil || s.codec.out.RTX == 0 {
		return e, nil, false
	}
	gap := maxResendGap
	if rtt > 0 {
		gap = min(max(rtt, minResendGap), maxResendGap)
	}
	if found.tries >= maxResends || found.tries > 0 && now-found.at < gap {
		return e, nil, false
	}
	found.tries++
	found.at = now
	return *found, s.codec.out, true
}
