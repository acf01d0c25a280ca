package codec

// H264 NAL unit types (ITU-T H.264 table 7-1 and RFC 6184 section 5.2).
const (
	nalIDR   = 5
	nalSPS   = 7
	nalSTAPA = 24
	nalFUA   = 28
)

// describeH264 finds a sequence parameter set or the beginning of an IDR picture in a single NAL unit, a STAP-A or a
// FU-A. A parameter set ahead of its picture is where a decoder starts.
func describeH264(p []byte) (d Description, ok bool) {
	switch t := p[0] & 0x1f; {
	case t == nalSTAPA:
		return describeSTAPA(p[1:])
	case t == nalFUA:
		if len(p) < 2 {
			return d, false
		}
		d.KeyFrame = p[1]&0x1f == nalIDR || p[1]&0x1f == nalSPS
		d.KeyStart = d.KeyFrame && p[1]&0x80 != 0
		return d, true
	case t == 0 || t >= 30:
		return d, false
	default:
		d.nal(p)
		return d, true
	}
}

// describeSTAPA walks the aggregated units: 2 bytes of size, then the unit.
func describeSTAPA(p []byte) (d Description, ok bool) {
	for len(p) > 0 {
		if len(p) < 2 {
			return d, false
		}
		size := int(p[0])<<8 | int(p[1])
		if size == 0 || len(p) < 2+size {
			return d, false
		}
		d.nal(p[2 : 2+size])
		p = p[2+size:]
	}
	return d, true
}

// nal takes in one whole NAL unit.
func (d *Description) nal(unit []byte) {
	switch unit[0] & 0x1f {
	case nalSPS:
		d.KeyFrame, d.KeyStart = true, true
		if w, h, ok := spsSize(unit[1:]); ok {
			d.Width, d.Height = w, h
		}
	case nalIDR:
		d.KeyFrame, d.KeyStart = true, true
	}
}
