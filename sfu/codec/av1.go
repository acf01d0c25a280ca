package codec

// The AV1 aggregation header (RTP payload format for AV1, section 4.4): |Z|Y| W |N|-|-|-|. N: first packet of a coded
// video sequence, whose first OBU is a sequence header. Z: continues an OBU of the packet before.
const (
	av1Z = 0x80
	av1N = 0x08
)

func describeAV1(p []byte) (d Description, ok bool) {
	if len(p) < 2 {
		return d, false
	}
	if p[0]&av1N == 0 {
		return d, true
	}
	if p[0]&av1Z != 0 {
		return d, false // the format forbids both
	}
	d.KeyFrame, d.KeyStart = true, true
	return d, true
}
