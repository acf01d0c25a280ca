package engineio

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// The opcodes of RFC 6455, 5.2, beside opText and opBinary.
const (
	opContinuation byte = 0x0
	opClose        byte = 0x8
	opPing         byte = 0x9
	opPong         byte = 0xa
)

// maxControl is the longest payload of a control frame (RFC 6455, 5.5).
const maxControl = 125

var (
	errFrame           = errors.New("engineio: not a frame of a WebSocket client")
	errMessageTooLarge = errors.New("engineio: message too large")
)

// received is what a frame brought: a control frame's payload, which is a part of what was read, or a whole message, which
// is not. After a fragment that is not the last one, opcode is opContinuation.
type received struct {
	opcode byte
	data   []byte
}

// frameReader takes apart what a client sends over its WebSocket, and joins fragments.
type frameReader struct {
	opcode  byte   // of the message whose fragments are coming; opContinuation when none is
	message []byte // what of it has come
}

// next takes the first frame of b and changes its bytes; used is 0 while the frame is not whole. What is wrong with one is
// found as soon as its header is there.
func (r *frameReader) next(b []byte, limit int) (got received, used int, err error) {
	h, err := parseFrameHeader(b)
	if err != nil || h.size == 0 {
		return received{}, 0, err
	}
	control := h.opcode >= opClose
	switch {
	case control:
	case (h.opcode == opContinuation) != (r.opcode != opContinuation):
		return received{}, 0, errFrame // a fragment of nothing, or a message within another
	case h.length > uint64(max(0, limit-len(r.message))):
		return received{}, 0, errMessageTooLarge
	}
	if uint64(len(b)-h.size) < h.length {
		return received{}, 0, nil
	}
	used = h.size + int(h.length)
	payload := b[h.size:used]
	unmask(payload, b[h.size-4:h.size])
	switch {
	case control:
		return received{h.opcode, payload}, used, nil
	case h.final && h.opcode != opContinuation:
		return received{h.opcode, bytes.Clone(payload)}, used, nil
	}
	r.message = append(r.message, payload...)
	if h.opcode != opContinuation {
		r.opcode = h.opcode
	}
	if !h.final {
		return received{}, used, nil
	}
	got = received{r.opcode, r.message}
	*r = frameReader{}
	return got, used, nil
}

// frameHeader is RFC 6455, 5.2.
type frameHeader struct {
	opcode byte
	final  bool
	length uint64 // of the payload
	size   int    // of the header with its masking key; 0 while it is not whole
}

func parseFrameHeader(b []byte) (frameHeader, error) {
	if len(b) < 2 {
		return frameHeader{}, nil
	}
	h := frameHeader{opcode: b[0] & 0x0f, final: b[0]&0x80 != 0, length: uint64(b[1] & 0x7f)}
	known := h.opcode <= opBinary || h.opcode >= opClose && h.opcode <= opPong
	if !known || b[0]&0x70 != 0 || b[1]&0x80 == 0 {
		return h, errFrame // or an extension that was not agreed on, or not masked
	}
	if h.opcode >= opClose && (!h.final || h.length > maxControl) {
		return h, errFrame
	}
	size := 2
	switch h.length {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	if len(b) < size+4 {
		return h, nil
	}
	switch h.length {
	case 126:
		h.length = uint64(binary.BigEndian.Uint16(b[2:]))
	case 127:
		h.length = binary.BigEndian.Uint64(b[2:])
	}
	h.size = size + 4
	return h, nil
}

// unmask is RFC 6455, 5.3.
func unmask(b, key []byte) {
	mask := binary.LittleEndian.Uint32(key)
	for wide := uint64(mask)<<32 | uint64(mask); len(b) >= 8; b = b[8:] {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^wide)
	}
	for i := range b {
		b[i] ^= key[i%4]
	}
}

// closeCode reads the payload of a close frame (RFC 6455, 5.5.1 and 7.4); 1005 when there is no code.
func closeCode(payload []byte) (int, error) {
	if len(payload) == 0 {
		return 1005, nil
	}
	if len(payload) == 1 {
		return 0, errFrame
	}
	code := int(binary.BigEndian.Uint16(payload))
	switch {
	case code >= 1000 && code <= 1014 && (code < 1004 || code > 1006), code >= 3000 && code <= 4999:
		return code, nil
	}
	return 0, errFrame
}
