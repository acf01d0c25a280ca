package sfu

import (
	"encoding/binary"
	"time"

	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/rtpbuf"
)

// HandleRTP implements transport.Handler: one packet from the client, carried all the way to its receivers.
func (p *Peer) HandleRTP(packet []byte, arrival time.Time) {
	c := &p.server.counters
	c.packetsIn.Add(1)
	p.rtpOut.batch = p.conn.Batch()
	in := inboundPacket{now: arrival.Sub(p.server.epoch)}
	var ok bool
	if in.header, ok = rtpbuf.ParseHeader(packet); !ok {
		c.drop(dropMalformed)
		return
	}
	l := p.demux.layerOf(p.routing.Load(), &in.header, in.now, c)
	if l == nil {
		return
	}
	f := l.pub.format.Load()
	if in.codec, in.repaired = f.find(in.header.PayloadType); in.codec == nil {
		c.drop(dropPayloadType)
		return
	}
	in.readExtensions(f)
	p.ascend(&in, len(packet))
	if in.repaired && !in.restore() {
		return // padding in the shape of a retransmission
	}
	if in.codec.name == codec.RED && !l.restoreFrom(&in, f, &p.packet) {
		c.drop(dropPayload)
		return
	}
	l.receive(&in, &p.packet)
}

// restore turns a retransmission back into the packet it repeats (RFC 4588 section 4): the original sequence number
// stands before the payload.
func (in *inboundPacket) restore() bool {
	h := &in.header
	if len(h.Payload) < 3 {
		return false
	}
	h.Sequence = binary.BigEndian.Uint16(h.Payload)
	h.Payload = h.Payload[2:]
	h.PayloadType = in.codec.PayloadType
	return true
}

// readExtensions takes the header extensions that go on to receivers.
func (in *inboundPacket) readExtensions(f *format) {
	h := &in.header
	for id, value, rest := h.NextExtension(h.Extensions()); id != 0; id, value, rest = h.NextExtension(rest) {
		switch id {
		case f.extensions.AudioLevel:
			if len(value) > 0 {
				in.audioLevel, in.hasAudioLevel = value[0], true
			}
		case f.extensions.AbsSendTime:
			if len(value) == 3 {
				in.sendTime, in.hasSendTime = uint32(value[0])<<16|uint32(value[1])<<8|uint32(value[2]), true
			}
		case f.extensions.VideoOrientation:
			if len(value) > 0 {
				in.videoOrientation, in.hasVideoOrientation = value[0], true
			}
		case f.extensions.DependencyDescriptor:
			in.descriptor = value
		}
	}
}
