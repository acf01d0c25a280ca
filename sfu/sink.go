package sfu

import (
	"time"

	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/rtpbuf"
	"github.com/digierapro/parley/sfu/transport"
)

// Sink receives the packets of the layers that it is subscribed to: a Slot is one.
type Sink interface {
	// WriteRTP is called from the loop that read the packet, in the order of arrival, and for one layer never twice at a
	// time. It must not block. The packet and all it points to are the caller's and change after WriteRTP returns.
	WriteRTP(*Packet)
}

// Packet is one packet of a layer on its way to the layer's sinks. Its payload is empty for padding and for a muted
// source.
type Packet struct {
	rtpbuf.Packet
	Description codec.Description

	dependency *codec.Dependency // nil when there is none that can be read

	layer *Layer
	codec *codecFormat
	epoch uint32 // of the layer's numbering
	out   *outgoing
}

// Layer is where the packet comes from.
func (p *Packet) Layer() *Layer { return p.layer }

// Codec is the packet's codec.
func (p *Packet) Codec() codec.Name { return p.codec.name }

// outgoing is the scratch in which one loop makes the packets it sends, so that sending allocates nothing.
type outgoing struct {
	packet     transport.Packet
	batch      *transport.Batch             // of the packet that is being handled
	head       [2 + codec.REDMaxHeader]byte // the original's number on retransmissions, then VP8's or VP9's descriptor or RED's headers
	descriptor [maxDescriptor]byte
	body       [rtpbuf.MaxPacket]byte // copy of a payload read under another loop's lock
}

// inboundPacket is one packet as the demultiplexer hands it to a layer.
type inboundPacket struct {
	header   rtpbuf.Header
	codec    *codecFormat
	repaired bool // came as a retransmission
	now      time.Duration

	audioLevel          uint8
	hasAudioLevel       bool
	videoOrientation    uint8
	hasVideoOrientation bool
	descriptor          []byte
	sendTime            uint32 // by the client's clock, of 24 bits
	hasSendTime         bool
}
