package sfu

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/digierapro/parley/sfu/transport"
)

// studio is a publisher whose clocks are all a little wrong: the wall clock in its sender reports, and the crystals that
// its microphone's and its camera's timestamps come from.
type studio struct {
	c              *client
	r              *rand.Rand
	wall, mic, cam float64 // parts by which each clock is fast
	ahead          time.Duration
	sound          *mouth
	layers         []*encoder
	soundReport    time.Duration
	layerReport    []time.Duration
	micPaused      time.Duration // by which the microphone's timestamps have stopped in all
}

func newStudio(w *world, id string, seed uint64, wall, mic, cam float64, ahead time.Duration) *studio {
	c := w.join(id)
	c.negotiate(true, 0, 0)
	return &studio{
		c: c, r: rand.New(rand.NewPCG(seed, 11)), wall: wall, mic: mic, cam: cam, ahead: ahead,
		sound: &mouth{c: c, dBov: -20}, layers: c.camera(), layerReport: make([]time.Duration, 3),
	}
}

func fast(at time.Duration, by float64) time.Duration { return at + time.Duration(float64(at)*by) }

func (s *studio) theirs(at time.Duration) uint64 {
	return toNTP(s.c.w.server.wall(fast(at, s.wall) + s.ahead))
}

func (s *studio) soundAt(at time.Duration) uint32 {
	return uint32(fast(at-s.micPaused, s.mic).Seconds()*48000) + 4e9
}

func (s *studio) pictureAt(at time.Duration, layer int) uint32 {
	return uint32(int64(fast(at, s.cam).Seconds()*90000) + int64(layer)*123456789)
}

// delay is what something is late on its way.
func (s *studio) delay(least time.Duration) time.Duration {
	return least + time.Duration(s.r.Int64N(int64(30*time.Millisecond)))
}

// viewer is a receiver that goes by the last sender report of each stream.
type viewer struct {
	*client
	reports map[uint32]*rtcp.SenderReport
	// off is by how much the sound and the picture of each seat are shown later than they were taken.
	off map[uint32]map[transport.Kind]time.Duration
}

// shown notes what a packet that was taken at some time, and has just come, says of when it belongs.
func (v *viewer) shown(kind transport.Kind, taken time.Duration) {
	for _, sr := range takeFeedback[*rtcp.SenderReport](v.client) {
		v.reports[sr.SSRC] = sr
	}
	rate := time.Duration(48000)
	if kind == transport.Video {
		rate = 90000
	}
	for ssrc, sr := range v.reports {
		got := v.take(ssrc)
		if len(got) != 1 { // nothing, or a replay
			continue
		}
		p := got[0]
		at := fromNTP(sr.NTPTime) + time.Duration(int32(p.Timestamp-sr.RTPTime))*time.Second/rate - v.w.server.wall(0)
		if v.off[p.Source] == nil {
			v.off[p.Source] = make(map[transport.Kind]time.Duration)
		}
		v.off[p.Source][kind] = at - taken
	}
}

// step lets the publisher send a packet of each of its tracks, and the reports that are due.
func (s *studio) step(v *viewer, muted bool) {
	now := s.c.w.at
	if !muted {
		taken := now - s.delay(10*time.Millisecond)
		s.sound.ts = s.soundAt(taken) - 960
		s.sound.speak()
		v.shown(transport.Audio, taken)
		if now >= s.soundReport {
			s.soundReport = now + 5*time.Second
			at := now - s.delay(10*time.Millisecond)
			s.c.rtcp(&rtcp.SenderReport{SSRC: 400, NTPTime: s.theirs(at), RTPTime: s.soundAt(at)})
		}
	}
	key := s.c.askedForKey()
	for i, l := range s.layers {
		l.wantKey = l.wantKey || key
		taken := now - s.delay(40*time.Millisecond)
		l.ts = s.pictureAt(taken, i)
		l.packets = 1
		l.deliver(l.frame(0)...)
		v.shown(transport.Video, taken)
		if now >= s.layerReport[i] {
			s.layerReport[i] = now + time.Second
			at := now - s.delay(10*time.Millisecond)
			s.c.rtcp(&rtcp.SenderReport{SSRC: l.ssrc, NTPTime: s.theirs(at), RTPTime: s.pictureAt(at, i)})
		}
	}
}

// TestLipsStayWithSoundForAnHour: two publishers whose wall clocks drift 100 ppm apart and whose crystals drift from
// these by as much again; layers change every 20 s, the one audio and the one video slot change the publisher every 90 s, and one of them
// is muted now and then, whose microphone's timestamps stand still meanwhile, as Chromium's do without a track.
func TestLipsStayWithSoundForAnHour(t *testing.T) {
	w := newWorld(t)
	alice := newStudio(w, "alice", 1, 50e-6, 150e-6, 50e-6, -3*time.Hour)
	bob := newStudio(w, "bob", 2, -50e-6, -150e-6, 20e-6, 7*time.Minute)
	carol := w.join("carol")
	carol.negotiate(false, 1, 1)
	v := &viewer{client: carol, reports: map[uint32]*rtcp.SenderReport{}, off: map[uint32]map[transport.Kind]time.Duration{}}
	studios := []*studio{alice, bob}
	views := []View{{Source: Camera, Width: 1280, Height: 720}, {Source: Camera, Width: 320, Height: 180}, {Source: Camera, Width: 640, Height: 360}}
	const step = 200 * time.Millisecond
	var worst time.Duration
	changes, mutedAt := 0, time.Duration(0)
	for start := w.at; w.at < start+time.Hour; {
		w.at += step
		w.server.tick(w.at)
		since := w.at - start
		if since%(20*time.Second) == step {
			view := views[changes%3]
			on := int(since/(90*time.Second)) % 2
			studios[on].sound.dBov, studios[1-on].sound.dBov = -20, silentRoom
			view.PeerID = studios[on].c.ID()
			changes++
			if err := carol.SetViews([]View{view}); err != nil {
				t.Fatal(err)
			}
		}
		switch since % (3 * time.Minute) { // while she is in view, and just after a report of her microphone
		case 30600 * time.Millisecond:
			alice.c.SetMuted(Microphone, true)
			mutedAt = w.at
		case 32 * time.Second:
			alice.c.SetMuted(Microphone, false)
			alice.micPaused += w.at - mutedAt
			mutedAt = 0
		}
		for i, s := range studios {
			s.step(v, i == 0 && mutedAt != 0)
		}
		for seat, off := range v.off {
			a, knowsA := off[transport.Audio]
			p, knowsP := off[transport.Video]
			if !knowsA || !knowsP {
				continue
			}
			d := max(a-p, p-a)
			worst = max(worst, d)
			if d > 80*time.Millisecond {
				t.Fatalf("after %v sound and picture of %d are %v apart (%v and %v)", since, seat, a-p, a, p)
			}
		}
		clear(v.off)
	}
	t.Logf("after an hour, %d changes of view and %d switches: at most %v apart", changes, w.server.Stats().Switches, worst)
	if worst == 0 {
		t.Fatal("nothing was compared")
	}
}
