package rewrite

// Pictures keeps the counters in the payload descriptors of VP8 (RFC 7741 section 4.2) and VP9 (RFC 9628 section 4.2)
// continuous over sources: the picture id counts pictures, TL0PICIDX those of the base layer, KEYIDX key frames of VP8.
// Outgoing picture ids have 15 bits. Pictures left out on purpose leave no hole in the ids.
type Pictures struct {
	started, switching bool

	ids    Sequence // of picture ids, extended
	newest uint64   // incoming
	base   uint16   // outgoing id of the very first picture

	outTL0, outKey uint8 // the newest sent
	offTL0, offKey uint8 // from incoming to outgoing
}

// Counters of one packet.
type Counters struct {
	PictureID uint16
	LongID    bool // PictureID has 15 bits, not 7
	TL0       uint8
	KeyIndex  uint8
}

// extendedStart leaves room below the first picture for those that come late.
const extendedStart = 1 << 20

// Switch announces that the next packet is the first of another source: a key frame, whose counters follow directly on
// the newest sent.
func (v *Pictures) Switch() { v.switching = true }

// Map gives the outgoing counters of a packet. Those that the packet does not have may hold anything and are to be
// ignored in the answer as well. ok is false for a picture from before the switch, or so late that its place is forgotten.
func (v *Pictures) Map(in Counters) (out Counters, ok bool) {
	if !v.started || v.switching {
		v.begin(in)
	}
	id, ok := v.ids.Map(v.extend(in))
	if !ok {
		return out, false
	}
	out = Counters{
		PictureID: (uint16(id) + v.base) & 0x7fff,
		LongID:    true,
		TL0:       in.TL0 + v.offTL0,
		KeyIndex:  (in.KeyIndex + v.offKey) & 0x1f,
	}
	if int8(out.TL0-v.outTL0) > 0 {
		v.outTL0 = out.TL0
	}
	if int8((out.KeyIndex-v.outKey)<<3) > 0 {
		v.outKey = out.KeyIndex
	}
	return out, true
}

// Skip leaves a picture out, which must not be of the base layer. That closes the hole in the ids if nothing after it has
// gone out.
func (v *Pictures) Skip(in Counters) {
	if v.started && !v.switching {
		v.ids.Skip(v.extend(in))
	}
}

func (v *Pictures) begin(in Counters) {
	if v.started {
		v.offTL0, v.offKey = v.outTL0+1-in.TL0, v.outKey+1-in.KeyIndex
	} else {
		v.base, v.outTL0, v.outKey = in.PictureID, in.TL0, in.KeyIndex
	}
	v.newest = extendedStart | uint64(in.PictureID)
	v.ids.Switch(v.newest)
	v.started, v.switching = true, false
}

// extend finds an id's place by its distance to the newest one.
func (v *Pictures) extend(in Counters) uint64 {
	shift := 1
	if !in.LongID {
		shift = 9
	}
	diff := int16((in.PictureID-uint16(v.newest))<<shift) >> shift
	id := uint64(int64(v.newest) + int64(diff))
	v.newest = max(v.newest, id)
	return id
}
