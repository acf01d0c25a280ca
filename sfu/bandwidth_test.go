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

// What a new source needs is not known before it has been measured. That is no reason to keep it from anybody, nor to stop it
// once it has begun; and not to give all of it to who cannot take it.
func TestANewSourceIsShownBeforeItsRateIsKnown(t *testing.T) {
	for _, tt := range []struct {
		name      string
		bandwidth int
		rid       string // forwarded while nothing has been measured
	}{
		{"with room for all", 2_000_000, "f"},
		{"with room for the middle layer", 700_000, "h"},
		{"with room for the smallest", 200_000, "q"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			alice, bob := w.join("alice"), w.join("bob")
			bob.bandwidth = tt.bandwidth
			alice.negotiate(true, 0, 0)
			bob.negotiate(false, 0, 1)
			w.advance(shareInterval) // before the first packet
			layers := alice.camera()
			slot := bob.Peer.slots.Load().bySSRC[2000]
			w.run(80*time.Millisecond, layers...)
			if len(bob.take(2000)) == 0 {
				t.Fatal("nothing of the first two frames")
			}
			for range 6 {
				w.run(40*time.Millisecond, layers...)
				if len(bob.take(2000)) == 0 {
					t.Fatal("the picture stands still")
				}
			}
			if rates := slot.pub.AppendTiers(nil)[0].Rates; rates[0] != 0 {
				t.Fatalf("measured already: %v", rates)
			}
			if slot.now.rid != tt.rid {
				t.Errorf("the layer %q is forwarded, want %q", slot.now.rid, tt.rid)
			}
		})
	}
}
