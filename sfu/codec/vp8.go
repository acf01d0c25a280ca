package codec

// VP8Descriptor is the VP8 payload descriptor (RFC 7741 section 4.2):
//
//	     0 1 2 3 4 5 6 7
//	    |X|R|N|S|R| PID |  (required)
//	X:  |I|L|T|K|  RSV  |
//	I:  |M| PictureID   |  (7 bits, or 15 in two bytes when M is set)
//	L:  |   TL0PICIDX   |
//	T/K:|TID|Y| KEYIDX  |
type VP8Descriptor struct {
	Size uint8 // bytes of the descriptor at the start of the payload
	// First is the first byte as it came, of which rewriting keeps N, S and PID.
	First byte

	HasPictureID bool
	LongID       bool // 15 bits
	PictureID    uint16

	HasTL0 bool
	TL0    uint8

	HasTID bool
	TID    uint8
	Sync   bool // Y: depends on the base layer only

	HasKeyIndex bool
	KeyIndex    uint8 // 5 bits
}

const (
	vp8X = 0x80 // first byte: extension byte follows
	vp8S = 0x10 // first byte: start of a partition

	vp8I = 0x80
	vp8L = 0x40
	vp8T = 0x20
	vp8K = 0x10

	// VP8MaxDescriptor is the most bytes that AppendTo writes.
	VP8MaxDescriptor = 6
)

// parseVP8 reads the descriptor; ok is false when the payload ends within it.
func parseVP8(p []byte) (d VP8Descriptor, ok bool) {
	d.First = p[0]
	if p[0]&vp8X == 0 {
		d.Size = 1
		return d, true
	}
	if len(p) < 2 {
		return d, false
	}
	flags, n := p[1], 2
	if flags&vp8I != 0 {
		if n, ok = d.parsePictureID(p, n); !ok {
			return d, false
		}
	}
	if flags&vp8L != 0 {
		if len(p) <= n {
			return d, false
		}
		d.HasTL0, d.TL0 = true, p[n]
		n++
	}
	if flags&(vp8T|vp8K) != 0 {
		if len(p) <= n {
			return d, false
		}
		if flags&vp8T != 0 {
			d.HasTID, d.TID, d.Sync = true, p[n]>>6, p[n]&0x20 != 0
		}
		if flags&vp8K != 0 {
			d.HasKeyIndex, d.KeyIndex = true, p[n]&0x1f
		}
		n++
	}
	d.Size = uint8(n)
	return d, true
}

func (d *VP8Descriptor) parsePictureID(p []byte, n int) (next int, ok bool) {
	if len(p) <= n {
		return n, false
	}
	d.HasPictureID = true
	d.PictureID = uint16(p[n] & 0x7f)
	if p[n]&0x80 == 0 {
		return n + 1, true
	}
	if len(p) <= n+1 {
		return n, false
	}
	d.LongID = true
	d.PictureID = d.PictureID<<8 | uint16(p[n+1])
	return n + 2, true
}

// AppendTo writes the descriptor in its wire form: the inverse of parsing. A picture id is always written with 15 bits,
// so that sources with long and with short ids make one continuous count.
func (d *VP8Descriptor) AppendTo(b []byte) []byte {
	var flags byte
	if d.HasPictureID {
		flags |= vp8I
	}
	if d.HasTL0 {
		flags |= vp8L
	}
	if d.HasTID {
		flags |= vp8T
	}
	if d.HasKeyIndex {
		flags |= vp8K
	}
	if flags == 0 {
		return append(b, d.First&^vp8X)
	}
	b = append(b, d.First|vp8X, flags)
	if d.HasPictureID {
		b = append(b, 0x80|byte(d.PictureID>>8), byte(d.PictureID))
	}
	if d.HasTL0 {
		b = append(b, d.TL0)
	}
	if d.HasTID || d.HasKeyIndex {
		last := d.TID<<6 | d.KeyIndex&0x1f
		if d.Sync {
			last |= 0x20
		}
		b = append(b, last)
	}
	return b
}

// describeVP8 adds what the frame's own header says. It is the start of a key frame when the first partition starts
// here and the P bit of the frame tag is clear (RFC 7741 section 4.3, RFC 6386 section 9.1).
func describeVP8(p []byte) (d Description, ok bool) {
	if d.VP8, ok = parseVP8(p); !ok {
		return d, false
	}
	d.Temporal, d.Sync = d.VP8.TID, d.VP8.Sync
	frame := p[d.VP8.Size:]
	if len(frame) == 0 {
		return d, false
	}
	startsFrame := d.VP8.First&vp8S != 0 && d.VP8.First&0x07 == 0
	if !startsFrame || frame[0]&1 != 0 {
		return d, true
	}
	d.KeyFrame, d.KeyStart = true, true
	// 3 bytes of frame tag, the start code 9d 01 2a, then width and height of 14 bits each with 2 bits of scaling.
	if len(frame) >= 10 && frame[3] == 0x9d && frame[4] == 0x01 && frame[5] == 0x2a {
		d.Width = (uint16(frame[7])<<8 | uint16(frame[6])) & 0x3fff
		d.Height = (uint16(frame[9])<<8 | uint16(frame[8])) & 0x3fff
	}
	return d, true
}
