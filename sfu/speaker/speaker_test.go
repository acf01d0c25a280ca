package speaker

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// talk makes levels like those of speech: words of 150 to 500 ms around a loudness, with gaps of 20 to 160 ms.
type talk struct {
	r       *rand.Rand
	loud    float64
	left    int
	silent  bool
	stopped bool
}

func newTalk(seed uint64, dBov float64) *talk {
	return &talk{r: rand.New(rand.NewPCG(seed, 9)), loud: 127 + dBov, silent: true}
}

func (s *talk) next() uint8 {
	if s.stopped {
		return uint8(127 - 75 + s.r.IntN(6)) // the room
	}
	if s.left == 0 {
		s.silent = !s.silent
		s.left = 8 + s.r.IntN(18)
		if s.silent {
			s.left = 1 + s.r.IntN(8)
		}
	}
	s.left--
	if s.silent {
		return uint8(127 - 70 + s.r.IntN(6))
	}
	return uint8(min(max(s.loud+s.r.NormFloat64()*4, 0), 127))
}

// stage is a room with sources, of which each frame makes levels.
type stage struct {
	t      *testing.T
	d      Detector
	voices []*Voice
	source []func() uint8
}

func newStage(t *testing.T, sources ...func() uint8) *stage {
	s := &stage{t: t, source: sources}
	for range sources {
		s.voices = append(s.voices, &Voice{})
	}
	return s
}

// run lets time pass and returns after how long the dominant speaker was i for the first time; -1 for never.
func (s *stage) run(d time.Duration, i int) time.Duration {
	took := time.Duration(-1)
	for f := range int(d / Frame) {
		for k, v := range s.voices {
			v.Add(s.source[k]())
		}
		s.d.Decide(s.voices)
		if took < 0 && i >= 0 && s.d.Dominant() == s.voices[i] {
			took = time.Duration(f+1) * Frame
		}
	}
	return took
}

func quiet() uint8 { return 127 - 80 }

func TestASpeakerTakesOver(t *testing.T) {
	for _, loud := range []float64{-18, -30, -42} {
		for seed := range uint64(40) {
			a, b := newTalk(seed, -25), newTalk(seed+1000, loud)
			b.stopped = true
			s := newStage(t, a.next, b.next, quiet)
			if took := s.run(5*time.Second, 0); took < 300*time.Millisecond || took > 1200*time.Millisecond {
				t.Fatalf("seed %d: the first speaker is found after %v", seed, took)
			}
			a.stopped, b.stopped = true, false
			if took := s.run(3*time.Second, 1); took < 300*time.Millisecond || took > time.Second {
				t.Fatalf("%v dBov, seed %d: took over after %v", loud, seed, took)
			}
		}
	}
}

func TestATakeoverTakesHalfASecondOnAverage(t *testing.T) {
	var all []time.Duration
	for seed := range uint64(200) {
		a, b := newTalk(seed, -25), newTalk(seed+1000, -25)
		b.stopped = true
		s := newStage(t, a.next, b.next)
		s.run(4*time.Second, 0)
		a.stopped, b.stopped = true, false
		all = append(all, s.run(3*time.Second, 1))
	}
	slices.Sort(all)
	t.Logf("half take over within %v, nine in ten within %v, all within %v", all[100], all[180], all[199])
	if all[0] < 0 || all[100] > 600*time.Millisecond {
		t.Fatalf("half within %v, from %v on", all[100], all[0])
	}
}

func TestACoughDoesNotSwitch(t *testing.T) {
	for _, silence := range []bool{false, true} { // of the dominant speaker meanwhile
		for seed := range uint64(100) {
			a := newTalk(seed, -28)
			cough := 0
			s := newStage(t, a.next, func() uint8 {
				if cough > 0 {
					cough--
					return 127 - 8
				}
				return quiet()
			})
			s.run(4*time.Second, 0)
			a.stopped = silence
			s.run(3*time.Second, -1)
			cough = 15 // 300 ms
			s.run(3*time.Second, -1)
			if s.d.Dominant() != s.voices[0] {
				t.Fatalf("seed %d, silence %v: a cough is dominant", seed, silence)
			}
		}
	}
}

func TestWhoTalksOnStays(t *testing.T) {
	total := 0
	for seed := range uint64(30) {
		a, b := newTalk(seed, -25), newTalk(seed+500, -25)
		b.stopped = true
		s := newStage(t, a.next, b.next)
		s.run(3*time.Second, 0)
		b.stopped = false // both
		switches, last := 0, s.d.Dominant()
		for range 20 {
			s.run(500*time.Millisecond, -1)
			if now := s.d.Dominant(); now != last {
				switches, last = switches+1, now
			}
		}
		if total += switches; switches > 3 {
			t.Fatalf("seed %d: %d switches in ten seconds of both talking", seed, switches)
		}
	}
	if total > 25 {
		t.Fatalf("%d switches in 300 seconds of both talking", total)
	}
}

