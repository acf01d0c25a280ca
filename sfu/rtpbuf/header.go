// Package rtpbuf reads RTP headers, extends sequence numbers to 64 bits, and keeps a stream's last packets for
// retransmission and late joiners. It does no I/O, starts nothing, and a stream's steady state makes no garbage.
package rtpbuf

import "encoding/binary"

// Header is an RTP fixed header (RFC 3550 section 5.1). It points into the packet it was read from.
type Header struct {
	Marker      bool
	PayloadType uint8
	Sequence    uint16
	Timestamp   uint32
	SSRC        uint32

	Payload    []byte // without padding; empty for a packet that is padding only
	extensions []byte
	twoByte    bool
}

const (
	profileOneByte = 0xbede
	profileTwoByte = 0x1000 // the low four bits are application bits
)

// ParseHeader reads a packet. ok is false when it is no RTP of version 2 or its lengths lie.
func ParseHeader(b []byte) (h Header, ok bool) {
	if len(b) < 12 || b[0]>>6 != 2 {
		return h, false
	}
	h.Marker = b[1]&0x80 != 0
	h.PayloadType = b[1] & 0x7f
	h.Sequence = binary.BigEndian.Uint16(b[2:])
	h.Timestamp = binary.BigEndian.Uint32(b[4:])
	h.SSRC = binary.BigEndian.Uint32(b[8:])

	n := 12 + 4*int(b[0]&0x0f)
	if b[0]&0x10 != 0 {
		if len(b) < n+4 {
			return h, false
		}
		profile, size := binary.BigEndian.Uint16(b[n:]), 4*int(binary.BigEndian.Uint16(b[n+2:]))
		n += 4
		if len(b) < n+size {
			return h, false
		}
		if h.twoByte = profile&0xfff0 == profileTwoByte; h.twoByte || profile == profileOneByte {
			h.extensions = b[n : n+size]
		}
		n += size
	}
	end := len(b)
	if b[0]&0x20 != 0 && end > n {
		if end -= int(b[end-1]); b[len(b)-1] == 0 {
			return h, false
		}
	}
	if end < n {
		return h, false
	}
	h.Payload = b[n:end]
	return h, true
}

// NextExtension steps through the header extensions (RFC 8285 sections 4.2 and 4.3): it returns the id and value of the
// next one, and the rest to hand in again. Start with Extensions; id 0 means that there are no more. A length that lies
// ends the walk.
func (h *Header) NextExtension(rest []byte) (id uint8, value, next []byte) {
	for len(rest) > 0 {
		if rest[0] == 0 { // padding between elements
			rest = rest[1:]
			continue
		}
		var size, head int
		if h.twoByte {
			if len(rest) < 2 {
				return 0, nil, nil
			}
			id, size, head = rest[0], int(rest[1]), 2
		} else {
			id, size, head = rest[0]>>4, int(rest[0]&0x0f)+1, 1
			if id == 15 || id == 0 { // reserved: stop here
				return 0, nil, nil
			}
		}
		if len(rest) < head+size {
			return 0, nil, nil
		}
		return id, rest[head : head+size], rest[head+size:]
	}
	return 0, nil, nil
}

// Extensions is the block of header extensions, for NextExtension.
func (h *Header) Extensions() []byte { return h.extensions }
