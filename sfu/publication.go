package sfu

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/digierapro/parley/sfu/layer"
	"github.com/digierapro/parley/sfu/rtpbuf"
	"github.com/digierapro/parley/sfu/transport"
)

// Publication is one track that a peer publishes, with its simulcast layers. It lives from the offer that names it to
// the one that no longer does, or to the end of its peer.
type Publication struct {
	// static
	peer   *Peer
	Source Source
	Kind   transport.Kind
	mid    string
	layers []*Layer // from the smallest to the largest; at least one

	format  atomic.Pointer[format] // replaced by a later offer
	muted   atomic.Bool
	closed  atomic.Bool
	hearing hearing // of a microphone

	carriers map[*Slot]struct{} // that it is assigned to; guarded by Room.mu

	// owned by the ticker
	asked      time.Duration // when a key frame was last asked for
	unanswered int           // requests since the last one that had an answer
	active     uint8         // layers that the publisher is told to send, a bit each
}

// silence is how long a layer is behind its newest sibling before it counts as silent. Compared with siblings, so that
// a still screen, of which no layer sends for a while, does not lose its layers.
const silence = 500 * time.Millisecond

func newPublication(p *Peer, source Source, sec *transport.Section) *Publication {
	pub := &Publication{peer: p, Source: source, Kind: sec.Kind, mid: sec.Mid, carriers: make(map[*Slot]struct{})}
	now := p.server.now()
	pub.format.Store(newFormat(sec))
	limits := rtpbuf.VideoLimits
	if sec.Kind == transport.Audio {
		limits = rtpbuf.AudioLimits
	}
	rids := sec.RIDs
	if len(rids) == 0 {
		rids = []string{""}
	}
	for _, i := range layer.Order(rids) {
		l := newLayer(pub, rids[i], limits)
		l.need(now)
		pub.layers = append(pub.layers, l)
	}
	pub.active = 1<<len(pub.layers) - 1
	return pub
}

// key names the publication within its room.
func (p *Publication) key() trackKey { return trackKey{p.peer.id, p.Source} }

// PeerID is the publisher's.
func (p *Publication) PeerID() string { return p.peer.id }

// sameShape tells whether a section of a later offer is this publication still.
func (p *Publication) sameShape(source Source, sec *transport.Section) bool {
	rids := make([]string, 0, len(p.layers))
	for _, l := range p.layers {
		if l.rid != "" {
			rids = append(rids, l.rid)
		}
	}
	theirs := slices.Clone(sec.RIDs)
	slices.Sort(rids)
	slices.Sort(theirs)
	return p.Source == source && p.Kind == sec.Kind && p.mid == sec.Mid && slices.Equal(rids, theirs)
}

// lastSeen is when the newest packet of any layer came; 0 before the first.
func (p *Publication) lastSeen() (newest time.Duration) {
	for _, l := range p.layers {
		newest = max(newest, time.Duration(l.lastSeen.Load()))
	}
	return newest
}

// liveAt tells whether packets of the layer came lately, at a time when some came of its publication.
func (l *Layer) liveAt(newest time.Duration) bool {
	seen := time.Duration(l.lastSeen.Load())
	return seen != 0 && newest-seen < silence && int64(newest) >= l.starved.Load()
}

// close stops all forwarding. Slots are taken off by whoever assigns them.
func (p *Publication) close() { p.closed.Store(true) }
