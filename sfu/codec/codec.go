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
	// Sync: a receiver can take a higher temporal layer up from here. For VP8 this frame is predicted from the base layer
	// only; for VP9 the higher layers after it need nothing that was before it.
	Sync bool
	// Intra: not predicted from an earlier picture; a lower spatial layer of the same one may be needed. VP9 only.
	Intra bool
	// End: the last packet of its frame, which is one spatial layer of a picture. VP9 only; otherwise the marker tells.
	End bool

	// Width and Height of the picture in pixels where the packet says so (the start of a key frame); otherwise 0.
	Width, Height uint16

	// Spatials is the number of spatial layers, with their sizes as far as they are told, where the packet says so.
	Spatials uint8
	Sizes    [MaxSpatial]Size
	// VP8 and VP9 hold the payload descriptor when the codec is that one.
	VP8 VP8Descriptor
	VP9 VP9Descriptor
}

// Size of a picture in pixels.
type Size struct{ Width, Height uint16 }

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
