package sfu

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/digierapro/parley/sfu/codec"
)

// TestFramesEncryptedFromEndToEndPass sends what browsers make of insertable streams: the RTP payload descriptor and the
// first bytes of each frame are clear, the rest means nothing to a server.
func TestFramesEncryptedFromEndToEndPass(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	alice.negotiate(true, 0, 0)
	bob.negotiate(false, 0, 1)
	r := rand.New(rand.NewPCG(1, 9))
	layers := alice.camera()
	sent := map[string]bool{} // ciphertexts
	var all []sentPacket
	for i := range 9 {
		width := 320 << (i % 3)
		bob.show("alice", width)
		for range 25 {
			w.advance(40 * time.Millisecond)
			key := alice.askedForKey()
			for _, e := range layers {
				e.wantKey = e.wantKey || key
				for _, p := range e.frame(40 * time.Millisecond) {
					secret := p[len(p)-e.size:]
					for i := range secret {
						secret[i] = byte(r.Uint32())
					}
					sent[string(secret)] = true
					e.deliver(p)
				}
			}
		}
		all = append(all, bob.take(2000)...)
		if d, _ := codec.Describe(codec.VP8, lastKeyFrame(t, all).payload); int(d.Width) != width {
			t.Fatalf("wanted %d, the last key frame is %d wide", width, d.Width)
		}
	}
	checkStream(t, all)
	for i, p := range all {
		if !sent[string(p.payload[len(p.payload)-layers[0].size:])] {
			t.Fatalf("packet %d was changed", i)
		}
	}
	if d := w.server.Stats().Dropped; d["payload"]+d["unmapped"] > 0 {
		t.Fatalf("dropped %v", d)
	}
}

// TestWhatOnlyADescriptorTellsPasses: VP9 whose frames are encrypted, in layers that dependency descriptors tell.
func TestWhatOnlyADescriptorTellsPasses(t *testing.T) {
	w, e, bob := svcPair(t, true, false)
	r := rand.New(rand.NewPCG(1, 10))
	secrets := map[string]bool{}
	e.payload = func(f *svcFrame, start, end bool) []byte {
		secret := make([]byte, 60)
		for i := range secret {
			secret[i] = byte(r.Uint32())
		}
		secrets[string(secret)] = true
		return append([]byte{0x10}, secret...) // no picture id, no layers; flexible mode
	}
	for _, width := range []int{1280, 320, 640} {
		bob.show("alice", width)
		w.runSVC(time.Second, e)
		bob.take(2000)
		w.runSVC(time.Second, e)
		got := bob.take(2000)
		layersShown := map[int]int{320: 1, 640: 2, 1280: 3}[width]
		if len(got) != 25*2*layersShown {
			t.Fatalf("%d packets a second at %d", len(got), width)
		}
		for _, p := range got {
			if !secrets[string(bytes.TrimPrefix(p.payload, []byte{0x10}))] {
				t.Fatal("a packet was changed")
			}
		}
	}
}
