package sfu

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/digierapro/parley/sfu/transport"
)

// hall is a room of n participants with a camera and a microphone each and so many slots.
func hall(t testing.TB, n, audio, video int) *world {
	w := newWorld(t)
	w.server.cfg.MaxPeers, w.server.cfg.Talkers = n+1, max(n, 10)
	for i := range n {
		w.join(fmt.Sprint("peer", i)).negotiate(true, audio, video)
	}
	w.advance(rankInterval)
	return w
}

// visit is a join and a leave, with all that the room has to do for them until the next tick.
func (w *world) visit(audio, video int) {
	c := w.join("newcomer")
	c.negotiate(true, audio, video)
	c.leave()
}

// looked is how many slots a visit has the room look at.
func (w *world) looked(audio, video int) uint64 {
	before := w.server.Stats().Assignments
	w.visit(audio, video)
	return w.server.Stats().Assignments - before
}

// TestAJoinCostsByWhatItChanges counts the slots that are looked at: those of the newcomer, and of the others those that
// show them.
func TestAJoinCostsByWhatItChanges(t *testing.T) {
	const audio, video = 3, 9
	for _, n := range []int{10, 50} {
		if got := hall(t, n, audio, video).looked(audio, video); got != audio+video {
			t.Errorf("%d slots looked at in a room of %d that has none free, want the newcomer's %d", got, n, audio+video)
		}
		// With room for all each of the others shows camera and microphone once, and empties both slots again.
		w := hall(t, n, n, n)
		if got, want := w.looked(audio, video), uint64(audio+video+4*n); got != want {
			t.Errorf("%d slots looked at in a room of %d with slots for all, want %d", got, n, want)
		}
	}
}

// TestAJoinConcernsThoseWhoseViewsNameIt: with views only they are looked at.
func TestAJoinConcernsThoseWhoseViewsNameIt(t *testing.T) {
	w := hall(t, 50, 0, 9)
	for i, p := range w.room.peerList() {
		views := []View{{PeerID: fmt.Sprint("peer", (i+1)%50), Source: Camera, Width: 320, Height: 180}}
		if i < 2 {
			views = append(views, View{PeerID: "newcomer", Source: Camera, Width: 320, Height: 180})
		}
		if err := p.SetViews(views); err != nil {
			t.Fatal(err)
		}
	}
	before := w.server.Stats().Assignments
	c := w.join("newcomer")
	c.negotiate(true, 0, 9)
	if got := w.server.Stats().Assignments - before; got != 9+2 {
		t.Fatalf("%d slots looked at for a camera that two watch, want 2 and the newcomer's 9", got)
	}
	for i, p := range w.room.peerList()[:3] {
		shows := 0
		for _, s := range p.slots.Load().list {
			if s.pub == c.routing.Load().pubs[1] && s.wished.Width == 320 {
				shows++
			}
		}
		if want := map[bool]int{true: 1}[i < 2]; shows != want {
			t.Fatalf("peer %d shows the newcomer in %d slots, want %d", i, shows, want)
		}
	}
}

// TestSlotsCarryWhatTheWholeRoomWouldChoose compares the assignment made piece by piece with one made from nothing but
// what each slot carries and what there is.
func TestSlotsCarryWhatTheWholeRoomWouldChoose(t *testing.T) {
	w := newWorld(t)
	w.server.cfg.Talkers = 4
	r := rand.New(rand.NewPCG(7, 1))
	var present []*client
	for step := range 600 {
		switch k := r.IntN(10); {
		case k < 3 && len(present) < 12:
			c := w.join(fmt.Sprint("p", step))
			c.negotiate(r.IntN(5) > 0, r.IntN(8), r.IntN(8))
			present = append(present, c)
		case k < 5 && len(present) > 3:
			i := r.IntN(len(present))
			present[i].leave()
			present = append(present[:i], present[i+1:]...)
		case k < 7 && len(present) > 0:
			present[r.IntN(len(present))].reshape(r)
		case k < 9 && len(present) > 0:
			var views []View
			for range r.IntN(6) {
				views = append(views, View{PeerID: present[r.IntN(len(present))].ID(), Source: []Source{Camera, Screen}[r.IntN(2)], Width: r.IntN(900), Height: 90})
			}
			if err := present[r.IntN(len(present))].SetViews(views); err != nil {
				t.Fatal(err)
			}
		default:
			w.advance(rankInterval)
		}
		w.checkAssignment(t, step)
	}
}

