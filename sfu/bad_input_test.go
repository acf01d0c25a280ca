package sfu

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/sfu/transport"
)

func TestPacketsThatBelongNowhere(t *testing.T) {
	w, alice, bob, cam := pair(t)
	w.run(200*time.Millisecond, cam)
	bob.take(2000)
	dropped := func(reason string, deliver func()) {
		t.Helper()
		before := w.server.Stats().Dropped[reason]
		deliver()
		if w.server.Stats().Dropped[reason] == before {
			t.Errorf("not counted as %s: %v", reason, w.server.Stats().Dropped)
		}
	}
	packet := cam.frame(40 * time.Millisecond)[0]
	change := func(f func([]byte) []byte) []byte { return f(slices.Clone(packet)) }
	dropped("malformed", func() { cam.deliver(nil, []byte{0x80}, change(func(b []byte) []byte { return b[:14] })) })
	dropped("payload_type", func() { cam.deliver(change(func(b []byte) []byte { b[1] = 77; return b })) })
	dropped("payload", func() {
		cam.deliver(cam.raw(96, cam.ssrc, cam.seq, true, []byte{0x80}, false))
		cam.seq++
	})
	dropped("duplicate", func() { p := cam.frame(0); cam.deliver(p...); cam.deliver(p...) })
	dropped("sequence", func() { cam.deliver(cam.raw(96, cam.ssrc, cam.seq+20000, true, []byte{0x10, 1}, false)) })
	dropped("sequence", func() { cam.deliver(cam.raw(96, cam.ssrc+5000, 1, true, []byte{0x10, 1}, false)) }) // takes over too soon
	stranger := encoder{c: alice, ssrc: 99, mid: "nobody", pt: 96}
	dropped("unknown_ssrc", func() { cam.deliver(stranger.raw(96, 99, 1, true, []byte{0x10, 1}, false)) })
	stranger.mid, stranger.rid = "cam", "x"
	dropped("unknown_ssrc", func() { cam.deliver(stranger.raw(96, 99, 1, true, []byte{0x10, 1}, false)) })
	dropped("rtcp", func() { alice.HandleRTCP([]byte{1, 2, 3}, w.arrival()) })
	dropped("too_many_ssrcs", func() {
		for i := range uint32(200) {
			cam.deliver(cam.raw(96, 100000+i, 1, true, []byte{0x10, 1}, false))
		}
	})
	if n := len(alice.demux.streams); n > maxStreams {
		t.Errorf("%d streams are held", n)
	}
	w.run(time.Second, cam)
	if got := bob.take(2000); len(got) < 20 {
		t.Errorf("only %d packets after all that", len(got))
	}
	// Streams that are silent for long make room.
	w.run(streamTimeout+time.Second, cam)
	cam.deliver(cam.raw(96, 300000, 1, true, []byte{0x10, 1}, false))
	if n := len(alice.demux.streams); n > 3 {
		t.Errorf("%d streams are held", n)
	}
}

// What a client says about streams that are not its own is nobody's problem: it is counted, and nobody is sent anything,
// asked for a key frame, or given another clock.
func TestRTCPForAnothersStream(t *testing.T) {
	w, alice, bob, cam := pair(t)
	mallory := w.join("mallory")
	mallory.negotiate(false, 0, 0) // her slots are none; bob's video slot is 2000
	w.run(2*time.Second, cam)
	last := bob.take(2000)
	seq := last[len(last)-1].Sequence
	before, asked := w.server.Stats(), cam.wantKey
	layer := alice.demux.streams[cam.ssrc].layer
	reference := layer.reference
	for range 100 {
		mallory.rtcp(
			nack(2000, seq, seq-1), nack(cam.ssrc, cam.seq-1),
			&rtcp.PictureLossIndication{MediaSSRC: 2000}, &rtcp.PictureLossIndication{MediaSSRC: cam.ssrc},
			&rtcp.FullIntraRequest{MediaSSRC: cam.ssrc, FIR: []rtcp.FIREntry{{SSRC: 2000}, {SSRC: cam.ssrc}}},
			&rtcp.SenderReport{SSRC: cam.ssrc, NTPTime: 1 << 40, RTPTime: 1},
			&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: 2000, FractionLost: 255, TotalLost: 1 << 20}}},
			&rtcp.Goodbye{Sources: []uint32{cam.ssrc}},
		)
	}
	after := w.server.Stats()
	if n := after.Dropped["rtcp_target"] - before.Dropped["rtcp_target"]; n != 600 {
		t.Errorf("%d of 600 were counted", n)
	}
	if after.Retransmitted != before.Retransmitted || after.KeyFrameRequests != before.KeyFrameRequests || cam.wantKey != asked {
		t.Errorf("somebody was asked or sent something: %+v", after)
	}
	if n := len(mallory.sent) + len(bob.take(12000)); n > 0 {
		t.Errorf("%d packets were sent again", n)
	}
	if layer.reference != reference {
		t.Error("alice's clock is another one")
	}
	w.run(time.Second, cam)
	if got := bob.take(2000); len(got) < 20 {
		t.Errorf("only %d packets after all that", len(got))
	}
}

