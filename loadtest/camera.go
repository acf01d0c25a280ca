package loadtest

import (
	"encoding/binary"
	"time"
)

const (
	vp8Clock      = 90_000
	framesPerSec  = 30
	frameEvery    = time.Second / framesPerSec
	packetBytes   = 1000
	keyFrameTimes = 4  // a key frame is so much larger than another
	spreadPercent = 80 // of the frame's time, over which its packets are spread
	keyThrottle   = 300 * time.Millisecond
	smallestFrame = 64 // bytes
)

// camera sends VP8, in one layer or three, the way Chromium's encoder would: a request for a key frame of one layer makes
// one in all of them, and requests that come soon after another are not heard.
type camera struct {
	layers  []*videoLayer
	lastKey time.Duration // when a key frame was last asked for and granted
}

// layerShares are the parts of the full layer's bit rate, in percent, and of its sides that q, h and f have.
var layerShares = []struct {
	rid            string
	percent, scale int
}{{"q", 18, 4}, {"h", 43, 2}, {"f", 100, 1}}

const fullWidth, fullHeight = 1280, 720

// videoLayer is one layer's encoder and its packets. Owned by the loop.
type videoLayer struct {
	stream        stream
	camera        *camera
	frameBytes    int
	width, height uint16
	temporal      bool // three temporal layers, as simulcast has
	paced         bool
	wantKey       bool

	frame     uint32 // number of the current one
	frameDue  time.Duration
	packet    int // next of the frame; 0 before it begins
	packets   int // of the frame
	key       bool
	picture   uint16 // 15 bits
	tl0       uint8
	scratch   [packetBytes + 64]byte
	remaining int // bytes of the frame
}

func newCamera(c *client, bitrate int, simulcast, paced bool) *camera {
	cam := &camera{lastKey: -time.Hour}
	shares := layerShares[2:]
	if simulcast {
		shares = layerShares
	}
	for _, share := range shares {
		v := &videoLayer{
			camera: cam, frameBytes: max(bitrate*share.percent/100/8/framesPerSec, smallestFrame),
			width: uint16(fullWidth / share.scale), height: uint16(fullHeight / share.scale),
			temporal: simulcast, paced: paced, wantKey: true,
			picture: uint16(c.random.Uint32()) & 0x7fff, tl0: uint8(c.random.Uint32()),
		}
		v.stream = stream{
			c: c, ssrc: c.random.Uint32() | 1, rtxSSRC: c.random.Uint32() &^ 1, payloadType: payloadVP8, clockRate: vp8Clock,
			video: true, sequence: uint16(c.random.Uint32()), rtxSequence: uint16(c.random.Uint32()),
			start: c.random.Uint32(), kept: make([]keptPacket, keptPackets),
		}
		if simulcast {
			v.stream.rid = share.rid
		}
		for i := range v.scratch {
			v.scratch[i] = byte(c.random.Uint32())
		}
		cam.layers = append(cam.layers, v)
	}
	return cam
}

// keyFrame is a receiver's wish.
func (cam *camera) keyFrame(now time.Duration) {
	if now-cam.lastKey < keyThrottle {
		return
	}
	cam.lastKey = now
	for _, v := range cam.layers {
		v.wantKey = true
	}
}

// run sends the next packet of a frame, or all of them.
func (v *videoLayer) run(l *loop, due time.Duration) time.Duration {
	l.noteLateness(due)
	if v.packet == 0 {
		v.beginFrame(due)
	}
	for {
		v.sendPacket(l)
		if v.packet == 0 {
			return keepPace(v.frameDue + frameEvery)
		}
		if v.paced {
			return v.frameDue + time.Duration(v.packet)*frameEvery*spreadPercent/100/time.Duration(v.packets)
		}
	}
}

func (v *videoLayer) beginFrame(due time.Duration) {
	v.frameDue = due
	v.frame++
	v.picture = (v.picture + 1) & 0x7fff
	v.key, v.wantKey = v.wantKey, false
	if v.temporalID() == 0 {
		v.tl0++
	}
	v.remaining = v.frameBytes
	if v.key {
		v.remaining *= keyFrameTimes
	}
	v.packets = (v.remaining + packetBytes - 1) / packetBytes
}

// temporalID follows the pattern 0 2 1 2 of three temporal layers.
func (v *videoLayer) temporalID() uint8 {
	if !v.temporal || v.key {
		return 0
	}
	return [...]uint8{0, 2, 1, 2}[v.frame%4]
}

// sendPacket sends one; frames are cut into equal parts, as Chromium's are.
func (v *videoLayer) sendPacket(l *loop) {
	size := v.remaining / (v.packets - v.packet)
	v.remaining -= size
	b := v.scratch[:max(size, vp8HeaderBytes+stampSize)]
	v.writeHeaders(b)
	last := v.packet == v.packets-1
	v.stream.send(l, b, v.stream.start+v.frame*(vp8Clock/framesPerSec), last, -1)
	if v.packet++; last {
		v.packet = 0
	}
}

const vp8HeaderBytes = 6 + 10 // descriptor, and frame tag of a key frame

// writeHeaders writes the payload descriptor (RFC 7741 section 4.2) and, in a frame's first packet, the frame's own header
// (RFC 6386 section 9.1).
func (v *videoLayer) writeHeaders(b []byte) {
	b[0] = 0x80 // X
	if v.packet == 0 {
		b[0] |= 0x10 // S: the start of a partition
	}
	b[1] = 0x80 | 0x40 | 0x20 // I, L, T
	binary.BigEndian.PutUint16(b[2:], 0x8000|v.picture)
	b[4] = v.tl0
	b[5] = v.temporalID() << 6
	if v.temporalID() > 0 {
		b[5] |= 0x20 // Y: depends on the base layer only
	}
	if v.packet > 0 {
		return
	}
	f := b[6:]
	if !v.key {
		f[0] = 0x11 // P: no key frame; shown
		return
	}
	f[0], f[1], f[2] = 0x10, 0, 0
	f[3], f[4], f[5] = 0x9d, 0x01, 0x2a
	binary.LittleEndian.PutUint16(f[6:], v.width)
	binary.LittleEndian.PutUint16(f[8:], v.height)
}
