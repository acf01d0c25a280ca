package sfu

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtcp"

	"github.com/digierapro/parley/sfu/codec"
)

// encoder makes the packets of one stream.
type encoder struct {
	c          *client
	ssrc       uint32
	mid, rid   string
	pt         uint8
	seq        uint16
	ts         uint32
	id         uint16
	tl0, key   uint8
	w, h       int
	wantKey    bool
	packets    int // in a frame
	size       int
	noNaming   bool // MID and RID have been sent often enough
	lastSeq    uint16
	frameCount int
	temporal   bool // three temporal layers, as Chromium makes them
}

// camera makes the encoders of three layers, with counters that have nothing in common.
func (c *client) camera() []*encoder {
	var out []*encoder
	for i, rid := range []string{"q", "h", "f"} {
		out = append(out, &encoder{c: c, ssrc: uint32(500 + i), mid: "cam", rid: rid, pt: 96, seq: uint16(65500 - 1000*i), ts: uint32(1<<32 - 5000*(i+1)),
			id: uint16(32700 - 99*i), tl0: uint8(250 - i*40), key: uint8(30 - i), w: 320 << i, h: 180 << i, wantKey: true, packets: 1 + i, size: 300})
	}
	return out
}

func (c *client) microphone() *encoder {
	return &encoder{c: c, ssrc: 400, mid: "mic", pt: 111, seq: 7, ts: 99, size: 80}
}

// raw builds a packet with the naming extensions.
func (e *encoder) raw(pt uint8, ssrc uint32, seq uint16, marker bool, payload []byte, repair bool) []byte {
	var ext []byte
	if !e.noNaming {
		ext = append(ext, 4<<4|byte(len(e.mid)-1))
		ext = append(ext, e.mid...)
		if e.rid != "" {
			id := byte(10)
			if repair {
				id = 11
			}
			ext = append(ext, id<<4|byte(len(e.rid)-1))
			ext = append(ext, e.rid...)
		}
	}
	ext = append(ext, 1<<4, 0x80|20) // audio level
	for len(ext)%4 != 0 {
		ext = append(ext, 0)
	}
	b := []byte{0x90, pt}
	if marker {
		b[1] |= 0x80
	}
	b = binary.BigEndian.AppendUint16(b, seq)
	b = binary.BigEndian.AppendUint32(b, e.ts)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	b = append(b, 0xbe, 0xde, 0, byte(len(ext)/4))
	return append(append(b, ext...), payload...)
}

// frame makes the packets of the next frame, d after the one before.
func (e *encoder) frame(d time.Duration) (packets [][]byte) {
	rate := 90000
	if e.rid == "" && e.w == 0 {
		rate = 48000
	}
	e.ts += uint32(d * time.Duration(rate) / time.Second)
	e.frameCount++
	if rate == 48000 {
		packets = append(packets, e.raw(e.pt, e.ssrc, e.seq, false, payloadFor(e.seq, e.size), false))
		e.lastSeq = e.seq
		e.seq++
		return packets
	}
	key := e.wantKey
	e.wantKey = false
	e.id = (e.id + 1) & 0x7fff
	tid, sync := e.temporalLayer(key)
	if tid == 0 {
		e.tl0++
	}
	if key {
		e.key = (e.key + 1) & 0x1f
	}
	for i := range e.packets {
		desc := codec.VP8Descriptor{HasPictureID: true, LongID: true, PictureID: e.id, HasTL0: true, TL0: e.tl0, HasTID: true, TID: tid, Sync: sync, HasKeyIndex: true, KeyIndex: e.key}
		if i == 0 {
			desc.First = 0x10
		}
		payload := desc.AppendTo(nil)
		if i == 0 && key {
			payload = append(payload, 0x10, 0, 0, 0x9d, 0x01, 0x2a, byte(e.w), byte(e.w>>8), byte(e.h), byte(e.h>>8))
		} else {
			payload = append(payload, 0x11)
		}
		payload = append(payload, payloadFor(e.seq, e.size)...)
		packets = append(packets, e.raw(e.pt, e.ssrc, e.seq, i == e.packets-1, payload, false))
		e.lastSeq = e.seq
		e.seq++
	}
	return packets
}

// temporalLayer is the next frame's: 0 2 1 2, of which in every second round the upper ones need the base layer only.
func (e *encoder) temporalLayer(key bool) (tid uint8, sync bool) {
	if !e.temporal {
		return 0, false
	}
	if key {
		e.frameCount = 1
	}
	at := (e.frameCount - 1) % 8
	return [4]uint8{0, 2, 1, 2}[at%4], at == 1 || at == 2
}

// payloadFor makes bytes that tell their packet.
func payloadFor(seq uint16, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(seq>>(8*(i%2))) + byte(i/2)
	}
	return b
}

func (e *encoder) deliver(packets ...[]byte) {
	for _, p := range packets {
		e.c.HandleRTP(p, e.c.w.arrival())
	}
}

// run lets encoders produce for some time at 25 frames a second and answers requests for key frames as Chromium does.
func (w *world) run(d time.Duration, encoders ...*encoder) {
	for end := w.at + d; w.at < end; {
		w.advance(40 * time.Millisecond)
		for _, e := range encoders {
			if e.w > 0 && e.c.askedForKey() {
				for _, other := range encoders {
					if other.c == e.c && other.w > 0 {
						other.wantKey = true
					}
				}
			}
		}
		for _, e := range encoders {
			e.deliver(e.frame(40 * time.Millisecond)...)
		}
	}
}

func (c *client) askedForKey() bool {
	return len(takeFeedback[*rtcp.PictureLossIndication](c)) > 0
}