func TestPublisherBeginsItsStreamAgain(t *testing.T) {
	w, _, bob, cam := pair(t)
	w.run(time.Second, cam)
	got := bob.take(2000)
	cam.seq += 30000 // same SSRC, far away
	cam.ts += 1 << 30
	cam.id += 5000
	w.run(time.Second, cam)
	got = append(got, bob.take(2000)...)
	cam.ssrc += 4000 // another SSRC for the same layer
	cam.seq, cam.ts, cam.id = 5, 5, 5
	w.run(2*time.Second, cam)
	rest := bob.take(2000)
	if len(rest) < 30 {
		t.Fatalf("%d packets after the second change", len(rest))
	}
	checkStream(t, append(got, rest...))
}

func TestNamingOnlyInTheFirstPackets(t *testing.T) {
	w, alice, bob, _ := pair(t)
	cam := alice.camera()
	w.run(time.Second, cam...)
	for _, e := range cam {
		e.noNaming = true
	}
	w.run(time.Second, cam...)
	alice.offer() // a later offer makes a new table
	w.run(time.Second, cam...)
	if got := bob.take(2000); len(got) < 150 {
		t.Fatalf("%d packets", len(got))
	} else {
		checkStream(t, got)
	}
	if n := w.server.Stats().Dropped["unknown_ssrc"]; n > 0 {
		t.Fatalf("%d packets lost their stream", n)
	}
}

func TestDeclaredStreamsAndLonePayloadTypes(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	cam := vp8Section("cam", transport.FromClient, 96)
	cam.Streams = []transport.Stream{{SSRC: 600, RTX: 700}}
	scr := vp8Section("scr", transport.FromClient, 96)
	scr.Streams = []transport.Stream{{SSRC: 601, RTX: 701}}
	alice.sections = []transport.Section{cam, scr, opusSection("mic", transport.FromClient, 111)}
	alice.offer(Track{"scr", Screen})
	bob.negotiate(false, 1, 2)
	e := func(ssrc uint32, pt uint8, w int) *encoder {
		return &encoder{c: alice, ssrc: ssrc, pt: pt, w: w, h: w, wantKey: true, packets: 1, size: 50, noNaming: true}
	}
	w.run(time.Second, e(600, 96, 100), e(601, 96, 200), e(602, 111, 0), e(603, 96, 300))
	_, first := checkStream(t, bob.take(2000))
	_, second := checkStream(t, bob.take(2001))
	if !slices.Equal(first, []int{200}) || !slices.Equal(second, []int{100}) {
		t.Fatalf("screen %v, camera %v", first, second)
	}
	if len(bob.take(1000)) < 20 {
		t.Fatal("the only audio section did not get the packets of its payload type")
	}
	if n := w.server.Stats().Dropped["unknown_ssrc"]; n < 20 {
		t.Fatalf("an undeclared stream of a payload type of two sections went somewhere: %d dropped", n)
	}
}

