package sfu

import (
	"sync"
	"time"

	"github.com/digierapro/parley/sfu/layer"
	"github.com/digierapro/parley/sfu/rewrite"
	"github.com/digierapro/parley/sfu/transport"
)

// Slot is one outgoing track of a peer, with one SSRC for its whole life, into which any publication's layer can be
// switched. It is the Sink of the layer it forwards and of the one it waits for.
type Slot struct {
	// static
	peer   *Peer
	Mid    string
	Kind   transport.Kind
	stream transport.Stream
	cname  string

	// Guarded by mu. Whoever forwards or switches holds mu while it decides and rewrites, and not while it sends.
	mu     sync.Mutex
	format *format // nil while closed
	pub    *Publication
	view   layer.View
	wished layer.View // that the client asked for last; view follows it
	now    *Layer     // forwarded
	want   *Layer     // forwarded from its next key frame on; equal to now, or nil, when nothing is awaited
	epoch  uint32     // of now
	wait   wait
	most   limit
	aimed  int // tier that is forwarded or awaited
	codec  slotCodec

	sequence  rewrite.Sequence
	timestamp rewrite.Timestamp
	pictures  rewrite.Pictures
	frames    frameNumbers
	selector  layer.Selector
	anchor    rewrite.Reference // ties outgoing timestamps to the wall clock of anchorOf's peer
	anchorOf  *Publication
	fresh     bool // nothing of the present source has gone out
	cut       bool // it was stopped for want of room
	held      held
	foreign   bool // the publication's codec is none of the receiver's

	descriptors bool // the receiver takes dependency descriptors

	history history
	settled uint64 // number before which nothing is sent again: it belongs to what was cut off
	repairs uint16 // sequence number of the last retransmission
	probes  uint16 // how many of them only measured the way
	sending sending
	wishes  ration // for key frames
	resizes ration
}

// slotCodec is the codec of the packets that come and what it is called towards the receiver.
type slotCodec struct {
	in  *codecFormat
	out *codecFormat // nil when the receiver did not agree on it
}

func newSlot(p *Peer, sec *transport.Section) *Slot {
	s := &Slot{peer: p, Mid: sec.Mid, Kind: sec.Kind, stream: sec.Slot, cname: sec.CNAME, most: limit{noLimit, noLimit}}
	s.history.limit = videoHistory
	if sec.Kind == transport.Audio {
		s.history.limit = audioHistory
	}
	return s
}

// open makes the slot usable with what its section agreed on.
func (s *Slot) open(f *format) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.format = f
	s.codec, s.foreign = slotCodec{}, false
	s.descriptors = f.extensions.DependencyDescriptor != 0
}

// close takes the slot off its publication until it is opened again. What it has sent is forgotten: it leads to
// publications, these to their peers, and these to slots of their own, so that those who have left would hold each other.
func (s *Slot) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.format = nil
	s.dropLocked()
	s.pub = nil
	s.forgetLocked()
}

// forgetLocked lets go of all that leads to what the slot has sent. Its numbering goes on.
func (s *Slot) forgetLocked() {
	s.anchorOf, s.anchor, s.codec = nil, rewrite.Reference{}, slotCodec{}
	s.history.entries = nil
}

// assign gives the slot a publication (nil: none) at a size. What it carried before stops at once, unless it is the same.
func (s *Slot) assign(pub *Publication, view layer.View, now time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.format == nil || s.pub == pub && s.wished == view {
		return
	}
	s.wished = view
	if s.pub != pub {
		s.dropLocked()
		s.view = view
		s.pub, s.foreign, s.most = pub, false, limit{noLimit, noLimit}
	}
	s.retargetLocked(now)
}

// restart makes the slot begin again with a publication that it carries, as after a change of source.
func (s *Slot) restart(pub *Publication, now time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pub == pub {
		s.dropLocked()
		s.retargetLocked(now)
	}
}

// retarget chooses the layer again, since layers come and go.
func (s *Slot) retarget(now time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retargetLocked(now)
}

// WriteRTP implements Sink.
func (s *Slot) WriteRTP(p *Packet) {
	s.mu.Lock()
	switch {
	case p.layer == s.now && p.epoch == s.epoch:
		if s.held.from != 0 || s.Kind == transport.Video && s.peer.conn.Held() {
			s.holdLocked(p)
			return
		}
		send := s.rewriteLocked(p, s.timestamp.Map(p.Timestamp, p.Arrival))
		s.mu.Unlock()
		if send {
			s.send(p.out)
		}
	case p.layer == s.now:
		// The sender began a new numbering: to the receiver that is a new source.
		s.dropLocked()
		s.targetLocked(p.layer)
		s.switchLocked(p)
	case p.layer == s.want, s.wait.anything && p.layer.pub == s.pub:
		s.switchLocked(p)
	default:
		s.mu.Unlock() // taken off while the packet was on its way
	}
}

// codecLocked finds what the receiver calls a codec; nil when it does not know it.
func (s *Slot) codecLocked(in *codecFormat) *codecFormat {
	if s.codec.in != in && s.format != nil {
		s.codec = slotCodec{in: in, out: s.format.match(in)}
	}
	return s.codec.out
}

// send gives what fill made to the transport.
func (s *Slot) send(out *outgoing) {
	if err := s.peer.conn.Send(&out.packet); err != nil {
		s.peer.server.counters.drop(dropSend)
		return
	}
	s.peer.server.counters.packetsOut.Add(1)
}
