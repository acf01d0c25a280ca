package codec

// RED payloads (RFC 2198) carry, before the packet's own frame, those of some packets before it:
//
//	 0                   1                    2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3  4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|1|   block PT  |  timestamp offset         |   block length    |  of each redundant block, the oldest first
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|0|   block PT  |                                                  of the packet's own, which takes the rest
//	+-+-+-+-+-+-+-+-+

const (
	// REDMaxBlocks bounds the blocks of one packet; browsers send at most nine besides the packet's own.
	REDMaxBlocks = 10
	// REDMaxHeader is the most bytes that the headers of one packet take.
	REDMaxHeader = 4*(REDMaxBlocks-1) + 1
)

// REDPacket is where the blocks of one payload lie. The last is the packet's own.
type REDPacket struct {
	n      int
	blocks [REDMaxBlocks]redBlock
}

type redBlock struct {
	payloadType    uint8
	offset         uint16 // of the timestamp, back from the packet's
	begins, length uint16 // in the payload
}

// ParseRED reads the headers of a payload. ok is false when they are cut off, promise more than there is, or are too many.
func ParseRED(payload []byte) (r REDPacket, ok bool) {
	at := 0
	for ; ; r.n++ {
		if at >= len(payload) || r.n == REDMaxBlocks || len(payload) > 1<<15 {
			return r, false
		}
		b := &r.blocks[r.n]
		b.payloadType = payload[at] & 0x7f
		if payload[at]&0x80 == 0 {
			at++
			break
		}
		if len(payload)-at < 4 {
			return r, false
		}
		b.offset = uint16(payload[at+1])<<6 | uint16(payload[at+2])>>2
		b.length = uint16(payload[at+2]&3)<<8 | uint16(payload[at+3])
		at += 4
	}
	for i := range r.n {
		b := &r.blocks[i]
		if b.begins = uint16(at); len(payload)-at < int(b.length) {
			return r, false
		}
		at += int(b.length)
	}
	own := &r.blocks[r.n]
	own.begins, own.length = uint16(at), uint16(len(payload)-at)
	r.n++
	return r, true
}

// Redundant is the number of redundant blocks, the oldest being the first.
func (r *REDPacket) Redundant() int { return r.n - 1 }

// Block returns the frame of a block of the payload that r was read from, and how many ticks before the packet's own it
// belongs. Block(Redundant()) is the packet's own.
func (r *REDPacket) Block(payload []byte, i int) (frame []byte, offset uint32) {
	b := &r.blocks[i]
	return payload[b.begins:][:b.length:b.length], uint32(b.offset)
}

// Only tells whether all blocks have one payload type.
func (r *REDPacket) Only(payloadType uint8) bool {
	for i := range r.n {
		if r.blocks[i].payloadType != payloadType {
			return false
		}
	}
	return true
}

// AppendHeader writes the headers with another payload type for all blocks. What follows them in the payload, from
// HeaderSize on, stays as it is.
func (r *REDPacket) AppendHeader(b []byte, payloadType uint8) []byte {
	for i := range r.n - 1 {
		k := &r.blocks[i]
		b = append(b, 0x80|payloadType, byte(k.offset>>6), byte(k.offset<<2)|byte(k.length>>8), byte(k.length))
	}
	return append(b, payloadType)
}

// HeaderSize is how many bytes the headers take.
func (r *REDPacket) HeaderSize() int { return 4*(r.n-1) + 1 }