func TestReceiverWithoutTheCodec(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	alice.negotiate(true, 0, 0)
	sec := vp8Section("v0", transport.ToClient, 120)
	sec.Codecs[0].Name = "H264"
	bob.sections = []transport.Section{slotSection(sec, 2000)}
	bob.offer()
	cam := alice.camera()
	w.run(time.Second, cam...)
	if got := bob.take(2000); len(got) > 0 {
		t.Fatal("VP8 was sent to a receiver of H264")
	}
	before := w.server.Stats().KeyFrameRequests
	for range 100 {
		w.advance(100 * time.Millisecond)
		for _, e := range cam {
			e.deliver(e.frame(100 * time.Millisecond)...)
		}
	}
	if n := w.server.Stats().KeyFrameRequests - before; n > 1 {
		t.Fatalf("%d requests for key frames that nobody can use", n)
	}
}

func TestBadRequests(t *testing.T) {
	w := newWorld(t)
	alice := w.join("alice")
	alice.negotiate(true, 0, 0)
	code := func(err error) string {
		var f *fault.Error
		if !errors.As(err, &f) {
			return ""
		}
		return f.Code
	}
	offer := func(tracks ...Track) error {
		_, err := alice.Offer(context.Background(), "offer", tracks)
		return err
	}
	many := make([]Track, maxTracks+1)
	for _, tt := range []struct {
		name string
		err  error
		code string
	}{
		{"unknown source", offer(Track{"cam", "hologram"}), "invalid_track"},
		{"source of the other kind", offer(Track{"cam", Microphone}), "invalid_track"},
		{"a section twice", offer(Track{"cam", Camera}, Track{"cam", Screen}), "invalid_track"},
		{"a source twice", offer(Track{"cam", Camera}, Track{"mic", Camera}), "invalid_track"},
		{"too many tracks", offer(many...), "too_many_tracks"},
		{"too many views", alice.SetViews(make([]View, maxViews+1)), "too_many_views"},
		{"view of sound", alice.SetViews([]View{{PeerID: "x", Source: Microphone}}), "invalid_view"},
		{"view of negative size", alice.SetViews([]View{{PeerID: "x", Source: Camera, Width: -1}}), "invalid_view"},
	} {
		if code(tt.err) != tt.code {
			t.Errorf("%s: %v", tt.name, tt.err)
		}
	}
	if _, err := w.room.Join("alice", alice); code(err) != "already_joined" {
		t.Errorf("joined twice: %v", err)
	}
	w.server.cfg.MaxPeers = 1
	if _, err := w.room.Join("bob", alice); code(err) != "room_full" {
		t.Errorf("joined a full room: %v", err)
	}
	w.room.Close()
	if _, err := w.room.Join("bob", alice); code(err) != "room_closed" {
		t.Errorf("joined a closed room: %v", err)
	}
	if err := alice.SetViews(nil); code(err) != "peer_closed" {
		t.Errorf("views after the end: %v", err)
	}
}

// FuzzPeer throws whole conversations at a peer: RTP and RTCP made of the fuzzer's bytes, between ticks.
func FuzzPeer(f *testing.F) {
	w, _, _, cam := pair(f)
	for range 4 {
		f.Add(cam.frame(time.Millisecond)[0], uint8(3))
	}
	f.Add([]byte{0x80, 200, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, uint8(200))
	f.Add([]byte{0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 7, 208, 0, 1, 0xff, 0xff}, uint8(255))
	_ = w
	f.Fuzz(func(t *testing.T, b []byte, n uint8) {
		w, alice, bob, cam := pair(t)
		w.run(80*time.Millisecond, cam)
		r := rand.New(rand.NewPCG(uint64(n), 1))
		for range n%16 + 1 {
			changed := slices.Clone(b)
			if len(changed) > 0 {
				changed[r.IntN(len(changed))] ^= byte(r.IntN(256))
			}
			alice.HandleRTP(changed, w.arrival())
			alice.HandleRTCP(changed, w.arrival())
			bob.HandleRTCP(changed, w.arrival())
			w.advance(10 * time.Millisecond)
		}
		w.run(80*time.Millisecond, cam)
	})
}
