package sfu

import (
	"slices"
	"testing"
	"time"

	"github.com/digierapro/parley/sfu/transport"
)

func TestAudioContinuesOverMute(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	alice.negotiate(true, 0, 0)
	bob.negotiate(false, 1, 1)
	mic, cam := alice.microphone(), alice.camera()
	all := append(cam, mic)
	w.run(time.Second, all...)
	before := bob.take(1000)
	video := bob.take(2000)
	alice.SetMuted(Microphone, true)
	alice.SetMuted(Camera, true)
	w.run(3*time.Second, all...)
	if a, v := bob.take(1000), bob.take(2000); len(a)+len(v) > 0 {
		t.Fatalf("%d audio and %d video packets of muted sources", len(a), len(v))
	}
	bob.waitSlots("alice", carries("alice", Microphone)) // the slot stays
	alice.SetMuted(Microphone, false)
	alice.SetMuted(Camera, false)
	w.run(time.Second, all...)
	after := bob.take(1000)
	last, first := before[len(before)-1], after[0]
	if first.Sequence != last.Sequence+1 || !first.Marker {
		t.Fatalf("number %d after %d, marker %v", first.Sequence, last.Sequence, first.Marker)
	}
	if gap := time.Duration(first.Timestamp-last.Timestamp) * time.Second / 48000; gap < 2900*time.Millisecond || gap > 3200*time.Millisecond {
		t.Fatalf("3 s of silence are %v of media", gap)
	}
	resumed := bob.take(2000)
	checkStream(t, append(video, resumed...))
	for _, p := range resumed {
		if p.at < w.at-time.Second {
			t.Fatal("video of the muted time was sent")
		}
	}
}

func TestMutedBeforePublishing(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	bob.negotiate(false, 1, 1)
	alice.SetMuted(Microphone, true)
	alice.negotiate(true, 0, 0)
	w.run(time.Second, alice.microphone())
	if got := bob.take(1000); len(got) > 0 {
		t.Fatalf("%d packets of a source that was muted before it came", len(got))
	}
}

func TestLeavingFreesSlotsAndOthersGoOn(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol, dave := w.join("alice"), w.join("bob"), w.join("carol"), w.join("dave")
	alice.negotiate(true, 0, 0)
	bob.negotiate(true, 0, 0)
	carol.negotiate(true, 0, 0)
	dave.negotiate(false, 2, 2)
	a, b, c := alice.camera(), bob.camera(), carol.camera()
	w.run(time.Second, slices.Concat(a, b, c)...)
	dave.waitSlots("alice", carries("alice", Camera))
	if carries("carol", Camera)(dave.last) {
		t.Fatal("more publications than slots")
	}
	alice.leave()
	alice.leave()
	dave.waitSlots("carol", carries("carol", Camera))
	w.run(time.Second, slices.Concat(b, c)...)
	first, second := dave.take(2000), dave.take(2001)
	checkStream(t, first)
	checkStream(t, second)
	if first[len(first)-1].Source != Seat("carol") || second[len(second)-1].Source != Seat("bob") {
		t.Fatal("carol does not follow alice in her slot, or bob lost his")
	}
	a[0].deliver(a[0].frame(time.Second)...) // a last packet on its way
	if !alice.closed {
		t.Fatal("the transport is still open")
	}
	if _, err := alice.Offer(t.Context(), "offer", nil); err == nil {
		t.Fatal("an offer of one who has left was taken")
	}
}

func TestReofferAddsSlotsAndTurnsThemOff(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.join("alice"), w.join("bob"), w.join("carol")
	alice.negotiate(true, 0, 0)
	bob.negotiate(true, 0, 0)
	carol.negotiate(false, 0, 1)
	encoders := append(alice.camera(), bob.camera()...)
	w.run(time.Second, encoders...)
	one := carol.take(2000)
	carol.negotiate(false, 0, 2)
	carol.waitSlots("bob", carries("bob", Camera))
	w.run(time.Second, encoders...)
	one = append(one, carol.take(2000)...)
	checkStream(t, one)
	checkStream(t, carol.take(2001))
	// The first slot is turned off and on again: its numbers go on.
	sections := carol.sections
	off := slices.Clone(sections)
	off[0].Direction = transport.Inactive
	carol.sections = off
	carol.offer()
	w.run(time.Second, encoders...)
	if got := carol.take(2000); len(got) > 0 {
		t.Fatalf("%d packets of a section turned off", len(got))
	}
	carol.sections = sections
	carol.offer()
	w.run(time.Second, encoders...)
	checkStream(t, append(one, carol.take(2000)...))
}

func TestScreenComesWithALaterOffer(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	alice.negotiate(true, 0, 0)
	bob.negotiate(false, 2, 1)
	cam := alice.camera()
	w.run(time.Second, cam...)
	alice.sections = append(alice.sections, vp8Section("scr", transport.FromClient, 96), opusSection("snd", transport.FromClient, 111))
	alice.offer(Track{"scr", Screen}, Track{"snd", ScreenAudio})
	bob.waitSlots("the screen, which goes first", carries("alice", Screen))
	bob.waitSlots("its sound", carries("alice", ScreenAudio))
	screen := &encoder{c: alice, ssrc: 777, mid: "scr", pt: 96, w: 1920, h: 1080, wantKey: true, packets: 3, size: 500}
	w.run(time.Second, append(cam, screen)...)
	got := bob.take(2000)
	_, widths := checkStream(t, got)
	if widths[len(widths)-1] != 1920 {
		t.Fatalf("widths %v", widths)
	}
	// Offered again without naming it, it stays the screen; turned off, the camera returns.
	alice.offer()
	bob.waitSlots("the screen still", carries("alice", Screen))
	alice.sections = alice.sections[:2]
	alice.offer()
	bob.waitSlots("the camera again", carries("alice", Camera))
}
