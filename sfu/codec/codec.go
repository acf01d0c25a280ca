// Package codec looks into the first bytes of a media payload for what a forwarder has to know: where a key frame
// starts, how large the picture is, and the counters that a switch of source must keep continuous. It never decodes,
// never keeps the bytes, and takes any input: what it cannot read is simply not described.
package codec

import "strings"

// Name of a codec, as registered for RTP.
type Name uint8

// Codecs that are forwarded. Unknown ones pass as opaque packets on which no video switch can start.
const (
	Unknown Name = iota
	Opus
	RED
	VP8
	VP9
	H264
	AV1
)

// Parse finds the codec of an RTP encoding name; names are compared without case (RFC 4855).
func Parse(name string) Name {
	for n, s := range names {
		if n != int(Unknown) && strings.EqualFold(s, name) {
			return Name(n)
		}
	}
	return Unknown
}

var names = [...]string{"unknown", "opus", "red", "VP8", "VP9", "H264", "AV1"}

func (n Name) String() string {
	if int(n) < len(names) {
		return names[n]
	}
	return names[Unknown]
}

// Description is what a payload tells about itself.
type Description struct {
	KeyFrame bool // part of a key frame, as far as this packet tells
	// KeyStart: a decoder that knows nothing can start with this packet.
	KeyStart bool
	Spatial  uint8
	Temporal uint8

	// Width and Height of the picture in pixels where the packet says so (the start of a key frame); otherwise 0.
	Width, Height uint16

	// VP8 holds the payload descriptor when the codec is VP8.
	VP8 VP8Descriptor
}

// Describe reads the beginning of one payload. ok is false for a payload that breaks its codec's format; such a packet
// is not worth forwarding. An empty payload is one (padding carries no media).
func Describe(name Name, payload []byte) (d Description, ok bool) {
	if len(payload) == 0 {
		return d, false
	}
	switch name {
	case VP8:
		return describeVP8(payload)
	case VP9:
		return describeVP9(payload)
	case H264:
		return describeH264(payload)
	case AV1:
		return describeAV1(payload)
	}
	return d, true
}
