package sfu

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/rewrite"
	"github.com/digierapro/parley/sfu/rtpbuf"
	"github.com/digierapro/parley/sfu/transport"
)

// Layer is one incoming RTP stream of a publication: a simulcast layer, or all there is.
type Layer struct {
	// static
	pub *Publication
	rid string

	// written by the read loop, read by anyone
	ssrc     atomic.Uint32 // 0 before the first packet
	lastSeen atomic.Int64  // monotonic; 0 before the first packet
	size     atomic.Uint32 // width<<16 | height of the last key frame; of its largest spatial layer
	spatial  spatialLayers // within the stream
	rates    rates
	keySeen  atomic.Int64 // when the last key frame began to arrive; 0 before the first
	wantKey  atomic.Int64 // since when somebody waits for a key frame; 0 when nobody does; set by anyone
	needed   atomic.Int64 // when somebody wanted the layer last; set by anyone
	starved  atomic.Int64 // until when it counts as silent, since the way from the publisher has no room for it

	// owned by the read loop of the publisher
	unwrap    rtpbuf.Unwrapper
	ssrcSince time.Duration
	keyExt    uint64 // start of the last key frame
	hasKey    bool

	structure  *codec.DependencyStructure // of the last key frame that carried one
	dependency codec.Dependency           // of the packet at hand

	// sinks is an immutable list, replaced under sinkMu
	sinks  atomic.Pointer[[]Sink]
	sinkMu sync.Mutex

	// guarded by mu: written by the read loop, read by whoever answers or asks for retransmissions and by reports. The
	// read loop, being the only writer, may read without it.
	mu        sync.Mutex
	epoch     uint32 // counts the sender's numberings: sequence numbers of different epochs do not compare
	ring      rtpbuf.Ring
	lost      lossList
	reception reception
	reference rewrite.Reference // from the last sender report, which came at reception.lastReportAt
}

func newLayer(pub *Publication, rid string, limits rtpbuf.Limits) *Layer {
	l := &Layer{pub: pub, rid: rid}
	l.ring.Limits = limits
	l.sinks.Store(&[]Sink{})
	return l
}

// RID of the layer; "" when there is only one.
func (l *Layer) RID() string { return l.rid }

// Publication that the layer belongs to.
func (l *Layer) Publication() *Publication { return l.pub }

// subscribe adds a sink, once.
func (l *Layer) subscribe(s Sink) {
	l.sinkMu.Lock()
	defer l.sinkMu.Unlock()
	if old := *l.sinks.Load(); !slices.Contains(old, s) {
		next := make([]Sink, len(old)+1)
		next[copy(next, old)] = s
		l.sinks.Store(&next)
	}
}

func (l *Layer) unsubscribe(s Sink) {
	l.sinkMu.Lock()
	defer l.sinkMu.Unlock()
	old := *l.sinks.Load()
	if i := slices.Index(old, s); i >= 0 {
		next := make([]Sink, len(old)-1)
		copy(next[copy(next, old[:i]):], old[i+1:])
		l.sinks.Store(&next)
	}
}

// receive takes one packet of the layer's stream and hands it to the sinks. Read loop only; out is the caller's scratch.
func (l *Layer) receive(in *inboundPacket, p *Packet) {
	c := &l.pub.peer.server.counters
	ext, ok := l.extend(in)
	if !ok {
		c.drop(dropSequence)
		return
	}
	silent := l.pub.muted.Load() || l.pub.closed.Load()
	payload := in.header.Payload
	if silent {
		payload = nil // nothing of a muted source is kept, not even for later
	}
	d, dependency, described := l.describe(in, payload)
	if !described {
		if len(payload) > 0 {
			c.drop(dropPayload)
		}
		payload, in.descriptor = nil, nil
	}
	if p.Packet, ok = l.keep(ext, payload, in); !ok {
		c.drop(dropDuplicate)
		return
	}
	if in.repaired {
		c.recovered.Add(1)
	}
	l.noteKey(ext, &d, in.now)
	if silent {
		return
	}
	l.noteRate(&d, dependency, len(payload), in.now)
	p.Description, p.dependency, p.layer, p.codec, p.epoch = d, dependency, l, in.codec, l.epoch
	if l.pub.Kind == transport.Audio && !l.pub.hearing.pass(in) {
		p.Payload = nil // silence: sinks leave it out
	}
	for _, sink := range *l.sinks.Load() {
		sink.WriteRTP(p)
	}
}

