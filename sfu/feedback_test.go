package sfu

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/digierapro/parley/sfu/transport"
)

// pair is a publisher of one layer and a receiver of it.
func pair(t testing.TB) (w *world, alice, bob *client, cam *encoder) {
	w = newWorld(t)
	alice, bob = w.join("alice"), w.join("bob")
	alice.negotiate(true, 0, 0)
	bob.negotiate(false, 1, 1)
	return w, alice, bob, alice.camera()[0]
}

func nack(ssrc uint32, seqs ...uint16) *rtcp.TransportLayerNack {
	return &rtcp.TransportLayerNack{MediaSSRC: ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(seqs)}
}

func TestNACKIsAnsweredWithTheSamePacketAsRTX(t *testing.T) {
	w, alice, bob, cam := pair(t)
	cam.packets = 5
	w.run(time.Second, cam)
	alice.wantsKeyFrom(cam) // some switches of numbering in between
	w.run(200*time.Millisecond, cam)
	got := bob.take(2000)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 20 {
		p := got[len(got)-1-r.IntN(100)]
		bob.rtcp(nack(2000, p.Sequence))
		again := bob.take(12000)
		if len(again) == 0 && i > 0 {
			continue // asked for the same one a moment ago
		}
		if len(again) != 1 {
			t.Fatalf("%d packets for one asked", len(again))
		}
		a := again[0]
		if a.PayloadType != 121 || a.Timestamp != p.Timestamp || a.Marker != p.Marker || a.Source != p.Source {
			t.Fatalf("retransmission %+v of %+v", a.Packet, p.Packet)
		}
		if osn := binary.BigEndian.Uint16(a.payload); osn != p.Sequence || !bytes.Equal(a.payload[2:], p.payload) {
			t.Fatalf("original number %d of %d, payload equal: %v", osn, p.Sequence, bytes.Equal(a.payload[2:], p.payload))
		}
	}
	if got := bob.take(2000); len(got) > 0 {
		t.Fatal("something was sent again under its own number")
	}
}

// wantsKeyFrom makes the encoder's next frame a key frame.
func (c *client) wantsKeyFrom(e *encoder) { e.wantKey = true }

func TestNACKIsBounded(t *testing.T) {
	w, _, bob, cam := pair(t)
	w.run(time.Second, cam)
	got := bob.take(2000)
	p := got[len(got)-1]
	sent := 0
	for range 50 {
		bob.rtcp(nack(2000, p.Sequence))
		sent += len(bob.take(12000))
	}
	if sent != 1 {
		t.Fatalf("sent %d times at once", sent)
	}
	for range 20 {
		w.advance(110 * time.Millisecond)
		bob.rtcp(nack(2000, p.Sequence))
		sent += len(bob.take(12000))
	}
	if sent != maxResends {
		t.Fatalf("sent %d times in all, want %d", sent, maxResends)
	}
	// Numbers that were never sent, streams of others, and of nobody.
	bob.rtcp(nack(2000, p.Sequence+1, p.Sequence+20000), nack(4711, 1), nack(500, 1))
	if n := len(bob.take(12000)); n != 0 {
		t.Fatalf("%d packets for numbers that were never sent", n)
	}
	if d := w.server.Stats().Dropped; d["rtcp_target"] != 2 || d["not_resent"] == 0 {
		t.Fatalf("dropped %v", d)
	}
}

func TestNothingIsResentWithoutRTX(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	alice.negotiate(true, 0, 0)
	sec := vp8Section("v0", transport.ToClient, 120)
	sec.Codecs[0].RTX = 0
	bob.sections = []transport.Section{slotSection(sec, 2000)}
	bob.offer()
	w.run(time.Second, alice.camera()[0])
	bob.rtcp(nack(2000, bob.take(2000)[3].Sequence))
	if len(bob.take(12000))+len(bob.take(2000)) > 0 {
		t.Fatal("a number was used twice, which would give the keys away")
	}
}

func TestLossIsAskedForAndRecovered(t *testing.T) {
	w, alice, bob, cam := pair(t)
	cam.packets = 3
	w.run(time.Second, cam)
	r := rand.New(rand.NewPCG(2, 2))
	lost := map[uint16][]byte{}
	answered := 0
	for range 200 {
		w.advance(33 * time.Millisecond)
		for _, n := range takeFeedback[*rtcp.TransportLayerNack](alice) {
			for _, pairs := range n.Nacks {
				for _, seq := range pairs.PacketList() {
					p, ok := lost[seq]
					if !ok {
						t.Fatalf("asked for %d, which was not lost", seq)
					}
					answered++
					if r.IntN(4) > 0 {
						cam.deliver(rtxOf(cam, seq, p))
						delete(lost, seq)
					}
				}
			}
		}
		for i, p := range cam.frame(33 * time.Millisecond) {
			if r.IntN(10) == 0 {
				lost[cam.seq-3+uint16(i)] = p
				continue
			}
			cam.deliver(p)
		}
	}
	got := bob.take(2000)
	seen := map[uint16]bool{}
	for _, p := range got {
		if seen[p.Sequence] {
			t.Fatalf("number %d twice", p.Sequence)
		}
		seen[p.Sequence] = true
	}
	holes := 0
	for seq := got[0].Sequence; seq != got[len(got)-10].Sequence; seq++ {
		if !seen[seq] {
			holes++
		}
	}
	if st := w.server.Stats(); answered == 0 || st.Recovered == 0 || holes > 2 {
		t.Fatalf("%d asked for, %d recovered, %d holes left", answered, st.Recovered, holes)
	}
}

// rtxOf wraps a packet of an encoder as its retransmission.
func rtxOf(e *encoder, seq uint16, p []byte) []byte {
	head := 12 + 4 + 4*int(binary.BigEndian.Uint16(p[14:]))
	saved := e.ts
	e.ts = binary.BigEndian.Uint32(p[4:])
	defer func() { e.ts = saved }()
	payload := binary.BigEndian.AppendUint16(nil, seq)
	return e.raw(e.pt+1, e.ssrc+100, seq*7, p[1]&0x80 != 0, append(payload, p[head:]...), true)
}

func TestRequestsForLostPacketsAreBounded(t *testing.T) {
	w, alice, _, cam := pair(t)
	w.run(time.Second, cam)
	cam.frame(0) // one packet that never comes
	cam.deliver(cam.frame(33 * time.Millisecond)...)
	for range 100 {
		w.advance(20 * time.Millisecond)
	}
	if n := len(takeFeedback[*rtcp.TransportLayerNack](alice)); n != maxTries {
		t.Fatalf("asked %d times, want %d", n, maxTries)
	}
	takeFeedback[*rtcp.PictureLossIndication](alice)
	cam.seq += 1000 // far more than can be asked for: a key frame instead
	cam.deliver(cam.frame(33 * time.Millisecond)...)
	w.advance(40 * time.Millisecond)
	if n, k := len(takeFeedback[*rtcp.TransportLayerNack](alice)), len(takeFeedback[*rtcp.PictureLossIndication](alice)); n != 0 || k != 1 {
		t.Fatalf("%d requests for packets and %d for key frames", n, k)
	}
}
