package sfu

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/rtpbuf"
)

// roughLink delivers an encoder's packets with loss, reordering, duplicates and padding in between, and answers requests
// for key frames after a while, as a browser far away does.
type roughLink struct {
	r        *rand.Rand
	e        *encoder
	queue    [][]byte
	loss     int // in a hundred
	answerAt time.Duration
}

const keyFrameDelay = 140 * time.Millisecond

func (l *roughLink) frame(now time.Duration) {
	if l.answerAt != 0 && now >= l.answerAt {
		l.e.wantKey, l.answerAt = true, 0
	}
	packets := l.e.frame(40 * time.Millisecond)
	if l.r.IntN(12) == 0 { // padding, as for probing
		packets = append(packets, l.e.raw(l.e.pt, l.e.ssrc, l.e.seq, false, nil, false))
		l.e.seq++
	}
	for _, p := range packets {
		if l.r.IntN(100) < l.loss {
			continue
		}
		l.queue = append(l.queue, p)
		if l.r.IntN(40) == 0 {
			l.queue = append(l.queue, p)
		}
		if n := len(l.queue); n > 1 && l.r.IntN(15) == 0 {
			l.queue[n-1], l.queue[n-2] = l.queue[n-2], l.queue[n-1]
		}
	}
	hold := 0
	if l.r.IntN(10) == 0 && len(l.queue) > 1 {
		hold = 1 // the last one comes with the next frame
	}
	l.e.deliver(l.queue[:len(l.queue)-hold]...)
	l.queue = append(l.queue[:0], l.queue[len(l.queue)-hold:]...)
}

// roughRun lets the links run. Each publisher's layers answer together.
func (w *world) roughRun(d time.Duration, links []*roughLink) {
	for end := w.at + d; w.at < end; {
		w.advance(40 * time.Millisecond)
		for _, l := range links {
			if !l.e.c.askedForKey() {
				continue
			}
			for _, other := range links {
				if other.e.c == l.e.c && other.answerAt == 0 {
					other.answerAt = w.at + keyFrameDelay
				}
			}
		}
		for _, l := range links {
			l.frame(w.at)
		}
	}
}

// decoder holds a stream as it was sent against what a receiver can make of it; what was lost before the server may be
// missing, nothing else.
type decoder struct {
	t       *testing.T
	unwrap  rtpbuf.Unwrapper
	byNum   map[uint64]sentPacket
	order   []uint64
	widest  time.Duration // the longest time between two frames
	frameAt time.Duration
}

func (d *decoder) take(packets []sentPacket) {
	for _, p := range packets {
		n, restarted, ok := d.unwrap.Extend(p.Sequence)
		if !ok || restarted {
			d.t.Fatalf("number %d does not belong to the stream", p.Sequence)
		}
		if _, twice := d.byNum[n]; twice {
			d.t.Fatalf("number %d was used twice", p.Sequence)
		}
		d.byNum[n] = p
		d.order = append(d.order, n)
		if p.at != d.frameAt && len(p.payload) > 0 {
			if d.frameAt != 0 {
				d.widest = max(d.widest, p.at-d.frameAt)
			}
			d.frameAt = p.at
		}
	}
}

// pause is a time for which no picture is owed.
func (d *decoder) pause() { d.frameAt = 0 }

// check walks the stream in its order.
func (d *decoder) check(lossless bool) {
	first, last := ^uint64(0), uint64(0)
	for _, n := range d.order {
		first, last = min(first, n), max(last, n)
	}
	var before *sentPacket
	var was codec.Description
	missing := 0
	for n := first; n <= last; n++ {
		p, ok := d.byNum[n]
		if !ok {
			missing++
			continue
		}
		if len(p.payload) == 0 {
			continue
		}
		got, ok := codec.Describe(codec.VP8, p.payload)
		if !ok {
			d.t.Fatalf("number %d: broken payload", n)
		}
		if before != nil {
			d.follows(n, before, &p, &was, &got)
		} else if !got.KeyStart {
			d.t.Fatal("the stream does not begin with a key frame")
		}
		before, was = &p, got
	}
	if lossless && missing > 0 {
		d.t.Fatalf("%d numbers were left out", missing)
	}
}

func (d *decoder) follows(n uint64, before, p *sentPacket, was, got *codec.Description) {
	step := int32(p.Timestamp - before.Timestamp)
	frames := int16((got.VP8.PictureID-was.VP8.PictureID)<<1) >> 1
	switch {
	case step < 0:
		d.t.Fatalf("number %d: time goes back by %d", n, -step)
	case frames < 0 || (frames == 0) != (step == 0):
		d.t.Fatalf("number %d: time steps by %d, the picture id by %d", n, step, frames)
	case int8(got.VP8.TL0-was.VP8.TL0) < 0 || int8((got.VP8.KeyIndex-was.VP8.KeyIndex)<<3) < 0:
		d.t.Fatalf("number %d: counters go back", n)
	case p.Source != before.Source && !got.KeyStart:
		d.t.Fatalf("number %d: another source without a key frame", n)
	}
}

