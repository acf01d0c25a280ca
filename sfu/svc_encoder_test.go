package sfu

import (
	"encoding/binary"
	"time"

	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/transport"
)

// bitWriter writes big-endian bit fields.
type bitWriter struct {
	b []byte
	n int
}

func (w *bitWriter) put(v uint32, bits int) {
	for i := bits - 1; i >= 0; i-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v>>i&1) << (7 - w.n%8)
		w.n++
	}
}

// svcFrame is one layer frame, as the encoder knows it.
type svcFrame struct {
	number            uint16
	spatial, temporal int
	refs              []int // distances in frame numbers
	key               bool  // of a key picture
}

// svcEncoder makes a VP9 stream of three spatial and two temporal layers, described by its payload descriptors and, when
// dd is set, by dependency descriptors. With keyOnly the spatial layers depend on each other in key pictures only.
type svcEncoder struct {
	c       *client
	dd      bool
	keyOnly bool
	payload func(f *svcFrame, first, last bool) []byte // nil: VP9's
	seq     uint16
	ts      uint32
	number  uint16
	picture int
	id      uint16
	wantKey bool
	frames  map[uint16]*svcFrame
}

const (
	svcSpatials  = 3
	svcTemporals = 2
	svcDD        = 9 // id of the extension
)

func svcSection(mid string, dir transport.Direction, pt uint8, dd bool) transport.Section {
	e := testExtensions
	if dd {
		e.DependencyDescriptor = svcDD
	}
	return transport.Section{Mid: mid, Kind: transport.Video, Direction: dir, Extensions: e,
		Codecs: []transport.Codec{{PayloadType: pt, Name: "VP9", ClockRate: 90000, RTX: pt + 1, NACK: true, PLI: true}}}
}

func newSVC(c *client, dd, keyOnly bool) *svcEncoder {
	return &svcEncoder{c: c, dd: dd, keyOnly: keyOnly, seq: 65000, ts: 1<<32 - 90000, number: 65400, id: 32000, wantKey: true,
		frames: map[uint16]*svcFrame{}}
}

// indication of a frame for the target of layers ts and tt, as Chromium's structures have it.
func (e *svcEncoder) indication(f *svcFrame, ts, tt int) codec.Indication {
	if ts < f.spatial || tt < f.temporal || e.keyOnly && !f.key && ts != f.spatial {
		return codec.NotPresent
	}
	switch {
	case f.key || f.temporal == 0 && ts == f.spatial:
		return codec.Switch
	case f.temporal == svcTemporals-1:
		return codec.Discardable
	}
	return codec.Required
}

func (e *svcEncoder) descriptor(f *svcFrame, start, end bool) []byte {
	var w bitWriter
	bit := func(b bool) {
		if b {
			w.put(1, 1)
		} else {
			w.put(0, 1)
		}
	}
	attach := f.key && f.spatial == 0 && start
	bit(start)
	bit(end)
	w.put(uint32(7+f.spatial*svcTemporals+f.temporal), 6)
	w.put(uint32(f.number), 16)
	for _, flag := range []bool{attach, false, true, true, false} {
		bit(flag)
	}
	if attach {
		e.structure(&w)
	}
	for ts := range svcSpatials {
		for tt := range svcTemporals {
			w.put(uint32(e.indication(f, ts, tt)), 2)
		}
	}
	for _, d := range f.refs {
		w.put(1, 2)
		w.put(uint32(d-1), 4)
	}
	w.put(0, 2)
	return w.b
}

func (e *svcEncoder) structure(w *bitWriter) {
	w.put(7, 6) // first template
	w.put(svcSpatials*svcTemporals-1, 5)
	for s := range svcSpatials {
		for t := range svcTemporals {
			switch {
			case t < svcTemporals-1:
				w.put(1, 2)
			case s < svcSpatials-1:
				w.put(2, 2)
			default:
				w.put(3, 2)
			}
		}
	}
	for i := range svcSpatials * svcTemporals { // templates
		f := &svcFrame{spatial: i / svcTemporals, temporal: i % svcTemporals}
		for ts := range svcSpatials {
			for tt := range svcTemporals {
				w.put(uint32(e.indication(f, ts, tt)), 2)
			}
		}
	}
	for range svcSpatials * svcTemporals {
		w.put(0, 1) // no distances
	}
	w.put(0, 2) // no chains: ns(7) with 3 bits, of which 0 takes two
	w.put(1, 1)
	for s := range svcSpatials {
		w.put(uint32(320<<s-1), 16)
		w.put(uint32(180<<s-1), 16)
	}
}

