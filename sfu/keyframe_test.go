package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

func TestKeyFrameRequestsAreMergedAndRepeated(t *testing.T) {
	w := newWorld(t)
	alice := w.join("alice")
	alice.negotiate(true, 0, 0)
	cam := alice.camera()
	deliver := func(d time.Duration) {
		for range d / (40 * time.Millisecond) {
			w.advance(40 * time.Millisecond)
			for _, e := range cam {
				e.deliver(e.frame(40 * time.Millisecond)...)
			}
		}
	}
	deliver(3 * time.Second)
	var receivers []*client
	for _, id := range []string{"b", "c", "d", "e", "f"} {
		c := w.join(id)
		c.negotiate(false, 0, 1)
		receivers = append(receivers, c)
	}
	deliver(2 * time.Second)
	asked := takeFeedback[*rtcp.PictureLossIndication](alice)
	if len(asked) < 4 || len(asked) > 6 {
		t.Fatalf("%d requests in 2 s while no key frame comes, for five receivers", len(asked))
	}
	for _, e := range cam {
		e.wantKey = true
	}
	deliver(time.Second)
	for _, c := range receivers {
		checkStream(t, c.take(2000))
	}
	if n := len(takeFeedback[*rtcp.PictureLossIndication](alice)); n > 1 {
		t.Fatalf("%d requests after the key frame", n)
	}
	// A receiver that lost its picture asks, again and again.
	for range 20 {
		receivers[0].rtcp(&rtcp.PictureLossIndication{MediaSSRC: 2000}, &rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: 2000}}})
		deliver(40 * time.Millisecond)
	}
	if n := len(takeFeedback[*rtcp.PictureLossIndication](alice)); n < 2 || n > 3 {
		t.Fatalf("%d requests in 0.8 s", n)
	}
}

func TestAPublisherThatDoesNotAnswerIsAskedSeldom(t *testing.T) {
	w, alice, _, cam := pair(t)
	cam.wantKey = false
	for range 1000 {
		w.advance(40 * time.Millisecond)
		cam.deliver(cam.frame(40 * time.Millisecond)...)
	}
	if n := len(takeFeedback[*rtcp.PictureLossIndication](alice)); n < 20 || n > 30 {
		t.Fatalf("asked %d times in 40 s", n)
	}
}

// A receiver that asks for key frames without end spoils nobody's picture: it gets a few at once, and then few. Others'
// wishes count as before.
func TestAReceiverCannotHaveKeyFramesWithoutEnd(t *testing.T) {
	w, _, bob, cam := pair(t)
	carol := w.join("carol")
	carol.negotiate(false, 0, 1)
	w.run(2*time.Second, cam)
	asked := func() uint64 { return w.server.Stats().KeyFrameRequests }
	greedy := func(d time.Duration) uint64 {
		before := asked()
		for range d / (40 * time.Millisecond) {
			bob.rtcp(&rtcp.PictureLossIndication{MediaSSRC: 2000})
			w.run(40*time.Millisecond, cam)
		}
		return asked() - before
	}
	if n := greedy(2 * time.Second); n < 3 || n > 5 {
		t.Errorf("%d key frames in the first 2 s", n)
	}
	if n := greedy(20 * time.Second); n < 8 || n > 12 {
		t.Errorf("%d key frames in 20 s more", n)
	}
	if w.server.Stats().Dropped["key_frame_wish"] < 100 {
		t.Errorf("not counted: %v", w.server.Stats().Dropped)
	}
	w.run(time.Second, cam)
	before := asked()
	carol.rtcp(&rtcp.PictureLossIndication{MediaSSRC: 2000})
	w.run(100*time.Millisecond, cam)
	if n := asked() - before; n != 1 {
		t.Errorf("%d requests for another receiver", n)
	}
}

// Nor by showing somebody small and large in turn. What is shown at last counts.
func TestAViewThatGoesToAndFroIsFollowedAtARate(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	alice.negotiate(true, 0, 0)
	bob.negotiate(false, 0, 1)
	cam := alice.camera()
	w.run(3*time.Second, cam...)
	show := func(width int) {
		if err := bob.SetViews([]View{{PeerID: "alice", Source: Camera, Width: width, Height: width * 9 / 16}}); err != nil {
			t.Fatal(err)
		}
	}
	before := w.server.Stats()
	for range 100 { // 40 s
		show(1280)
		w.run(200*time.Millisecond, cam...)
		show(320)
		w.run(200*time.Millisecond, cam...)
	}
	after := w.server.Stats()
	if n := after.KeyFrameRequests - before.KeyFrameRequests; n < 5 || n > 60 {
		t.Errorf("%d requests for key frames", n)
	}
	if n := after.Switches - before.Switches; n < 10 || n > 32 {
		t.Errorf("%d switches in 40 s", n)
	}
	show(640)
	w.run(3*time.Second, cam...)
	bob.take(2000)
	w.run(time.Second, cam...)
	if got := bob.slots.Load().bySSRC[2000].now; got.rid != "h" {
		t.Errorf("the layer %q is sent at last", got.rid)
	}
}
