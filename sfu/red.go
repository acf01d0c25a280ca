package sfu

import (
	"github.com/digierapro/parley/sfu/codec"
)

// Redundant sound (RFC 2198): a publisher that sends RED repeats in each packet what one or more before it carried. To
// receivers that agreed to RED the packets go as they are, to the others as the Opus that is in them. What the network
// lost of it is restored for everyone from the packet that repeats it.

// named finds a codec of the section; nil when it is not there.
func (f *format) named(name codec.Name) *codecFormat {
	for i := range f.codecs {
		if f.codecs[i].name == name {
			return &f.codecs[i]
		}
	}
	return nil
}

// restoreFrom hands the layer those packets that it misses and that a RED packet repeats. It reports false for a packet
// that is malformed or carries anything but Opus. Read loop only.
func (l *Layer) restoreFrom(in *inboundPacket, f *format, p *Packet) bool {
	payload := in.header.Payload
	if len(payload) == 0 {
		return true // padding
	}
	red, ok := codec.ParseRED(payload)
	opus := f.named(codec.Opus)
	if !ok || opus == nil || !red.Only(opus.PayloadType) {
		return false
	}
	for i := range red.Redundant() {
		frame, offset := red.Block(payload, i)
		lost := *in
		lost.header.Sequence -= uint16(red.Redundant() - i) // blocks are those of the packets directly before
		lost.header.Timestamp -= offset
		if len(frame) == 0 || offset == 0 || !l.misses(&lost) {
			continue
		}
		lost.header.Payload, lost.header.PayloadType, lost.header.Marker = frame, opus.PayloadType, false
		lost.codec, lost.repaired = opus, true
		l.receive(&lost, p)
	}
	return true
}

// misses tells whether a packet of the present numbering has not come, and its timestamp fits between its neighbours'.
// Read loop only.
func (l *Layer) misses(in *inboundPacket) bool {
	ext, ok := l.unwrap.Near(in.header.Sequence)
	if !ok || l.ssrc.Load() != in.header.SSRC || !l.reception.started || ext <= l.reception.base {
		return false
	}
	if _, here := l.ring.Get(ext); here {
		return false
	}
	before, ok := l.ring.Get(ext - 1)
	if ok && int32(in.header.Timestamp-before.Timestamp) <= 0 {
		return false
	}
	after, ok := l.ring.Get(ext + 1)
	return !ok || int32(after.Timestamp-in.header.Timestamp) > 0
}

// redTo makes of a payload in the codec in one in the codec out: of RED its own frame for who takes Opus, and otherwise
// the same with the receiver's number for Opus.
func redTo(head, body []byte, in, out *codecFormat) (newHead, newBody []byte) {
	if in == nil || in.name != codec.RED || len(body) == 0 {
		return head, body
	}
	red, ok := codec.ParseRED(body)
	switch {
	case !ok: // cannot be: it was looked at when it came
		return head, nil
	case out.name == codec.Opus:
		own, _ := red.Block(body, red.Redundant())
		return head, own
	case out.inner != 0 && !red.Only(out.inner):
		return red.AppendHeader(head, out.inner), body[red.HeaderSize():]
	}
	return head, body
}
