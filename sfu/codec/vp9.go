package codec

// The VP9 payload descriptor (RFC 9628 section 4.2):
//
//	 0 1 2 3 4 5 6 7
//	|I|P|L|F|B|E|V|Z|
//	I:   |M| PICTURE ID |  (7 or 15 bits)
//	L:   | TID |U| SID |D|
//	     | TL0PICIDX |      (only when F is clear)
//	P,F: | P_DIFF |N|       (up to three)
//	V:   scalability structure: | N_S |Y|G|RSV|, then N_S+1 sizes when Y is set
const (
	vp9I = 0x80
	vp9P = 0x40
	vp9L = 0x20
	vp9F = 0x10
	vp9B = 0x08
	vp9V = 0x02
)

func describeVP9(p []byte) (d Description, ok bool) {
	flags, n := p[0], 1
	if flags&vp9I != 0 {
		if len(p) <= n {
			return d, false
		}
		n += 1 + int(p[n]>>7)
	}
	if flags&vp9L != 0 {
		if len(p) <= n {
			return d, false
		}
		d.Temporal, d.Spatial = p[n]>>5, p[n]>>1&0x07
		n++
		if flags&vp9F == 0 {
			n++
		}
	}
	if flags&vp9P != 0 && flags&vp9F != 0 {
		if n, ok = skipVP9Refs(p, n); !ok {
			return d, false
		}
	}
	if len(p) < n {
		return d, false
	}
	d.KeyFrame = flags&vp9P == 0 && d.Spatial == 0
	d.KeyStart = d.KeyFrame && flags&vp9B != 0
	if flags&vp9V != 0 {
		d.Width, d.Height, ok = vp9Size(p, n)
		return d, ok
	}
	return d, true
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

// vp9Size gives the largest picture of a scalability structure, which comes last.
func vp9Size(p []byte, n int) (w, h uint16, ok bool) {
	if len(p) <= n {
		return 0, 0, false
	}
	layers, hasSizes := int(p[n]>>5)+1, p[n]&0x10 != 0
	if !hasSizes {
		return 0, 0, true
	}
	last := n + 1 + 4*(layers-1)
	if len(p) < last+4 {
		return 0, 0, false
	}
	return uint16(p[last])<<8 | uint16(p[last+1]), uint16(p[last+2])<<8 | uint16(p[last+3]), true
}
