package sfu

import (
	"slices"
	"time"

	"github.com/digierapro/parley/sfu/rtpbuf"
	"github.com/digierapro/parley/sfu/transport"
)

// routing is how a peer's packets find their publications; immutable.
type routing struct {
	pubs       []*Publication
	byMid      map[string]*Publication
	declared   map[uint32]string // SSRC, also of retransmissions, to mid
	extensions transport.Extensions
}

func newRouting(pubs []*Publication, sections []transport.Section) *routing {
	t := &routing{pubs: pubs, byMid: make(map[string]*Publication, len(pubs)), declared: make(map[uint32]string)}
	for _, pub := range pubs {
		t.byMid[pub.mid] = pub
	}
	for i := range sections {
		sec := &sections[i]
		if t.byMid[sec.Mid] == nil {
			continue
		}
		for _, s := range sec.Streams {
			t.declared[s.SSRC] = sec.Mid
			if s.RTX != 0 {
				t.declared[s.RTX] = sec.Mid
			}
		}
		// In a bundle an id means the same in all sections (RFC 9143 section 9.1 and RFC 8285 section 6).
		merge(&t.extensions.MID, sec.Extensions.MID)
		merge(&t.extensions.RID, sec.Extensions.RID)
		merge(&t.extensions.RepairedRID, sec.Extensions.RepairedRID)
	}
	return t
}

func merge(id *uint8, other uint8) {
	if *id == 0 {
		*id = other
	}
}

// demux finds the layer of each incoming stream (RFC 8843 section 9.2): by a declared SSRC, by the MID and RID
// extensions that the first packets of a stream carry, else by a payload type that only one section has. Owned by the
// read loop.
type demux struct {
	table   *routing // that the layers below come from
	streams map[uint32]*inboundStream
}

// inboundStream is what is known of one SSRC.
type inboundStream struct {
	mid, rid string
	layer    *Layer // nil while no section fits
	seen     time.Duration
}

const (
	maxStreams    = 64
	streamTimeout = 10 * time.Second // after which a full table gives a silent stream's place to another
)

// layerOf finds the layer of a packet; nil when it cannot be told.
func (d *demux) layerOf(t *routing, h *rtpbuf.Header, now time.Duration, c *counters) *Layer {
	if t != d.table {
		d.table = t
		for _, s := range d.streams {
			s.layer = t.layer(s.mid, s.rid)
		}
	}
	s := d.streams[h.SSRC]
	if s == nil || s.layer == nil {
		if s = d.resolve(h, s, now, c); s == nil {
			return nil
		}
	}
	s.seen = now
	return s.layer
}

// resolve learns what an SSRC is from a packet of it.
func (d *demux) resolve(h *rtpbuf.Header, known *inboundStream, now time.Duration, c *counters) *inboundStream {
	mid, rid := d.table.identify(h)
	l := d.table.layer(mid, rid)
	if l == nil {
		c.drop(dropUnknownSSRC)
		return nil
	}
	if known == nil {
		if len(d.streams) >= maxStreams && !d.evict(now) {
			c.drop(dropTooManySSRCs)
			return nil
		}
		known = &inboundStream{}
		d.streams[h.SSRC] = known
	}
	known.mid, known.rid, known.layer = mid, rid, l
	return known
}

// evict forgets the streams that have been silent for long.
func (d *demux) evict(now time.Duration) bool {
	for ssrc, s := range d.streams {
		if now-s.seen > streamTimeout {
			delete(d.streams, ssrc)
		}
	}
	return len(d.streams) < maxStreams
}

// identify reads the section and the layer that a packet names.
func (t *routing) identify(h *rtpbuf.Header) (mid, rid string) {
	for id, value, rest := h.NextExtension(h.Extensions()); id != 0; id, value, rest = h.NextExtension(rest) {
		switch id {
		case t.extensions.MID:
			mid = string(value)
		case t.extensions.RID, t.extensions.RepairedRID:
			rid = string(value)
		}
	}
	if mid == "" {
		mid = t.declared[h.SSRC]
	}
	if mid == "" {
		mid = t.byPayloadType(h.PayloadType)
	}
	return mid, rid
}

// byPayloadType is the mid of the only section that has a payload type; "" otherwise.
func (t *routing) byPayloadType(pt uint8) (mid string) {
	for _, pub := range t.pubs {
		if c, _ := pub.format.Load().find(pt); c == nil {
			continue
		}
		if mid != "" {
			return ""
		}
		mid = pub.mid
	}
	return mid
}

// layer finds the layer that a section and a RID name. A publication with one layer needs no RID.
func (t *routing) layer(mid, rid string) *Layer {
	pub := t.byMid[mid]
	if pub == nil {
		return nil
	}
	if len(pub.layers) == 1 {
		return pub.layers[0]
	}
	if i := slices.IndexFunc(pub.layers, func(l *Layer) bool { return l.rid == rid }); i >= 0 {
		return pub.layers[i]
	}
	return nil
}