// reshape offers anew: with or without what is published, a screen, and other slots.
func (c *client) reshape(r *rand.Rand) {
	c.sections = nil
	var tracks []Track
	if r.IntN(3) > 0 {
		c.sections = append(c.sections, opusSection("mic", transport.FromClient, 111))
	}
	if r.IntN(3) > 0 {
		c.sections = append(c.sections, vp8Section("cam", transport.FromClient, 96, [][]string{{"q", "h"}, {"q", "h", "f"}}[r.IntN(2)]...))
	}
	if r.IntN(3) == 0 {
		c.sections = append(c.sections, vp8Section("scr", transport.FromClient, 96), opusSection("snd", transport.FromClient, 111))
		tracks = []Track{{"scr", Screen}, {"snd", ScreenAudio}}
	}
	for i := range r.IntN(8) {
		c.sections = append(c.sections, slotSection(opusSection(fmt.Sprint("a", i), transport.ToClient, 109), uint32(1000+i)),
			slotSection(vp8Section(fmt.Sprint("v", i), transport.ToClient, 120), uint32(2000+i)))
	}
	c.offer(tracks...)
}

func (w *world) checkAssignment(t *testing.T, step int) {
	t.Helper()
	r := w.room
	r.mu.Lock()
	defer r.mu.Unlock()
	c := newCatalog()
	for _, p := range r.peers {
		for _, pub := range p.routing.Load().pubs {
			c.talkers = r.catalog.talkers
			c.add(pub)
		}
	}
	for _, p := range r.peers {
		l := &p.lineup
		n := len(l.slots)
		want := assign(l.kinds, l.carries, p.wantedAudioLocked(&c, n), p.wantedVideoLocked(&c, n))
		for i, s := range l.slots {
			switch {
			case l.carries[i] != want[i]:
				t.Fatalf("step %d: slot %d of %s carries %v, want %v", step, i, p.id, l.carries[i], want[i])
			case s.pub != c.byKey[want[i]] || l.states[i] != (SlotState{Mid: s.Mid, Kind: s.Kind, PeerID: want[i].peer, Source: want[i].source}):
				t.Fatalf("step %d: slot %d of %s is not what was assigned", step, i, p.id)
			case s.pub != nil && s.wished != p.viewLocked(want[i]):
				t.Fatalf("step %d: slot %d of %s has another size than its view", step, i, p.id)
			}
			if _, listed := carriersOf(s.pub)[s]; s.pub != nil && !listed {
				t.Fatalf("step %d: the publication does not know slot %d of %s", step, i, p.id)
			}
		}
	}
}

func carriersOf(pub *Publication) map[*Slot]struct{} {
	if pub == nil {
		return nil
	}
	return pub.carriers
}

// BenchmarkJoin is a join, an offer and a leave over transports that do nothing, in a room that is so large already: with
// slots that are all taken, and with slots for everyone, where each of the others has to be told.
func BenchmarkJoin(b *testing.B) {
	for _, n := range []int{5, 50} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := hall(b, n, 3, 4)
			b.ReportAllocs()
			for b.Loop() {
				w.visit(3, 4)
			}
		})
	}
	for _, n := range []int{5, 50} {
		b.Run(fmt.Sprintf("shown to all %d", n), func(b *testing.B) {
			w := hall(b, n, n, n)
			b.ReportAllocs()
			for b.Loop() {
				w.visit(3, 4)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/other")
		})
	}
}
