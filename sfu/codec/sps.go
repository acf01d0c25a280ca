package codec

// bits reads an H264 bit string, leaving out emulation prevention bytes (00 00 03). Past the end it yields zeros and
// sets bad.
type bits struct {
	p     []byte
	pos   int // in bits
	zeros int // zero bytes directly before the current one
	bad   bool
}

func (b *bits) bit() uint32 {
	i := b.pos >> 3
	if b.pos&7 == 0 {
		if b.zeros >= 2 && i < len(b.p) && b.p[i] == 3 {
			b.pos += 8
			b.zeros = 0
			i++
		}
		if i < len(b.p) && b.p[i] == 0 {
			b.zeros++
		} else {
			b.zeros = 0
		}
	}
	if i >= len(b.p) {
		b.bad = true
		return 0
	}
	v := uint32(b.p[i]>>(7-b.pos&7)) & 1
	b.pos++
	return v
}

func (b *bits) u(n int) (v uint32) {
	for range n {
		v = v<<1 | b.bit()
	}
	return v
}

// ue reads an unsigned Exp-Golomb code (H.264 section 9.1).
func (b *bits) ue() uint32 {
	zeros := 0
	for b.bit() == 0 {
		if zeros++; zeros > 31 || b.bad {
			b.bad = true
			return 0
		}
	}
	return 1<<zeros - 1 + b.u(zeros)
}

// se reads a signed one.
func (b *bits) se() int32 {
	v := b.ue()
	if v&1 != 0 {
		return int32(v/2 + 1)
	}
	return -int32(v / 2)
}

// spsSize reads the picture's size out of a sequence parameter set without its NAL header (H.264 section 7.3.2.1.1).
func spsSize(p []byte) (width, height uint16, ok bool) {
	b := bits{p: p}
	profile := b.u(8)
	b.u(16) // constraints, level
	b.ue()  // seq_parameter_set_id
	chroma := uint32(1)
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		chroma = b.highProfile()
	}
	b.ue() // log2_max_frame_num_minus4
	b.pictureOrder()
	b.ue() // max_num_ref_frames
	b.bit()
	w := (uint64(b.ue()) + 1) * 16
	h := uint64(b.ue()) + 1
	frameOnly := b.bit()
	h *= 16 * uint64(2-frameOnly)
	if frameOnly == 0 {
		b.bit() // mb_adaptive_frame_field_flag
	}
	b.bit() // direct_8x8_inference_flag
	if b.bit() == 1 {
		unitX, unitY := cropUnits(chroma, frameOnly)
		cropX := (uint64(b.ue()) + uint64(b.ue())) * unitX
		cropY := (uint64(b.ue()) + uint64(b.ue())) * unitY
		if cropX >= w || cropY >= h {
			return 0, 0, false
		}
		w, h = w-cropX, h-cropY
	}
	if b.bad || w > 16384 || h > 16384 {
		return 0, 0, false
	}
	return uint16(w), uint16(h), true
}

// cropUnits gives what one step of cropping is in luma samples (H.264 section 7.4.2.1.1).
func cropUnits(chroma, frameOnly uint32) (x, y uint64) {
	x, y = 1, 1
	if chroma == 1 || chroma == 2 {
		x = 2
	}
	if chroma == 1 {
		y = 2
	}
	return x, y * uint64(2-frameOnly)
}

// highProfile steps over the fields that only high profiles have and returns chroma_format_idc.
func (b *bits) highProfile() (chroma uint32) {
	chroma = b.ue()
	if chroma == 3 {
		b.bit()
	}
	b.ue()
	b.ue()
	b.bit()
	if b.bit() == 0 {
		return chroma
	}
	lists := 8
	if chroma == 3 {
		lists = 12
	}
	for i := range lists {
		if b.bit() == 1 {
			b.scalingList(i)
		}
	}
	return chroma
}

// scalingList steps over one list (H.264 section 7.3.2.1.1.1).
func (b *bits) scalingList(i int) {
	size := 16
	if i >= 6 {
		size = 64
	}
	last, next := int32(8), int32(8)
	for range size {
		if next != 0 {
			next = (last + b.se()) & 0xff
		}
		if next != 0 {
			last = next
		}
	}
}

// pictureOrder steps over pic_order_cnt_type and what depends on it.
func (b *bits) pictureOrder() {
	switch b.ue() {
	case 0:
		b.ue()
	case 1:
		b.bit()
		b.se()
		b.se()
		cycles := b.ue()
		if cycles > 255 {
			b.bad = true
			return
		}
		for range cycles {
			b.se()
		}
	}
}
