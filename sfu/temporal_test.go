package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/digierapro/parley/sfu/codec"
)

// temporalIDs counts the frames of each temporal layer that were sent.
func temporalIDs(t *testing.T, packets []sentPacket) (n [4]int) {
	t.Helper()
	last := int64(-1)
	for _, p := range packets {
		d, ok := codec.Describe(codec.VP8, p.payload)
		if ok && int64(p.Timestamp) != last {
			n[d.Temporal]++
			last = int64(p.Timestamp)
		}
	}
	return n
}

func TestTemporalLayersAreLeftOutWithoutAHole(t *testing.T) {
	w, alice, bob, cam := pair(t)
	cam.temporal, cam.packets = true, 2
	slot := bob.slots.Load().bySSRC[2000]
	w.run(time.Second, cam)
	all := bob.take(2000)
	if n := temporalIDs(t, all); n[0] == 0 || n[1] == 0 || n[2] == 0 {
		t.Fatalf("frames by layer %v", n)
	}
	for _, temporal := range []int{0, 1, 2, 0, 2, 1, 0} {
		slot.setTarget(noLimit, temporal, w.at)
		w.run(400*time.Millisecond, cam)
		settling := bob.take(2000)
		w.run(time.Second, cam)
		got := bob.take(2000)
		n := temporalIDs(t, got)
		for id, frames := range n {
			if (frames > 0) != (id <= temporal) {
				t.Fatalf("wanted layers up to %d, got frames %v", temporal, n)
			}
		}
		all = append(append(all, settling...), got...)
	}
	// One stream, without a gap in numbers or picture ids. TL0PICIDX counts frames of the base layer only.
	var was codec.Description
	var seen [4]time.Duration
	for i, p := range all {
		d, ok := codec.Describe(codec.VP8, p.payload)
		if !ok {
			t.Fatalf("packet %d is broken", i)
		}
		if i > 0 {
			frames := (d.VP8.PictureID - was.VP8.PictureID) & 0x7fff
			if p.Sequence != all[i-1].Sequence+1 || frames > 1 || (frames == 0) != (p.Timestamp == all[i-1].Timestamp) {
				t.Fatalf("packet %d: number steps by %d, picture id by %d", i, p.Sequence-all[i-1].Sequence, frames)
			}
			if tl0 := d.VP8.TL0 - was.VP8.TL0; tl0 > 1 || (tl0 == 1) != (frames == 1 && d.Temporal == 0) {
				t.Fatalf("packet %d: TL0PICIDX steps by %d at layer %d", i, tl0, d.Temporal)
			}
			if since := p.at - seen[d.Temporal]; d.Temporal > 0 && since > 300*time.Millisecond && !d.Sync && i > 12 {
				t.Fatalf("packet %d: layer %d is back after %v without a sync frame", i, d.Temporal, since)
			}
		}
		seen[d.Temporal] = p.at
		was = d
	}
	// What was sent is sent again under the same name.
	p := all[len(all)-3]
	bob.rtcp(nack(2000, p.Sequence))
	if again := bob.take(12000); len(again) != 1 || string(again[0].payload[2:]) != string(p.payload) {
		t.Fatalf("%d packets sent again, or not the same", len(again))
	}
	if len(takeFeedback[*rtcp.PictureLossIndication](alice)) > 1 {
		t.Fatal("temporal layers need no key frames")
	}
}