func TestTiesAreStable(t *testing.T) {
	same := func() uint8 { return 127 - 20 }
	s := newStage(t, same, same, same)
	for range 100 {
		s.run(100*time.Millisecond, -1)
		if d := s.d.Dominant(); d != nil && d != s.voices[0] {
			t.Fatal("of equals the first is the dominant one, and stays")
		}
	}
	if s.d.Dominant() == nil {
		t.Fatal("nobody is dominant")
	}
}

func TestTheDominantOneLeaves(t *testing.T) {
	s := newStage(t, newTalk(1, -20).next, quiet)
	s.run(2*time.Second, 0)
	s.d.Decide(s.voices[1:])
	if s.d.Dominant() != nil {
		t.Fatal("one who left is dominant")
	}
}

func TestNoiseIsNoVoice(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	fan := func() uint8 { return uint8(127 - 54 + r.IntN(5)) }
	s := newStage(t, fan)
	s.run(8*time.Second, -1)
	for range 50 {
		s.run(100*time.Millisecond, -1)
		if s.voices[0].Speaking() {
			t.Fatal("a fan speaks")
		}
	}
	loud := newStage(t, func() uint8 { return 127 - 20 })
	loud.run(time.Minute, -1)
	if !loud.voices[0].Speaking() || loud.voices[0].Level() < 0.75 {
		t.Fatalf("a loud steady sound is heard as %v", loud.voices[0].Level())
	}
}

func TestSpeakingHoldsThroughPauses(t *testing.T) {
	for seed := range uint64(50) {
		a := newTalk(seed, -25)
		s := newStage(t, a.next)
		s.run(time.Second, -1)
		for range 100 {
			s.run(100*time.Millisecond, -1)
			if !s.voices[0].Speaking() {
				t.Fatalf("seed %d: a pause between words ends it", seed)
			}
		}
		a.stopped = true
		s.run(900*time.Millisecond, -1)
		if s.voices[0].Speaking() {
			t.Fatalf("seed %d: never ends", seed)
		}
	}
}

func TestLoudness(t *testing.T) {
	for in, want := range map[uint8]uint8{0: 127, 127: 0, 0x80 | 127: 0, 0x80 | 20: 107, 60: 67} {
		if got := Loudness(in); got != want {
			t.Errorf("%d is %d, want %d", in, got, want)
		}
	}
}

func TestRanking(t *testing.T) {
	var r Ranking
	claims := map[string]Candidate{}
	set := func(id string, c Claim, level float64) { claims[id] = Candidate{id, c, level} }
	update := func() string {
		var list []Candidate
		for _, id := range []string{"a", "b", "c", "d", "e"} {
			if c, ok := claims[id]; ok {
				list = append(list, c)
			}
		}
		r.Update(list)
		if r.Update(list) {
			t.Fatal("the same claims change the order again")
		}
		return fmt.Sprint(r.First(9))
	}
	for _, id := range []string{"a", "b", "c", "d"} {
		set(id, Silent, 0)
	}
	for _, step := range []struct {
		what string
		do   func()
		want string
	}{
		{"in order of coming", func() {}, "[a b c d]"},
		{"one speaks", func() { set("c", Speaking, 0.5) }, "[c a b d]"},
		{"falls silent", func() { set("c", Silent, 0) }, "[c a b d]"},
		{"another speaks", func() { set("d", Speaking, 0.5) }, "[d c a b]"},
		{"a little louder", func() { set("b", Speaking, 0.6) }, "[d b c a]"},
		{"clearly louder", func() { set("b", Speaking, 0.7) }, "[b d c a]"},
		{"muted", func() { set("c", Muted, 0) }, "[b d a c]"},
		{"comes late, tells no level", func() { set("e", Unknown, 0) }, "[b d e a c]"},
		{"all silent", func() { set("b", Silent, 0); set("d", Silent, 0) }, "[e b d a c]"},
		{"left", func() { delete(claims, "b") }, "[e d a c]"},
		{"unmuted", func() { set("c", Silent, 0) }, "[e d a c]"},
	} {
		step.do()
		if got := update(); got != step.want {
			t.Fatalf("%s: %s, want %s", step.what, got, step.want)
		}
	}
}

// TestRankingProperties: whatever happens, everyone stands there once, one who speaks is never behind one who does not,
// and an unmuted one never behind a muted one.
func TestRankingProperties(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var r Ranking
		for range 200 {
			var list []Candidate
			for id := range 1 + rnd.IntN(20) {
				if rnd.IntN(5) > 0 {
					list = append(list, Candidate{fmt.Sprint(id), Claim(rnd.IntN(4)), rnd.Float64()})
				}
			}
			r.Update(list)
			if len(r.order) != len(list) {
				t.Fatalf("%d stand there of %d", len(r.order), len(list))
			}
			for i := 1; i < len(r.order); i++ {
				before, after := r.order[i-1].Claim, r.order[i].Claim
				if after == Speaking && before != Speaking || before == Muted && after != Muted {
					t.Fatalf("seed %d: %+v", seed, r.order)
				}
			}
		}
	}
}
