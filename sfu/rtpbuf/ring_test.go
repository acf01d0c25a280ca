package rtpbuf

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"
)

// payloadOf makes bytes that tell which packet they belong to.
func payloadOf(ext uint64, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(ext>>(8*(i%8))) ^ byte(i)
	}
	return b
}

func TestRingReturnsWhatWasPutOrNothing(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		ring := Ring{Limits: VideoLimits}
		sizes := map[uint64]int{}
		next, now := uint64(1<<16)+r.Uint64N(1<<20), time.Duration(0)
		for step := range 5000 {
			rate := time.Duration(1+(seed*7+uint64(step)/700)%20) * time.Millisecond
			now += rate
			next += 1 + uint64(r.IntN(3)/2)
			ext := next - uint64(r.IntN(20)*r.IntN(2))
			if _, dup := sizes[ext]; dup {
				if _, ok := ring.Put(Packet{Ext: ext, Arrival: now, Payload: []byte{1}}); ok && ring.Has(ext) && ring.highest-ext < minPackets {
					t.Fatalf("seed %d: %d was taken twice", seed, ext)
				}
				continue
			}
			size := r.IntN(1300)
			stored, ok := ring.Put(Packet{Ext: ext, Arrival: now, Payload: payloadOf(ext, size), Descriptor: payloadOf(ext+7, size%9)})
			if !ok {
				t.Fatalf("seed %d: %d refused, highest %d", seed, ext, ring.highest)
			}
			if !bytes.Equal(stored.Payload, payloadOf(ext, size)) {
				t.Fatalf("seed %d: what Put returned is not what was put", seed)
			}
			sizes[ext] = size
			check := next - uint64(r.IntN(1200))
			got, ok := ring.Get(check)
			size, was := sizes[check]
			switch {
			case ok && !was:
				t.Fatalf("seed %d: %d was never put", seed, check)
			case ok && (!bytes.Equal(got.Payload, payloadOf(check, size)) || !bytes.Equal(got.Descriptor, payloadOf(check+7, size%9)) || got.Ext != check):
				t.Fatalf("seed %d: %d came back changed", seed, check)
			case !ok && was && next-check < 30:
				t.Fatalf("seed %d: %d is gone after %d packets", seed, check, next-check)
			}
		}
		if ring.Bytes() > VideoLimits.MaxBytes+VideoLimits.MaxPackets*entrySize {
			t.Fatalf("ring of %d bytes", ring.Bytes())
		}
	}
}

func TestRingKeepsASecondOfABusyLayerAndLittleOfAQuietOne(t *testing.T) {
	fill := func(gap time.Duration, size int) (ring Ring, last uint64) {
		ring.Limits = VideoLimits
		for i := range uint64(3000) {
			ring.Put(Packet{Ext: i + 1, Arrival: time.Duration(i) * gap, Payload: make([]byte, size)})
			last = i + 1
		}
		return ring, last
	}
	busy, last := fill(2*time.Millisecond, 1100) // 4.4 Mbit/s
	for back := range uint64(500) {
		if _, ok := busy.Get(last - back); !ok {
			t.Fatalf("packet of %d ms ago is gone", 2*back)
		}
	}
	quiet, _ := fill(200*time.Millisecond, 200)
	if quiet.Bytes() > minBytes+minPackets*entrySize {
		t.Fatalf("a quiet stream holds %d bytes", quiet.Bytes())
	}
	flood, _ := fill(50*time.Microsecond, 1200) // 200 Mbit/s
	if flood.Bytes() > VideoLimits.MaxBytes+VideoLimits.MaxPackets*entrySize {
		t.Fatalf("a flood holds %d bytes", flood.Bytes())
	}
}

func TestRingSteadyStateMakesNoGarbage(t *testing.T) {
	ring := Ring{Limits: VideoLimits}
	payload, ext := make([]byte, 1100), uint64(0)
	put := func() {
		ext++
		ring.Put(Packet{Ext: ext, Arrival: time.Duration(ext) * 3 * time.Millisecond, Payload: payload})
	}
	for range 5000 {
		put()
	}
	if n := testing.AllocsPerRun(1000, put); n != 0 {
		t.Fatalf("%v allocations a packet", n)
	}
}

func TestUnwrapperAgainstModel(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 2))
		var u Unwrapper
		truth := uint64(1<<16) + r.Uint64N(1<<16)
		if ext, _, _ := u.Extend(uint16(truth)); ext != truth {
			t.Fatalf("first is %d, want %d", ext, truth)
		}
		for range 20000 {
			truth += uint64(r.IntN(40))
			sent := truth - uint64(r.IntN(500)*r.IntN(2))
			ext, restarted, ok := u.Extend(uint16(sent))
			if !ok || restarted || sent > 1<<16 && ext != sent {
				t.Fatalf("seed %d: got %d, want %d", seed, ext, sent)
			}
			truth = max(truth, ext)
		}
	}
}

