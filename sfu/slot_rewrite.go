package sfu

import (
	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/layer"
	"github.com/digierapro/parley/sfu/rewrite"
	"github.com/digierapro/parley/sfu/rtpbuf"
	"github.com/digierapro/parley/sfu/transport"
)

// frameNumbers keeps the frame numbers of dependency descriptors going on over sources. Distances between frames stay
// what they are, since that is how frames refer to each other.
type frameNumbers struct {
	switching bool
	next      uint16 // after the highest that went out
	offset    uint16 // from incoming to outgoing
}

func (f *frameNumbers) number(in uint16) (out uint16) {
	if f.switching {
		f.offset, f.switching = f.next-in, false
	}
	out = in + f.offset
	if int16(out-f.next) >= 0 {
		f.next = out + 1
	}
	return out
}

// rewriteLocked makes the outgoing packet, with the timestamp ts, of one of the layer being forwarded, in p.out. It
// reports false when there is nothing to send.
//
// What the receiver is not to get leaves no hole in the numbers, unless something after it has gone out already: then an
// empty packet takes its place, lest the receiver ask for it.
func (s *Slot) rewriteLocked(p *Packet, ts uint32) bool {
	choice := s.chooseLocked(p)
	if (!choice.Keep || len(p.Payload) == 0) && s.sequence.Skip(p.Ext) {
		return false
	}
	c := s.codecLocked(p.codec)
	if c == nil {
		s.peer.server.counters.drop(dropNoCodec)
		return false
	}
	number, ok := s.sequence.Map(p.Ext)
	if !ok {
		s.peer.server.counters.drop(dropUnmapped)
		return false
	}
	e := sent{
		number: number, ext: p.Ext, layer: p.layer, epoch: p.epoch, timestamp: ts,
		marker: p.Marker || choice.Last || s.fresh && s.Kind == transport.Audio, // a talk spurt begins (RFC 3551 section 4.1)
		empty:  !choice.Keep || len(p.Payload) == 0,
	}
	s.fresh = false
	if !e.empty {
		if counters, has := pictureCounters(&p.Description); has {
			e.pictures, ok = s.pictures.Map(counters)
			e.empty = !ok
		}
		if p.dependency != nil {
			e.frame = s.frames.number(p.dependency.Number)
		}
	}
	s.fill(p.out, &e, c, &p.Packet, &p.Description)
	if c.NACK && s.stream.RTX != 0 {
		s.history.put(e, p.Arrival)
	}
	s.sending.note(&p.out.packet, p.Arrival)
	return true
}

// chooseLocked decides whether a packet belongs to the layers that the receiver is to get.
func (s *Slot) chooseLocked(p *Packet) layer.Choice {
	layered := p.dependency != nil || p.codec.name == codec.VP8 || p.codec.name == codec.VP9
	if !layered || len(p.Payload) == 0 {
		return layer.Choice{Keep: true}
	}
	f := layer.Frame{Ext: p.Ext, Timestamp: p.Timestamp, Description: &p.Description, Dependency: p.dependency}
	choice := s.selector.Choose(&f)
	if !choice.Keep && choice.First && p.Description.VP8.HasPictureID {
		counters, _ := pictureCounters(&p.Description)
		s.pictures.Skip(counters)
	}
	return choice
}

// pictureCounters are the counters in VP8's or VP9's payload descriptor.
func pictureCounters(d *codec.Description) (c rewrite.Counters, has bool) {
	switch {
	case d.VP8.HasPictureID || d.VP8.HasTL0 || d.VP8.HasKeyIndex:
		return rewrite.Counters{PictureID: d.VP8.PictureID, LongID: d.VP8.LongID, TL0: d.VP8.TL0, KeyIndex: d.VP8.KeyIndex}, true
	case d.VP9.HasPictureID:
		return rewrite.Counters{PictureID: d.VP9.PictureID, LongID: d.VP9.LongID, TL0: d.VP9.TL0}, true
	}
	return c, false
}

// fill writes the outgoing packet that a record of the history describes.
func (s *Slot) fill(out *outgoing, e *sent, c *codecFormat, p *rtpbuf.Packet, d *codec.Description) {
	out.packet = transport.Packet{
		SSRC: s.stream.SSRC, PayloadType: c.PayloadType, Marker: e.marker, Sequence: uint16(e.number),
		Timestamp: e.timestamp, Source: e.layer.pub.peer.seat, Batch: out.batch,
	}
	if e.empty {
		out.packet.Marker = false
		return
	}
	head, body := out.head[:0], p.Payload
	switch {
	case d.VP8.HasPictureID || d.VP8.HasTL0 || d.VP8.HasKeyIndex:
		desc := d.VP8
		desc.PictureID, desc.TL0, desc.KeyIndex = e.pictures.PictureID, e.pictures.TL0, e.pictures.KeyIndex
		head, body = desc.AppendTo(head), body[desc.Size:]
	case d.VP9.HasPictureID:
		desc := d.VP9
		desc.PictureID, desc.TL0 = e.pictures.PictureID, e.pictures.TL0
		head, body = desc.AppendTo(head), body[desc.Size:]
	case s.Kind == transport.Audio:
		in, _ := e.layer.pub.format.Load().find(p.PayloadType)
		head, body = redTo(head, body, in, c)
	}
	out.packet.Head, out.packet.Body = head, body
	out.packet.AudioLevel, out.packet.HasAudioLevel = p.AudioLevel, p.HasAudioLevel
	out.packet.VideoOrientation, out.packet.HasVideoOrientation = p.VideoOrientation, p.HasVideoOrientation
	if s.descriptors && len(p.Descriptor) > 0 {
		out.packet.DependencyDescriptor = out.descriptor[:copy(out.descriptor[:], p.Descriptor)]
		codec.RenumberDependency(out.packet.DependencyDescriptor, e.frame)
	}
}