func TestALatePacketOfALeftOutFrameFillsItsPlace(t *testing.T) {
	w, _, bob, cam := pair(t)
	cam.temporal, cam.packets = true, 3
	slot := bob.slots.Load().bySSRC[2000]
	w.run(time.Second, cam)
	slot.setTarget(noLimit, 0, w.at)
	w.run(400*time.Millisecond, cam)
	bob.take(2000)
	for cam.frameCount%4 != 0 {
		w.run(40*time.Millisecond, cam)
	}
	bob.take(2000)
	base, upper, next := cam.frame(40*time.Millisecond), cam.frame(40*time.Millisecond), cam.frame(40*time.Millisecond)
	cam.deliver(base...)
	cam.deliver(upper[0], upper[2])
	cam.deliver(next...)
	w.run(120*time.Millisecond, cam)
	cam.deliver(upper[1]) // late
	packets := bob.take(2000)
	var empty, first, last uint16
	seen := map[uint16]bool{}
	for i, p := range packets {
		if i == 0 {
			first = p.Sequence
		}
		if int16(p.Sequence-last) > 0 || i == 0 {
			last = p.Sequence
		}
		if len(p.payload) == 0 {
			empty++
		}
		if seen[p.Sequence] {
			t.Fatal("a number was used twice")
		}
		seen[p.Sequence] = true
	}
	if empty != 1 || len(seen) != int(last-first)+1 {
		t.Fatalf("%d empty packets; %d numbers between %d and %d", empty, len(seen), first, last)
	}
	if n := temporalIDs(t, packets); n[1]+n[2] > 0 {
		t.Fatalf("frames by layer %v", n)
	}
}

func TestRatesByTemporalLayer(t *testing.T) {
	w := newWorld(t)
	alice := w.join("alice")
	alice.negotiate(true, 0, 0)
	layers := alice.camera()
	for _, e := range layers {
		e.temporal = true
	}
	w.run(5*time.Second, layers[:2]...)
	tiers := alice.routing.Load().pubs[1].AppendTiers(nil)
	if len(tiers) != 3 || !tiers[0].Live || !tiers[1].Live || tiers[2].Live {
		t.Fatalf("%+v", tiers)
	}
	for i, e := range layers[:2] {
		whole := 25 * 8 * e.packets * (e.size + 7)
		for temporal, share := range []float64{0.25, 0.5, 1, 1} {
			if got, want := float64(tiers[i].Rates[temporal]), share*float64(whole); got < want*0.9 || got > want*1.1 {
				t.Errorf("tier %d up to temporal layer %d: %.0f bit/s, want %.0f", i, temporal, got, want)
			}
		}
		if tiers[i].Width != 320<<i {
			t.Errorf("tier %d is %d wide", i, tiers[i].Width)
		}
	}
}

// The first rate that is told of a source is of half a second of it, whenever that began.
func TestTheFirstRateIsOfAWholeInterval(t *testing.T) {
	for before := time.Duration(0); before < rateInterval; before += 3 * tickInterval {
		w := newWorld(t)
		alice := w.join("alice")
		alice.negotiate(true, 0, 0)
		w.advance(before)
		q := alice.camera()[0]
		l := alice.routing.Load().pubs[1].layers[0]
		for range 20 {
			if w.run(40*time.Millisecond, q); l.rates.upTo(0, 0) > 0 {
				break
			}
		}
		want := float64(25 * 8 * q.packets * (q.size + 7))
		if got := float64(l.rates.upTo(0, 0)); got < want*0.85 || got > want*1.15 {
			t.Errorf("begun %v after the offer: %.0f bit/s, want %.0f", before, got, want)
		}
	}
}

func TestATargetBoundsTheLayer(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	alice.negotiate(true, 0, 0)
	bob.negotiate(false, 0, 1)
	layers := alice.camera()
	slot := bob.slots.Load().bySSRC[2000]
	w.run(time.Second, layers...)
	all := bob.take(2000)
	for _, tier := range []int{0, 2, 1} {
		slot.setTarget(tier, noLimit, w.at)
		w.run(time.Second, layers...)
		all = append(all, bob.take(2000)...)
		if d, _ := codec.Describe(codec.VP8, lastKeyFrame(t, all).payload); int(d.Width) != 320<<tier {
			t.Fatalf("bounded to tier %d, %d wide", tier, d.Width)
		}
	}
	slot.setTarget(-1, -1, w.at)
	w.run(time.Second, layers...)
	if got := bob.take(2000); len(got) > 0 {
		t.Fatalf("%d packets of a paused slot", len(got))
	}
	slot.setTarget(noLimit, noLimit, w.at)
	w.run(time.Second, layers...)
	all = append(all, bob.take(2000)...)
	if d, _ := codec.Describe(codec.VP8, lastKeyFrame(t, all).payload); d.Width != 1280 {
		t.Fatalf("%d wide after the pause", d.Width)
	}
	checkStream(t, all)
}