// TestTwentySwitchesAMinute changes layers and sources in one slot, over links with everything that can go wrong, and
// holds what goes out against a decoder's needs and a viewer's patience.
func TestTwentySwitchesAMinute(t *testing.T) {
	var layerGap, sourceGap time.Duration
	var forced uint64
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 7))
		w := newWorld(t)
		alice, bob, carol := w.join("alice"), w.join("bob"), w.join("carol")
		alice.negotiate(true, 0, 0)
		bob.negotiate(true, 0, 0)
		carol.negotiate(false, 0, 1)
		loss := int(seed%4) * 2
		var links []*roughLink
		for _, e := range append(alice.camera(), bob.camera()...) {
			e.temporal = seed%2 == 1
			links = append(links, &roughLink{r: r, e: e, loss: loss})
		}
		d := &decoder{t: t, byNum: make(map[uint64]sentPacket)}
		who, was := "alice", ""
		for range 20 {
			if r.IntN(3) == 0 {
				who = []string{"alice", "bob"}[r.IntN(2)]
			}
			width := []int{320, 640, 1280}[r.IntN(3)]
			if err := carol.SetViews([]View{{PeerID: who, Source: Camera, Width: width, Height: width * 9 / 16}}); err != nil {
				t.Fatal(err)
			}
			if r.IntN(2) == 0 {
				carol.slots.Load().bySSRC[2000].setTarget(noLimit, 1+r.IntN(2), w.at)
			}
			d.widest = 0
			w.roughRun(time.Duration(2500+r.IntN(1000))*time.Millisecond, links)
			d.take(carol.take(2000))
			switch {
			case was == "":
			case was != who:
				sourceGap = max(sourceGap, d.widest)
			default:
				layerGap = max(layerGap, d.widest)
			}
			was = who
			if r.IntN(4) == 0 {
				toMute := map[string]*client{"alice": alice, "bob": bob}[who]
				toMute.SetMuted(Camera, true)
				w.roughRun(time.Duration(r.IntN(2000))*time.Millisecond, links)
				d.take(carol.take(2000))
				toMute.SetMuted(Camera, false)
				d.pause()
				was = ""
			}
		}
		d.check(loss == 0)
		forced += w.server.Stats().ForcedSwitches
	}
	t.Logf("longest time without a new frame: %v at a switch of layer, %v at a change of source; %d forced", layerGap, sourceGap, forced)
	if layerGap > 250*time.Millisecond {
		t.Errorf("a switch of layer froze the picture for %v", layerGap)
	}
	if sourceGap > 250*time.Millisecond+keyFrameDelay {
		t.Errorf("a change of source froze the picture for %v", sourceGap)
	}
}

// noKeys lets encoders run without ever making a key frame.
func (w *world) noKeys(d time.Duration, encoders ...*encoder) {
	for end := w.at + d; w.at < end; {
		w.advance(40 * time.Millisecond)
		for _, e := range encoders {
			e.wantKey = false
			e.deliver(e.frame(40 * time.Millisecond)...)
		}
	}
}

func TestASwitchThatCannotCompleteIsForced(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	alice.negotiate(true, 0, 0)
	bob.negotiate(false, 0, 1)
	layers := alice.camera()
	view := func(width int) {
		if err := bob.SetViews([]View{{PeerID: "alice", Source: Camera, Width: width, Height: width * 9 / 16}}); err != nil {
			t.Fatal(err)
		}
	}
	view(320)
	w.run(time.Second, layers...)
	w.noKeys(15*time.Second, layers...)
	bob.take(2000)

	// Up, while no key frame ever comes: the lower layer goes on, and after two seconds that is settled.
	view(1280)
	w.noKeys(1900*time.Millisecond, layers...)
	if n := w.server.Stats().ForcedSwitches; n != 0 {
		t.Fatalf("%d forced too early", n)
	}
	w.noKeys(300*time.Millisecond, layers...)
	if n := w.server.Stats().ForcedSwitches; n != 1 {
		t.Fatalf("%d forced after 2.2 s", n)
	}
	if got := bob.take(2000); len(got) < 50 {
		t.Fatalf("%d packets of the lower layer meanwhile", len(got))
	}
	w.noKeys(2100*time.Millisecond, layers...) // nor does one of the layer between
	alice.askedForKey()
	w.noKeys(3*time.Second, layers...)
	if alice.askedForKey() {
		t.Fatal("the layer that was given up is still asked for")
	}
	// It is tried again, and when the key frame comes at last, it is taken.
	w.noKeys(2500*time.Millisecond, layers...)
	w.run(2*time.Second, layers...)
	if d, _ := codec.Describe(codec.VP8, lastKeyFrame(t, bob.take(2000)).payload); d.Width != 1280 {
		t.Fatalf("%d wide at last", d.Width)
	}
}

func TestASlotWithoutAPictureTakesAnyLayer(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	alice.negotiate(true, 0, 0)
	bob.negotiate(false, 0, 1)
	layers := alice.camera()
	w.noKeys(3*time.Second, layers...) // bob waits for the top layer
	if got := bob.take(2000); len(got) > 0 {
		t.Fatalf("%d packets with which no decoder can begin", len(got))
	}
	layers[0].wantKey = true
	layers[0].deliver(layers[0].frame(40 * time.Millisecond)...)
	got := bob.take(2000)
	if len(got) == 0 || w.server.Stats().ForcedSwitches != 1 {
		t.Fatalf("%d packets after a key frame of the lowest layer, %d forced", len(got), w.server.Stats().ForcedSwitches)
	}
	w.noKeys(time.Second, layers...)
	checkStream(t, append(got, bob.take(2000)...))
}
