package codec

// VP9Descriptor is the part of the VP9 payload descriptor (RFC 9628 section 4.2) that comes before the references and the
// scalability structure:
//
//	 0 1 2 3 4 5 6 7
//	|I|P|L|F|B|E|V|Z|
//	I:   |M| PICTURE ID |  (7 or 15 bits)
//	L:   | TID |U| SID |D|
//	     | TL0PICIDX |      (only when F is clear)
//	P,F: | P_DIFF |N|       (up to three)
//	V:   scalability structure: | N_S |Y|G|RSV|, then N_S+1 sizes when Y is set
type VP9Descriptor struct {
	Size  uint8 // bytes up to and with TL0PICIDX
	Flags byte  // the first byte

	HasPictureID bool
	LongID       bool // 15 bits
	PictureID    uint16

	HasLayer bool
	Layer    byte // TID, U, SID, D
	HasTL0   bool
	TL0      uint8
}

const (
	vp9I = 0x80
	vp9P = 0x40
	vp9L = 0x20
	vp9F = 0x10
	vp9B = 0x08
	vp9E = 0x04
	vp9V = 0x02
	// VP9MaxDescriptor is the most bytes that AppendTo writes.
	VP9MaxDescriptor = 5
)

// parseVP9 reads the descriptor; ok is false when the payload ends within it.
func parseVP9(p []byte) (d VP9Descriptor, ok bool) {
	d.Flags = p[0]
	n := 1
	if d.Flags&vp9I != 0 {
		if len(p) < n+1 || p[n]&0x80 != 0 && len(p) < n+2 {
			return d, false
		}
		d.HasPictureID, d.PictureID = true, uint16(p[n]&0x7f)
		if d.LongID = p[n]&0x80 != 0; d.LongID {
			n++
			d.PictureID = d.PictureID<<8 | uint16(p[n])
		}
		n++
	}
	if d.Flags&vp9L != 0 {
		d.HasLayer, d.HasTL0 = true, d.Flags&vp9F == 0
		if len(p) < n+1 || d.HasTL0 && len(p) < n+2 {
			return d, false
		}
		d.Layer = p[n]
		n++
		if d.HasTL0 {
			d.TL0 = p[n]
			n++
		}
	}
	d.Size = uint8(n)
	return d, true
}

// AppendTo writes the descriptor in its wire form, with a picture id of 15 bits.
func (d *VP9Descriptor) AppendTo(b []byte) []byte {
	b = append(b, d.Flags)
	if d.HasPictureID {
		b = append(b, 0x80|byte(d.PictureID>>8), byte(d.PictureID))
	}
	if d.HasLayer {
		b = append(b, d.Layer)
	}
	if d.HasTL0 {
		b = append(b, d.TL0)
	}
	return b
}

func describeVP9(p []byte) (d Description, ok bool) {
	if d.VP9, ok = parseVP9(p); !ok {
		return d, false
	}
	v, n := &d.VP9, int(d.VP9.Size)
	d.Temporal, d.Spatial = v.Layer>>5, v.Layer>>1&0x07
	if d.Temporal >= MaxTemporal || d.Spatial >= MaxSpatial {
		return d, false
	}
	d.Sync = v.Layer&0x10 != 0
	d.Intra, d.End = v.Flags&vp9P == 0, v.Flags&vp9E != 0
	if !d.Intra && v.Flags&vp9F != 0 {
		if n, ok = skipVP9Refs(p, n); !ok {
			return d, false
		}
	}
	d.KeyFrame = d.Intra && d.Spatial == 0
	d.KeyStart = d.KeyFrame && v.Flags&vp9B != 0
	if v.Flags&vp9V != 0 {
		ok = d.readVP9Sizes(p, n)
	}
	return d, ok
}

// skipVP9Refs steps over the reference indices, of which there are at most three.
func skipVP9Refs(p []byte, n int) (next int, ok bool) {
	for range 3 {
		if len(p) <= n {
			return n, false
		}
		more := p[n]&1 != 0
		n++
		if !more {
			return n, true
		}
	}
	return n, true
}

// readVP9Sizes takes the number of layers and their sizes out of a scalability structure.
func (d *Description) readVP9Sizes(p []byte, n int) (ok bool) {
	if len(p) <= n {
		return false
	}
	layers, hasSizes := int(p[n]>>5)+1, p[n]&0x10 != 0
	if layers > MaxSpatial {
		return false
	}
	d.Spatials = uint8(layers)
	if !hasSizes {
		return true
	}
	if len(p) < n+1+4*layers {
		return false
	}
	for i := range layers {
		at := p[n+1+4*i:]
		d.Sizes[i] = Size{uint16(at[0])<<8 | uint16(at[1]), uint16(at[2])<<8 | uint16(at[3])}
	}
	d.Width, d.Height = d.Sizes[layers-1].Width, d.Sizes[layers-1].Height
	return true
}
