package sfu

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/transport"
)

// checkStream holds an outgoing video stream against what a decoder needs: each number once and none left out, time
// that never steps back between frames, picture ids that count frames, and a key frame wherever the source changes.
func checkStream(t *testing.T, packets []sentPacket) (keyFrames int, widths []int) {
	t.Helper()
	var last codec.Description
	for i, p := range packets {
		d, ok := codec.Describe(codec.VP8, p.payload)
		if !ok {
			t.Fatalf("packet %d: broken payload %x", i, p.payload[:min(10, len(p.payload))])
		}
		if d.KeyStart {
			keyFrames++
			if d.Width > 0 && (len(widths) == 0 || widths[len(widths)-1] != int(d.Width)) {
				widths = append(widths, int(d.Width))
			}
		}
		if i == 0 {
			if !d.KeyStart {
				t.Fatal("the stream does not begin with a key frame")
			}
			last = d
			continue
		}
		before := packets[i-1]
		if p.Sequence != before.Sequence+1 {
			t.Fatalf("packet %d: number %d after %d", i, p.Sequence, before.Sequence)
		}
		step := int32(p.Timestamp - before.Timestamp)
		frames := int16((d.VP8.PictureID-last.VP8.PictureID)<<1) >> 1
		if step < 0 || frames < 0 || frames > 1 || (step == 0) != (frames == 0) {
			t.Fatalf("packet %d: time steps by %d, picture id by %d", i, step, frames)
		}
		if tl0 := int8(d.VP8.TL0 - last.VP8.TL0); tl0 != int8(frames) {
			t.Fatalf("packet %d: TL0PICIDX steps by %d with %d frames", i, tl0, frames)
		}
		if key := int8((d.VP8.KeyIndex-last.VP8.KeyIndex)<<3) >> 3; key < 0 || key > 1 || key == 1 && !d.KeyStart {
			t.Fatalf("packet %d: KEYIDX steps by %d, start of a key frame: %v", i, key, d.KeyStart)
		}
		last = d
	}
	return keyFrames, widths
}

func carries(peer string, source Source) func([]SlotState) bool {
	return func(slots []SlotState) bool {
		return slices.ContainsFunc(slots, func(s SlotState) bool { return s.PeerID == peer && s.Source == source })
	}
}

func TestEveryoneGetsTheOthersMedia(t *testing.T) {
	w := newWorld(t)
	ids := []string{"alice", "bob", "carol"}
	var clients []*client
	var encoders []*encoder
	for _, id := range ids {
		c := w.join(id)
		c.negotiate(true, 3, 3)
		clients = append(clients, c)
		encoders = append(append(encoders, c.camera()...), c.microphone())
	}
	w.run(2*time.Second, encoders...)
	for _, c := range clients {
		for _, other := range clients {
			if other != c {
				c.waitSlots(other.ID(), carries(other.ID(), Camera))
				c.waitSlots(other.ID(), carries(other.ID(), Microphone))
			}
		}
		c.mu.Lock()
		slots := c.last
		c.mu.Unlock()
		for i, s := range slots {
			ssrc := uint32(1000 + i)
			if s.Kind == transport.Video {
				ssrc = uint32(2000 + i - 3)
			}
			got := c.take(ssrc)
			if s.PeerID == "" {
				if len(got) > 0 {
					t.Fatalf("%s: an empty slot sent %d packets", c.ID(), len(got))
				}
				continue
			}
			if s.PeerID == c.ID() {
				t.Fatalf("%s gets its own media", c.ID())
			}
			if len(got) < 40 {
				t.Fatalf("%s: %d packets in the slot of %s", c.ID(), len(got), s.PeerID)
			}
			for _, p := range got {
				if p.Source != Seat(s.PeerID) {
					t.Fatal("the contributing source is not the participant's")
				}
			}
			if s.Kind == transport.Audio {
				if got[0].PayloadType != 109 || !got[0].Marker || got[1].Marker || !got[0].HasAudioLevel {
					t.Fatalf("audio: %+v", got[0].Packet)
				}
				continue
			}
			if got[0].PayloadType != 120 {
				t.Fatalf("payload type %d is not the receiver's", got[0].PayloadType)
			}
			_, widths := checkStream(t, got)
			if widths[len(widths)-1] != 1280 {
				t.Fatalf("without views the best layer is sent, got %v", widths)
			}
			// One participant's microphone and camera are side by side.
			if slots[i-3].PeerID != s.PeerID {
				t.Fatalf("slots %+v", slots)
			}
		}
	}
	if n := w.server.Stats().Dropped["unknown_ssrc"]; n != 0 {
		t.Fatalf("%d packets of unknown streams", n)
	}
}

