package sfu

import (
	"slices"
	"testing"
	"time"
)

// waitDemand waits until the client has been told to send just these layers of its camera.
func (c *client) waitDemand(rids ...string) {
	c.w.t.Helper()
	timeout := time.After(5 * time.Second)
	for {
		c.mu.Lock()
		want := slices.Clone(c.want)
		c.mu.Unlock()
		if len(want) == 1 && want[0].Mid == "cam" && want[0].Source == Camera && slices.Equal(want[0].RIDs, rids) {
			return
		}
		select {
		case <-c.told:
		case <-timeout:
			c.w.t.Fatalf("%s: never told to send %v, last %+v", c.ID(), rids, want)
		}
	}
}

func (c *client) show(peer string, width int) {
	c.w.t.Helper()
	if err := c.SetViews([]View{{PeerID: peer, Source: Camera, Width: width, Height: width * 9 / 16}}); err != nil {
		c.w.t.Fatal(err)
	}
}

func TestLayersThatNobodyTakesArePausedAndResumed(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.join("alice"), w.join("bob"), w.join("carol")
	alice.negotiate(true, 0, 0)
	bob.negotiate(false, 0, 1)
	carol.negotiate(false, 0, 1)
	q, h, f := alice.camera()[0], alice.camera()[1], alice.camera()[2]
	bob.show("alice", 320)
	carol.show("alice", 640)
	w.run(2*time.Second, q, h, f)
	if alice.want != nil {
		t.Fatal("paused too early")
	}
	w.run(time.Second, q, h, f)
	alice.waitDemand("q", "h")
	carol.show("alice", 320)
	w.run(2*time.Second, q, h)
	alice.waitDemand("q", "h")
	carol.show("alice", 640) // flips back in time: nothing changes
	w.run(3*time.Second, q, h)
	alice.waitDemand("q", "h")
	carol.show("alice", 300)
	w.run(3*time.Second, q, h)
	alice.waitDemand("q")
	w.run(2*time.Second, q)
	alice.askedForKey()

	// Asked for again: told at once, nobody freezes meanwhile, and the first key frame is taken.
	bob.take(2000)
	bob.show("alice", 1280)
	w.run(tickInterval, q)
	alice.waitDemand("q", "f")
	w.run(400*time.Millisecond, q)
	if n := len(bob.take(2000)); n < 10 {
		t.Fatalf("%d packets while the layer comes back", n)
	}
	if alice.askedForKey() {
		t.Fatal("a layer that is not sent was asked for a key frame")
	}
	f.wantKey = true
	w.run(80*time.Millisecond, q, f)
	if got := bob.take(2000); len(got) == 0 || got[len(got)-1].payload == nil || w.server.Stats().Switches == 0 {
		t.Fatal("the slot did not go up")
	} else if d := lastKeyFrame(t, got); d.at < w.at-80*time.Millisecond {
		t.Fatal("the slot did not begin with the first key frame")
	}

	// While it does not come, it is asked for again: the word may have been lost.
	alice.mu.Lock()
	alice.want = nil
	alice.mu.Unlock()
	w.run(remindInterval+time.Second, q)
	alice.waitDemand("q", "f")
	if n := w.server.Stats().ForcedSwitches; n != 0 {
		t.Fatalf("%d forced", n)
	}

	// Nobody at all: the smallest stays.
	bob.leave()
	carol.leave()
	w.run(3*time.Second, q, f)
	alice.waitDemand("q")
}

func TestANewPublicationIsToldAfresh(t *testing.T) {
	w := newWorld(t)
	alice := w.join("alice")
	alice.negotiate(true, 0, 0)
	w.run(3*time.Second, alice.camera()...)
	alice.waitDemand("q")
	alice.sections[1].RIDs = []string{"h", "f"}
	alice.offer()
	w.advance(tickInterval)
	alice.waitDemand("h", "f")
	w.run(3 * time.Second)
	alice.waitDemand("h")
}

func TestAMutedCameraKeepsItsLayers(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	alice.negotiate(true, 0, 0)
	bob.negotiate(false, 0, 1)
	bob.show("alice", 1280)
	w.run(3*time.Second, alice.camera()...)
	alice.waitDemand("q", "f")
	alice.SetMuted(Camera, true)
	w.run(4 * time.Second)
	alice.waitDemand("q", "f")
}
