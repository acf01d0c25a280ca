package engineio

import (
	"encoding/base64"
	"encoding/binary"
)

// headerRoom is the longest header of a WebSocket frame that a server writes (RFC 6455, 5.2, without a mask).
const headerRoom = 10

const (
	opText   byte = 0x1
	opBinary byte = 0x2
)

// Message is something to send: a text and the binary attachments that must follow it. It is encoded once, for both
// transports, and may be sent to any number of sessions; nobody changes it.
type Message struct {
	first frame
	rest  []frame
	size  int

	joined bool // made of several messages, each of an allowed size
}

// frame is one WebSocket frame as it stands on the wire; what follows the header is the packet.
type frame struct {
	wire   []byte
	header uint8
}

// NewBuffer returns a buffer to which the text of a message can be appended, for FromBuffer.
func NewBuffer(size int) []byte {
	b := make([]byte, headerRoom, headerRoom+1+size)
	return append(b, typeMessage)
}

// FromBuffer makes a message of a buffer that began as NewBuffer, and owns it from now on. Attachments are copied.
func FromBuffer(buf []byte, attachments ...[]byte) *Message {
	m := &Message{first: seal(buf, opText)}
	m.size = len(m.first.wire)
	for _, a := range attachments {
		b := make([]byte, headerRoom, headerRoom+len(a))
		f := seal(append(b, a...), opBinary)
		m.rest = append(m.rest, f)
		m.size += len(f.wire)
	}
	return m
}

// NewText makes a message of a text.
func NewText(text string) *Message {
	return FromBuffer(append(NewBuffer(len(text)), text...))
}

// NewBinary makes a message of bytes.
func NewBinary(data []byte) *Message {
	b := make([]byte, headerRoom, headerRoom+len(data))
	return single(seal(append(b, data...), opBinary))
}

// Join makes one message of several, which then stand together in a send queue.
func Join(messages []*Message) *Message {
	joined := &Message{joined: true}
	for i, m := range messages {
		joined.size += m.size
		if i == 0 {
			joined.first = m.first
		} else {
			joined.rest = append(joined.rest, m.first)
		}
		joined.rest = append(joined.rest, m.rest...)
	}
	return joined
}

// Size is the number of bytes that the message takes on a WebSocket.
func (m *Message) Size() int { return m.size }

// newControl makes a message of a packet that is not a message packet.
func newControl(text string) *Message {
	b := make([]byte, headerRoom, headerRoom+len(text))
	return single(seal(append(b, text...), opText))
}

func single(f frame) *Message { return &Message{first: f, size: len(f.wire)} }

// seal writes the frame header into the room in front of the payload.
func seal(buf []byte, opcode byte) frame {
	n := len(buf) - headerRoom
	start := headerRoom - 2
	switch {
	case n > 0xffff:
		start = 0
		buf[1] = 127
		binary.BigEndian.PutUint64(buf[2:], uint64(n))
	case n > 125:
		start = headerRoom - 4
		buf[start+1] = 126
		binary.BigEndian.PutUint16(buf[start+2:], uint16(n))
	default:
		buf[start+1] = byte(n)
	}
	buf[start] = 0x80 | opcode
	return frame{wire: buf[start:], header: uint8(headerRoom - start)}
}

func (f frame) payload() []byte { return f.wire[f.header:] }

func (f frame) isBinary() bool { return f.wire[0]&0x0f == opBinary }

// appendPolling appends the message in the form of a polling payload.
func (m *Message) appendPolling(b []byte) []byte {
	b = m.first.appendPolling(b)
	for _, f := range m.rest {
		b = f.appendPolling(b)
	}
	return b
}

func (f frame) appendPolling(b []byte) []byte {
	if len(b) > 0 {
		b = append(b, separator)
	}
	if !f.isBinary() {
		return append(b, f.payload()...)
	}
	b = append(b, binaryPrefix)
	return base64.StdEncoding.AppendEncode(b, f.payload())
}

func (m *Message) appendWire(bufs [][]byte) [][]byte {
	bufs = append(bufs, m.first.wire)
	for _, f := range m.rest {
		bufs = append(bufs, f.wire)
	}
	return bufs
}
