package rewrite

// VP8 keeps the counters of VP8's payload descriptor continuous over sources (RFC 7741 section 4.2): the picture id
// counts frames, TL0PICIDX frames of the base layer, KEYIDX key frames. Outgoing picture ids have 15 bits.
type VP8 struct {
	started, switching bool

	inID uint16 // the newest of the present source

	outID          uint16 // the newest sent
	outTL0, outKey uint8

	offID          uint16 // from incoming to outgoing
	offTL0, offKey uint8
}

// Counters of one packet.
type Counters struct {
	PictureID uint16
	LongID    bool // PictureID has 15 bits, not 7
	TL0       uint8
	KeyIndex  uint8
}

// Switch announces that the next packet is the first of another source: a key frame, whose counters follow directly on
// the newest sent.
func (v *VP8) Switch() { v.switching = true }

// Map gives the outgoing counters of a packet. Those that the packet does not have may hold anything and are to be
// ignored in the answer as well.
func (v *VP8) Map(in Counters) (out Counters) {
	if !v.started || v.switching {
		v.begin(in)
	}
	id := v.unwrap(in)
	out = Counters{
		PictureID: (id + v.offID) & 0x7fff,
		LongID:    true,
		TL0:       in.TL0 + v.offTL0,
		KeyIndex:  (in.KeyIndex + v.offKey) & 0x1f,
	}
	if int16((out.PictureID-v.outID)<<1) > 0 {
		v.outID = out.PictureID
	}
	if int8(out.TL0-v.outTL0) > 0 {
		v.outTL0 = out.TL0
	}
	if int8((out.KeyIndex-v.outKey)<<3) > 0 {
		v.outKey = out.KeyIndex
	}
	return out
}

func (v *VP8) begin(in Counters) {
	v.inID = in.PictureID
	if v.started {
		v.offID, v.offTL0, v.offKey = v.outID+1-in.PictureID, v.outTL0+1-in.TL0, v.outKey+1-in.KeyIndex
	} else {
		v.outID, v.outTL0, v.outKey = in.PictureID, in.TL0, in.KeyIndex
	}
	v.started, v.switching = true, false
}

// unwrap extends an id of 7 bits to 15 by its distance to the newest one.
func (v *VP8) unwrap(in Counters) uint16 {
	shift := 1
	if !in.LongID {
		shift = 9
	}
	diff := int16((in.PictureID-v.inID)<<shift) >> shift
	id := v.inID + uint16(diff)
	if diff > 0 {
		v.inID = id
	}
	return id
}
