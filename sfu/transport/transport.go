// Package transport carries one client's media over the server's one media port: ICE-lite, DTLS, SRTP, and the SDP that
// agrees on them. It is the only package that knows these protocols; above it there are sections, packets and states.
//
// The server is always the answerer, ICE-lite and the DTLS server. A client has one Conn, which every later offer of the
// client updates.
package transport

import "time"

// Kind is what a section carries.
type Kind uint8

// Kinds of media.
const (
	Audio Kind = iota + 1
	Video
)

func (k Kind) String() string {
	switch k {
	case Audio:
		return "audio"
	case Video:
		return "video"
	}
	return "unknown"
}

// Direction of a section, seen from the server.
type Direction uint8

// Directions. A client offers sendonly (or sendrecv, of which only the sending half is taken) for what it publishes and
// recvonly for a slot.
const (
	Inactive Direction = iota
	FromClient
	ToClient
)

// Codec is one codec agreed on for a section. Parameters are the client's, since its numbers are used both ways.
type Codec struct {
	PayloadType uint8
	Name        string // as registered: "opus", "red", "VP8", "VP9", "H264", "AV1"
	ClockRate   uint32 // Hz
	Channels    uint16 // audio only
	Fmtp        string
	RTX         uint8 // payload type of its retransmissions; 0 for none
	NACK        bool
	PLI         bool
	FIR         bool
	TransportCC bool
}

// Extensions are the ids of the header extensions agreed on for a section; 0 for one that is not.
type Extensions struct {
	MID, RID, RepairedRID uint8
	AudioLevel            uint8
	AbsSendTime           uint8
	TransportCC           uint8
	VideoOrientation      uint8
	DependencyDescriptor  uint8
}

// Stream is one declared RTP stream and the stream of its retransmissions (0 for none).
type Stream struct{ SSRC, RTX uint32 }

// Section is what one media section of an offer came to.
type Section struct {
	Mid        string
	Kind       Kind
	Direction  Direction
	Codecs     []Codec // agreed, most wanted first; empty when rejected
	Extensions Extensions

	// FromClient: the simulcast layers in the client's order, and the streams it declared by a=ssrc. Chromium declares
	// none when it sends simulcast; then the MID and RID extensions of the first packets tell.
	RIDs    []string
	Streams []Stream

	// ToClient: the stream ids this slot sends with, and the canonical name for its source descriptions; the same for
	// one mid in every later answer.
	Slot  Stream
	CNAME string
}

// State of a client's transport.
type State uint8

// States. Interrupted is Connected with nothing heard from the client for some seconds; it may come back. Failed and
// Closed are final.
const (
	Connecting State = iota
	Connected
	Interrupted
	Failed
	Closed
)

func (s State) String() string {
	return [...]string{"connecting", "connected", "interrupted", "failed", "closed"}[s]
}

// Handler receives what one client sends. RTP and RTCP come from a loop that read a socket and must neither block
// nor keep the bytes; calls for one client do not overlap. State changes come in order, from any goroutine, and must not
// block either. All of the Conn's methods may be called from within.
type Handler interface {
	// HandleRTP is called with one decrypted RTP packet: header and payload.
	HandleRTP(packet []byte, arrival time.Time)
	// HandleRTCP is called with one decrypted compound RTCP packet, without the transport's own (transport-wide
	// feedback about what we sent).
	HandleRTCP(packet []byte, arrival time.Time)
	HandleState(State)
}

// Packet is one RTP packet on its way to a client. The transport writes the header, with the transport's own
// extensions, then Head and Body, and seals them; it keeps nothing of it.
type Packet struct {
	SSRC        uint32 // of a slot, or of the slot's retransmissions
	PayloadType uint8
	Marker      bool
	Sequence    uint16
	Timestamp   uint32
	Source      uint32 // written as the one CSRC; 0 for none

	// AudioLevel is the level extension's byte as it came (0x80: voice; 0x7f: -dBov), sent on when HasAudioLevel.
	AudioLevel    uint8
	HasAudioLevel bool
	// VideoOrientation is the orientation extension's byte, sent on when HasVideoOrientation.
	VideoOrientation    uint8
	HasVideoOrientation bool
	// DependencyDescriptor is sent on as it is when not empty.
	DependencyDescriptor []byte

	// Batch to send with; nil to send at once. See Conn.Batch.
	Batch *Batch

	// Padding is how many octets of padding are added, at most 255. Probe marks a packet that is sent only to measure the
	// way: a repetition, or padding.
	Padding uint8
	Probe   bool
	Repair  bool // a retransmission

	Head []byte // rewritten beginning of the payload; may be empty
	Body []byte // the rest, shared with other receivers
}
