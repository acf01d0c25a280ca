package sfu

import (
	"slices"
	"testing"
	"time"

	"github.com/digierapro/parley/sfu/transport"
)

// atTheTop is a world in which bob has shown alice's camera at its largest for a while, with room for all of it.
func atTheTop(t *testing.T) (w *world, bob *client, slot *Slot, layers []*encoder) {
	t.Helper()
	w = newWorld(t)
	alice := w.join("alice")
	bob = w.join("bob")
	alice.negotiate(true, 0, 0)
	bob.negotiate(false, 0, 1)
	bob.show("alice", 1280)
	bob.bandwidth = 1 << 30
	layers = alice.camera()
	w.run(3*time.Second, layers...)
	return w, bob, bob.Peer.slots.Load().list[0], layers
}

func TestTheEstimateDecidesTheLayer(t *testing.T) {
	w, bob, slot, layers := atTheTop(t)
	at := func() int {
		slot.mu.Lock()
		defer slot.mu.Unlock()
		if slot.now == nil {
			return -1
		}
		return slices.Index(slot.pub.layers, slot.now)
	}
	if at() != 2 {
		t.Fatalf("with room for all the slot is at layer %d", at())
	}
	rates := rungs(slot.pub.AppendTiers(nil), transport.Video)
	if rates[0][2] == 0 || rates[1][2] <= rates[0][2] || rates[2][2] <= rates[1][2] {
		t.Fatalf("rates %v", rates)
	}
	set := func(bps int) {
		bob.mu.Lock()
		defer bob.mu.Unlock()
		bob.bandwidth = bps
	}

	set(rates[1][2] + rates[1][2]/10)
	for _, l := range layers {
		l.wantKey = true
	}
	w.run(500*time.Millisecond, layers...)
	if at() != 1 {
		t.Fatalf("with room for the middle layer the slot is at %d", at())
	}
	if bob.goal == 0 {
		t.Fatal("nothing more is asked for")
	}
	set(rates[0][0] / 2)
	w.run(300*time.Millisecond, layers...)
	bob.take(slot.stream.SSRC)
	w.run(500*time.Millisecond, layers...)
	if n := len(bob.take(slot.stream.SSRC)); at() != -1 || n != 0 {
		t.Fatalf("without room for the least the slot is at %d and sends %d packets", at(), n)
	}
	set(1 << 30)
	for range 100 { // going up takes its time after a congestion
		for _, l := range layers {
			l.wantKey = true
		}
		w.run(200*time.Millisecond, layers...)
		if at() == 2 {
			return
		}
	}
	t.Fatalf("with room again the slot stays at %d", at())
}

func TestAProbeIsPaddedWithWhatTheClientHas(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	alice.negotiate(true, 0, 0)
	bob.negotiate(false, 0, 1)
	bob.show("alice", 1280)
	layers := alice.camera()
	w.run(time.Second, layers...)
	slot := bob.Peer.slots.Load().list[0]
	bob.mu.Lock()
	bob.padding, bob.bandwidth = 4000, 1<<30
	bob.mu.Unlock()
	w.advance(tickInterval)
	bytes, probes := 0, 0
	for _, p := range bob.take(slot.stream.RTX) {
		if !p.Probe {
			continue
		}
		probes++
		bytes += len(p.payload) + int(p.Padding) + wireOverhead
	}
	if probes == 0 || bytes < 4000 || bytes > 4000+2000 {
		t.Fatalf("%d probes with %d bytes", probes, bytes)
	}
}

func TestALayerThatDrownsTheRestIsCutOffAtOnce(t *testing.T) {
	w, bob, slot, layers := atTheTop(t)
	rates := rungs(slot.pub.AppendTiers(nil), transport.Video)
	bob.mu.Lock()
	bob.bandwidth = rates[0][2] + rates[0][2]/10
	bob.mu.Unlock()
	w.advance(2 * tickInterval)
	bob.take(slot.stream.SSRC)
	layers[0].wantKey = true
	w.run(time.Second, layers...)
	got := bob.take(slot.stream.SSRC)
	bytes := 0
	for _, p := range got {
		bytes += len(p.payload) + wireOverhead
	}
	if len(got) == 0 || bytes*8 > 2*rates[0][2] {
		t.Fatalf("%d packets with %d bit in a second, there is room for %d", len(got), bytes*8, rates[0][2])
	}
}