// extend finds the packet's place in the layer's numbering.
func (l *Layer) extend(in *inboundPacket) (ext uint64, ok bool) {
	if in.repaired {
		return l.unwrap.Near(in.header.Sequence)
	}
	if !l.fromStream(in.header.SSRC, in.now) {
		return 0, false
	}
	ext, restarted, ok := l.unwrap.Extend(in.header.Sequence)
	if restarted {
		l.restart()
	}
	return ext, ok
}

// keep stores a packet and accounts for it; false for one that is there already, or too old or large for the ring.
func (l *Layer) keep(ext uint64, payload []byte, in *inboundPacket) (stored rtpbuf.Packet, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	highest := l.ring.Highest()
	stored, ok = l.ring.Put(rtpbuf.Packet{
		Ext: ext, Timestamp: in.header.Timestamp, Arrival: in.now,
		PayloadType: in.header.PayloadType, Marker: in.header.Marker,
		AudioLevel: in.audioLevel, HasAudioLevel: in.hasAudioLevel,
		VideoOrientation: in.videoOrientation, HasVideoOrientation: in.hasVideoOrientation,
		Descriptor: in.descriptor, Payload: payload,
	})
	if !ok {
		return stored, false
	}
	if in.codec.NACK && !l.lost.note(highest, ext, in.now) {
		l.askKey(in.now - keyFrameGrace) // more is gone than can be asked for
	}
	if !in.repaired {
		l.reception.note(ext, in.header.Timestamp, in.now, in.codec.ClockRate)
	}
	l.reception.noteMedia(len(payload), in.header.Timestamp, in.repaired, in.now)
	l.doubtReferenceLocked(in)
	l.lastSeen.Store(int64(in.now))
	return stored, true
}

func (l *Layer) noteKey(ext uint64, d *codec.Description, now time.Duration) {
	if !d.KeyStart {
		return
	}
	if d.Width > 0 {
		l.size.Store(uint32(d.Width)<<16 | uint32(d.Height))
	}
	if before, ok := l.ring.Get(l.keyExt); l.hasKey && ok {
		// Parameter sets and the picture may each look like a start; a receiver needs the first of them.
		if this, _ := l.ring.Get(ext); this.Timestamp == before.Timestamp {
			l.keyExt = min(l.keyExt, ext)
			return
		}
	}
	if !l.hasKey || ext > l.keyExt {
		l.keyExt, l.hasKey = ext, true
		l.keySeen.Store(int64(now))
	}
	l.wantKey.Store(0)
}

// fromStream follows the sender to another SSRC, at most once a second, since that throws away what is kept.
func (l *Layer) fromStream(ssrc uint32, now time.Duration) bool {
	old := l.ssrc.Load()
	if old == ssrc {
		return true
	}
	if old != 0 {
		if now-l.ssrcSince < time.Second {
			return false
		}
		l.unwrap.Restart()
		l.restart()
	}
	l.ssrcSince = now
	l.ssrc.Store(ssrc)
	return true
}

// restart forgets what belongs to the sender's old numbering.
func (l *Layer) restart() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch++
	l.hasKey = false
	l.ring = rtpbuf.Ring{Limits: l.ring.Limits}
	l.lost = lossList{}
	l.reception = reception{}
	l.reference = rewrite.Reference{}
}

// copyOut copies a kept packet for a loop other than the layer's own; its slices are in buf.
func (l *Layer) copyOut(epoch uint32, ext uint64, buf []byte) (p rtpbuf.Packet, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if epoch != l.epoch {
		return p, false
	}
	if p, ok = l.ring.Get(ext); !ok {
		return p, false
	}
	n := copy(buf, p.Payload)
	m := n + copy(buf[n:], p.Descriptor)
	p.Payload, p.Descriptor = buf[:n:n], buf[n:m:m]
	return p, true
}

// Replaying begins with a key frame that is fresh enough that the receiver does not notice, and whole.
const maxReplayPackets = 100

// startPoint finds the packet with which a receiver can begin now that p has arrived: p itself when it starts a key
// frame, else the start of the last key frame when it came at most maxAge ago and nothing since is missing. Read loop
// only.
func (l *Layer) startPoint(p *Packet, maxAge time.Duration) (ext uint64, ok bool) {
	if !l.hasKey {
		return 0, false
	}
	if p.Ext == l.keyExt {
		return p.Ext, true
	}
	highest := l.ring.Highest()
	if p.Arrival-time.Duration(l.keySeen.Load()) > maxAge || highest-l.keyExt >= maxReplayPackets {
		return 0, false
	}
	for ext := l.keyExt; ext <= highest; ext++ {
		if _, ok := l.ring.Get(ext); !ok {
			return 0, false
		}
	}
	return l.keyExt, true
}