func TestViewsChooseLayersAndTheStreamStaysContinuous(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.join("alice"), w.join("bob"), w.join("carol")
	alice.negotiate(true, 0, 0)
	bob.negotiate(true, 0, 0)
	carol.negotiate(false, 2, 1)
	encoders := append(alice.camera(), bob.camera()...)
	r := rand.New(rand.NewPCG(1, 1))
	sizes := map[int]View{320: {Width: 300, Height: 170}, 640: {Width: 640, Height: 360}, 1280: {Width: 1280, Height: 720}}
	var all []sentPacket
	for range 60 {
		who := []string{"alice", "bob"}[r.IntN(2)]
		width := []int{320, 640, 1280}[r.IntN(3)]
		v := sizes[width]
		v.PeerID, v.Source = who, Camera
		if err := carol.SetViews([]View{v}); err != nil {
			t.Fatal(err)
		}
		w.run(time.Duration(400+r.IntN(600))*time.Millisecond, encoders...)
		all = append(all, carol.take(2000)...)
		last := lastKeyFrame(t, all)
		if last.Source != Seat(who) {
			t.Fatalf("wanted %s at %d, the slot carries another", who, width)
		}
		if d, _ := codec.Describe(codec.VP8, last.payload); int(d.Width) != width {
			t.Fatalf("wanted %d, the last key frame is %d wide", width, d.Width)
		}
	}
	checkStream(t, all)
	if err := carol.SetViews(nil); err != nil {
		t.Fatal(err)
	}
	w.run(200*time.Millisecond, encoders...)
	if got := carol.take(2000); len(got) > 0 {
		t.Fatalf("%d packets of what nobody shows", len(got))
	}
	// Outgoing time keeps up with the wall clock.
	elapsed := all[len(all)-1].at - all[0].at
	media := time.Duration(all[len(all)-1].Timestamp-all[0].Timestamp) * time.Second / 90000
	if d := media - elapsed; d > 200*time.Millisecond || d < -200*time.Millisecond {
		t.Fatalf("%v of media in %v", media, elapsed)
	}
}

func lastKeyFrame(t *testing.T, packets []sentPacket) sentPacket {
	t.Helper()
	for i := len(packets) - 1; i >= 0; i-- {
		if d, _ := codec.Describe(codec.VP8, packets[i].payload); d.KeyStart {
			return packets[i]
		}
	}
	t.Fatal("no key frame")
	return sentPacket{}
}

func TestLayerSwitchAlignsBySenderReports(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	alice.negotiate(true, 0, 0)
	bob.negotiate(false, 0, 1)
	layers := alice.camera()
	w.run(200*time.Millisecond, layers...)
	report := func() {
		for _, e := range layers {
			alice.rtcp(&rtcp.SenderReport{SSRC: e.ssrc, NTPTime: toNTP(w.server.wall(w.at) - time.Hour), RTPTime: e.ts})
		}
	}
	view := func(width, height int) {
		if err := bob.SetViews([]View{{PeerID: "alice", Source: Camera, Width: width, Height: height}}); err != nil {
			t.Fatal(err)
		}
	}
	var packets []sentPacket
	for i := range 100 {
		report()
		bob.slots.Load().bySSRC[2000].resizes = ration{} // more of them than it has otherwise
		view([]int{320, 640, 1280}[i%3], 180)
		w.run(600*time.Millisecond, layers...)
		packets = append(packets, bob.take(2000)...)
	}
	checkStream(t, packets)
	// After a hundred switches a frame still goes out at the time at which it was taken.
	first, last := packets[0], packets[len(packets)-1]
	media, real := time.Duration(last.Timestamp-first.Timestamp)*time.Second/90000, last.at-first.at
	if d := media - real; d < -15*time.Millisecond || d > 15*time.Millisecond {
		t.Fatalf("%v off after %v", d, real)
	}
}

func TestLateJoinerGetsTheLastKeyFrame(t *testing.T) {
	w := newWorld(t)
	alice := w.join("alice")
	alice.negotiate(true, 0, 0)
	cam := alice.camera()[:1]
	w.run(time.Second, cam...)
	alice.askedForKey()
	bob := w.join("bob")
	bob.negotiate(false, 0, 1)
	w.run(40*time.Millisecond, cam...)
	got := bob.take(2000)
	if len(got) < 20 {
		t.Fatalf("%d packets right after joining", len(got))
	}
	checkStream(t, got)
	w.run(500*time.Millisecond, cam...)
	got = append(got, bob.take(2000)...)
	keys, _ := checkStream(t, got)
	if keys != 1 || w.server.Stats().KeyFrameRequests != 0 {
		t.Fatalf("%d key frames and %d requests: the one in the ring would have done", keys, w.server.Stats().KeyFrameRequests)
	}
	// The replay shows the past in no time: the newest of its frames lies in the present.
	if d := time.Duration(got[25].Timestamp-got[0].Timestamp) * time.Second / 90000; d > 100*time.Millisecond {
		t.Fatalf("the receiver would lag by %v", d)
	}
	// After a longer time the key frame is too old.
	w.run(5*time.Second, cam...)
	carol := w.join("carol")
	carol.negotiate(false, 0, 1)
	w.run(time.Second, cam...)
	if n := w.server.Stats().KeyFrameRequests; n != 1 {
		t.Fatalf("%d requests", n)
	}
	checkStream(t, carol.take(2000))
}

func TestNothingIsSentBeforeTheClientIsConnected(t *testing.T) {
	w := newWorld(t)
	alice := w.join("alice")
	alice.negotiate(true, 0, 0)
	cam := alice.camera()[0]
	w.run(time.Second, cam)
	alice.askedForKey()
	bob := w.join("bob")
	bob.connected.Store(false)
	bob.negotiate(false, 1, 1)
	w.run(3*time.Second, cam)
	if got := bob.take(2000); len(got) > 0 || w.server.Stats().KeyFrameRequests > 0 {
		t.Fatalf("%d packets and %d requests for one who cannot receive", len(got), w.server.Stats().KeyFrameRequests)
	}
	bob.HandleState(transport.Connected)
	w.run(time.Second, cam)
	checkStream(t, bob.take(2000))
}