// next makes the packets of the next picture, two for each layer.
func (e *svcEncoder) next(d time.Duration) (packets [][]byte) {
	e.ts += uint32(d * 90000 / time.Second)
	key := e.wantKey
	e.wantKey = false
	e.id = (e.id + 1) & 0x7fff
	if key {
		e.picture = 0
	}
	temporal := e.picture % 2
	for s := range svcSpatials {
		f := &svcFrame{number: e.number, spatial: s, temporal: temporal, key: key}
		e.number++
		switch {
		case key && s > 0:
			f.refs = []int{1}
		case key:
		case temporal == 1:
			f.refs = []int{svcSpatials}
		default:
			f.refs = []int{2 * svcSpatials}
		}
		if !key && s > 0 && !e.keyOnly {
			f.refs = append(f.refs, 1)
		}
		e.frames[f.number] = f
		for i := range 2 {
			packets = append(packets, e.raw(f, i == 0, i == 1))
		}
	}
	e.picture++
	return packets
}

func (e *svcEncoder) raw(f *svcFrame, start, end bool) []byte {
	payload := e.vp9(f, start, end)
	if e.payload != nil {
		payload = e.payload(f, start, end)
	}
	ext := append([]byte{4, byte(len("cam"))}, "cam"...)
	if e.dd {
		dd := e.descriptor(f, start, end)
		ext = append(append(ext, svcDD, byte(len(dd))), dd...)
	}
	for len(ext)%4 != 0 {
		ext = append(ext, 0)
	}
	b := []byte{0x90, 96}
	if end && f.spatial == svcSpatials-1 {
		b[1] |= 0x80
	}
	b = binary.BigEndian.AppendUint16(b, e.seq)
	e.seq++
	b = binary.BigEndian.AppendUint32(b, e.ts)
	b = binary.BigEndian.AppendUint32(b, 700)
	b = append(b, 0x10, 0x00, 0, byte(len(ext)/4))
	return append(append(b, ext...), payload...)
}

// vp9 makes a payload with a descriptor in flexible mode; its body is the frame's number.
func (e *svcEncoder) vp9(f *svcFrame, start, end bool) []byte {
	flags := byte(0x80 | 0x20 | 0x10)
	inter := !f.key
	if inter {
		flags |= 0x40
	}
	if start {
		flags |= 0x08
	}
	if end {
		flags |= 0x04
	}
	sizes := f.key && f.spatial == 0 && start
	if sizes {
		flags |= 0x02
	}
	b := []byte{flags, 0x80 | byte(e.id>>8), byte(e.id)}
	layer := byte(f.temporal<<5 | f.spatial<<1)
	if f.temporal == 0 {
		layer |= 0x10 // U: the upper layer starts anew from here
	}
	if f.spatial > 0 && (f.key || !e.keyOnly) {
		layer |= 1
	}
	b = append(b, layer)
	if inter {
		b = append(b, byte(f.temporal+2)<<1)
	}
	if sizes {
		b = append(b, (svcSpatials-1)<<5|0x10)
		for s := range svcSpatials {
			b = binary.BigEndian.AppendUint16(b, uint16(320<<s))
			b = binary.BigEndian.AppendUint16(b, uint16(180<<s))
		}
	}
	return append(binary.BigEndian.AppendUint16(b, f.number), make([]byte, 100*(f.spatial+1))...)
}

// runSVC lets encoders produce for some time at 25 pictures a second and answers requests for key frames.
func (w *world) runSVC(d time.Duration, encoders ...*svcEncoder) {
	for end := w.at + d; w.at < end; {
		w.advance(40 * time.Millisecond)
		for _, e := range encoders {
			if e.c.askedForKey() {
				e.wantKey = true
			}
			for _, p := range e.next(40 * time.Millisecond) {
				e.c.HandleRTP(p, w.arrival())
			}
		}
	}
}
