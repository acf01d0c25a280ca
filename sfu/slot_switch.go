package sfu

import (
	"time"

	"github.com/digierapro/parley/sfu/rewrite"
	"github.com/digierapro/parley/sfu/transport"
)

const (
	// maxReplayAge bounds how old a key frame out of the ring may be: for a new source; for another layer of the source
	// that the receiver sees already, whose picture would jump back; and where anything is better than to wait on.
	maxReplayAge       = 2 * time.Second
	maxReplayAgeLayer  = 250 * time.Millisecond
	maxReplayAgeForced = 10 * time.Second
	// replaySpacing is what lies between the frames of a replay, in ticks of video: the receiver shows them as fast as
	// it decodes them and arrives at the present.
	replaySpacing = 90
	// minStepVideo and minStepAudio are what a new source's first packet lies after the last one at least, in ticks.
	minStepVideo = 900
	minStepAudio = 960
)

// replay is a run of packets out of a layer's ring with which a receiver begins.
type replay struct {
	layer      *Layer
	epoch      uint32
	from, to   uint64
	compressed bool
	timestamp  uint32 // outgoing, of the first frame when compressed
}

// switchLocked begins to forward the layer of p, if a receiver can begin there, and unlocks. Nothing happens otherwise:
// the wait goes on.
func (s *Slot) switchLocked(p *Packet) {
	r, ok := s.beginLocked(p)
	s.mu.Unlock()
	if ok {
		s.play(r, p)
	}
}

func (s *Slot) beginLocked(p *Packet) (r replay, ok bool) {
	l := p.layer
	r = replay{layer: l, epoch: p.epoch, from: p.Ext, to: p.Ext}
	if len(p.Payload) == 0 || s.format == nil {
		return r, false
	}
	if s.foreign = s.codecLocked(p.codec) == nil; s.foreign {
		s.peer.server.counters.drop(dropNoCodec)
		return r, false
	}
	if s.Kind == transport.Video {
		maxAge := maxReplayAge
		switch {
		case s.wait.anything:
			maxAge = maxReplayAgeForced
		case s.now != nil, s.cut:
			maxAge = maxReplayAgeLayer
		}
		if r.from, ok = l.startPoint(p, maxAge); !ok {
			return r, false
		}
		r.to = l.ring.Highest()
		r.compressed = r.from != p.Ext
	}
	s.startTimestampLocked(&r, p)
	s.sequence.Switch(r.from)
	s.pictures.Switch()
	s.frames.switching = true
	s.selector.Restart()
	s.settleLocked(l)
	s.epoch, s.fresh = p.epoch, true
	s.cut = false
	s.peer.server.counters.switches.Add(1)
	if r.compressed {
		s.peer.server.counters.replays.Add(1)
		l.wantKey.Store(0) // who waits on will ask again
	}
	return r, true
}

// startTimestampLocked places the new source in the outgoing time: by the sender's own clock when the slot goes on with
// the same publication and its layers have told it in sender reports, else by the time that has passed here.
func (s *Slot) startTimestampLocked(r *replay, p *Packet) {
	l, rate := r.layer, p.codec.ClockRate
	first, _ := l.ring.Get(r.from)
	last, _ := l.ring.Get(r.to)
	step := uint32(minStepVideo)
	if s.Kind == transport.Audio {
		step = minStepAudio
	}
	if !r.compressed {
		out := s.timestamp.Switch(first.Timestamp, s.placeLocked(l, first.Timestamp, p.Arrival, rate), step)
		s.anchorLocked(l, first.Timestamp, out)
		return
	}
	// The replay's frames crowd before its last one, which lies where it belongs.
	back := uint32(l.framesBetween(r.from, r.to)) * replaySpacing
	out := s.timestamp.Switch(last.Timestamp, s.placeLocked(l, last.Timestamp, p.Arrival, rate), step+back)
	r.timestamp = out - back
	s.anchorLocked(l, last.Timestamp, out)
}

// placeLocked is where an incoming timestamp of a layer belongs in the outgoing time.
func (s *Slot) placeLocked(l *Layer, ts uint32, now time.Duration, rate uint32) uint32 {
	byArrival := s.timestamp.Elapsed(ts, now, rate)
	if s.anchorOf != l.pub || !s.anchor.Known() || !l.reference.Known() {
		return byArrival
	}
	bySender := s.anchor.Timestamp(l.reference.At(ts))
	if off := int32(bySender - byArrival); off > 2*int32(rate) || off < -2*int32(rate) {
		return byArrival // one of the reports is wrong
	}
	return bySender
}

// anchorLocked notes, once for a publication, which outgoing timestamp belongs to which time of the sender. Later
// switches go by that, so that what one switch had to shift does not add up.
func (s *Slot) anchorLocked(l *Layer, in, out uint32) {
	if s.anchorOf == l.pub && s.anchor.Known() {
		return
	}
	s.anchorOf, s.anchor = l.pub, rewrite.Reference{}
	if l.reference.Known() {
		s.anchor = rewrite.Reference{Wall: l.reference.At(in), RTP: out, Rate: l.reference.Rate}
	}
}

// framesBetween counts the changes of timestamp from one packet to another. Read loop only.
func (l *Layer) framesBetween(from, to uint64) (n int) {
	p, _ := l.ring.Get(from)
	ts := p.Timestamp
	for ext := from + 1; ext <= to; ext++ {
		if p, ok := l.ring.Get(ext); ok && p.Timestamp != ts {
			ts = p.Timestamp
			n++
		}
	}
	return n
}

// play sends the packets that a switch begins with; mostly that is the one packet that has just come. It runs in the
// layer's read loop, which alone writes the ring.
func (s *Slot) play(r replay, p *Packet) {
	out, ts := r.timestamp, uint32(0)
	for ext := r.from; ext <= r.to; ext++ {
		stored, ok := r.layer.ring.Get(ext)
		if !ok {
			continue
		}
		d, dependency := r.layer.describeAgain(p.codec.name, &stored)
		again := Packet{Packet: stored, Description: d, dependency: dependency, layer: p.layer, codec: p.codec, epoch: p.epoch, out: p.out}
		if ext == r.from {
			ts = stored.Timestamp
		}
		if stored.Timestamp != ts {
			ts = stored.Timestamp
			out += replaySpacing
		}
		if !s.replayOne(&again, r, out) {
			return
		}
	}
}

// replayOne sends one packet of a replay, unless the slot has been taken off meanwhile.
func (s *Slot) replayOne(p *Packet, r replay, ts uint32) bool {
	s.mu.Lock()
	if s.now != r.layer || s.epoch != r.epoch {
		s.mu.Unlock()
		return false
	}
	if r.compressed {
		s.timestamp.Sent(ts, p.Arrival)
	} else {
		ts = s.timestamp.Map(p.Timestamp, p.Arrival)
	}
	send := s.rewriteLocked(p, ts)
	s.mu.Unlock()
	if send {
		s.send(p.out)
	}
	return true
}