func TestUnwrapperRestart(t *testing.T) {
	var u Unwrapper
	first, _, _ := u.Extend(100)
	if _, _, ok := u.Extend(40000); ok {
		t.Fatal("a single far packet was believed")
	}
	if ext, _, ok := u.Extend(101); !ok || ext != first+1 {
		t.Fatal("the stream did not go on after a stray packet")
	}
	for i := range uint16(2) {
		if _, _, ok := u.Extend(40000 + i); ok {
			t.Fatal("believed too early")
		}
	}
	ext, restarted, ok := u.Extend(40002)
	if !ok || !restarted || ext <= first+1 || uint16(ext) != 40002 {
		t.Fatalf("restart: %d %v %v", ext, restarted, ok)
	}
	if next, restarted, ok := u.Extend(40003); !ok || restarted || next != ext+1 {
		t.Fatal("the new sequence does not go on")
	}
}

func TestUnwrapperRestartByHand(t *testing.T) {
	var u Unwrapper
	u.Restart() // of nothing
	first, restarted, _ := u.Extend(65000)
	if restarted {
		t.Fatal("the first sequence is no new one")
	}
	u.Restart()
	ext, restarted, ok := u.Extend(7)
	if !ok || !restarted || ext <= first || uint16(ext) != 7 {
		t.Fatalf("%d %v %v", ext, restarted, ok)
	}
	if ext, restarted, ok := u.Extend(6); !ok || restarted || uint16(ext) != 6 {
		t.Fatal("a late packet of the new sequence has no number")
	}
}

func TestUnwrapperNearLearnsNothing(t *testing.T) {
	var u Unwrapper
	if _, ok := u.Near(5); ok {
		t.Fatal("a number before the first packet")
	}
	first, _, _ := u.Extend(10)
	if ext, ok := u.Near(5); !ok || ext != first-5 {
		t.Fatalf("%d %v", ext, ok)
	}
	for range 10 {
		if _, ok := u.Near(40000); ok {
			t.Fatal("a number from nowhere")
		}
	}
	if ext, restarted, ok := u.Extend(11); !ok || restarted || ext != first+1 {
		t.Fatal("Near changed the sequence")
	}
}

func TestParseHeader(t *testing.T) {
	p := []byte{0xb1, 0xe0, 0x12, 0x34, 0, 0, 0, 9, 0, 0, 0, 7, 1, 2, 3, 4, // one CSRC
		0xbe, 0xde, 0, 2, 0x10, 'a', 0, 0x21, 'x', 'y', 0xf0, 0, // ids 1 and 2, then a stop
		'm', 'e', 'd', 'i', 'a', 0, 0, 3}
	h, ok := ParseHeader(p)
	if !ok || !h.Marker || h.PayloadType != 96 || h.Sequence != 0x1234 || h.Timestamp != 9 || h.SSRC != 7 || string(h.Payload) != "media" {
		t.Fatalf("%+v %v", h, ok)
	}
	got := map[uint8]string{}
	for id, v, rest := h.NextExtension(h.Extensions()); id != 0; id, v, rest = h.NextExtension(rest) {
		got[id] = string(v)
	}
	if len(got) != 2 || got[1] != "a" || got[2] != "xy" {
		t.Fatalf("extensions %v", got)
	}
	for n := range p {
		ParseHeader(p[:n]) // must not panic
	}
	lying := bytes.Clone(p)
	binary.BigEndian.PutUint16(lying[18:], 500)
	if _, ok := ParseHeader(lying); ok {
		t.Fatal("an extension block longer than the packet was accepted")
	}
	lying = bytes.Clone(p)
	lying[len(lying)-1] = 200
	if _, ok := ParseHeader(lying); ok {
		t.Fatal("padding longer than the packet was accepted")
	}
}

func FuzzParseHeader(f *testing.F) {
	f.Add([]byte{0x90, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xbe, 0xde, 0, 1, 0x10, 1, 0x20, 2, 5, 6, 7})
	f.Add([]byte{0xb0, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0x10, 0x00, 0, 1, 1, 2, 3, 4, 5, 6, 7, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, ok := ParseHeader(b)
		if !ok {
			return
		}
		total := len(h.Payload)
		for id, v, rest := h.NextExtension(h.Extensions()); id != 0; id, v, rest = h.NextExtension(rest) {
			total += len(v)
		}
		if total > len(b) {
			t.Fatal("more content than packet")
		}
	})
}
