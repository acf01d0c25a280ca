package allocate

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

var (
	camera = Rates{{60_000, 90_000, 150_000}, {200_000, 300_000, 450_000}, {450_000, 700_000, 1_050_000}}
	screen = Rates{{40_000, 60_000, 100_000}, {120_000, 200_000, 300_000}, {300_000, 600_000, 1_200_000}}
	single = Rates{{1_500_000}} // no simulcast, no temporal layers
	voice  = Rates{{40_000}}
	top    = Layer{2, 2}
)

func TestShare(t *testing.T) {
	mic := Slot{Class: Audio, Rates: voice}
	face := Slot{Class: Other, Rates: camera, Max: top, Current: Paused}
	small := Slot{Class: Other, Rates: camera, Max: Layer{0, 2}, Current: Paused}
	speaker := Slot{Class: Speaker, Rates: camera, Max: top, Current: Paused}
	desk := Slot{Class: Screen, Rates: screen, Max: top, Current: Paused}
	on := func(s Slot, l Layer) Slot { s.Current = l; return s }
	plain := Slot{Class: Speaker, Rates: single, Max: top, Current: Paused}
	hidden := Slot{Class: Other, Rates: camera, Max: Paused, Current: top}
	for _, tt := range []struct {
		name   string
		budget int
		slots  []Slot
		want   []Layer
	}{
		{"nothing", 0, nil, []Layer{}},
		{"sound is never paused", 10_000, []Slot{mic, mic, face}, []Layer{{}, {}, Paused}},
		{"silence is no reason to pause sound", 10_000, []Slot{{Class: Audio, Max: Paused}}, []Layer{{}}},
		{"all of it", 1_250_000, []Slot{mic, face}, []Layer{{}, top}},
		{"a step up needs room to spare", 1_240_000, []Slot{mic, face}, []Layer{{}, {2, 1}}},
		{"a step that is taken does not", 1_095_000, []Slot{mic, on(face, top)}, []Layer{{}, top}},
		{"down at once", 1_080_000, []Slot{mic, on(face, top)}, []Layer{{}, {2, 1}}},
		{"not more than the view asks for", 9_000_000, []Slot{small, hidden}, []Layer{{0, 2}, Paused}},
		{"the last in the view is paused first", 180_000, []Slot{small, small, small}, []Layer{{0, 1}, {0, 0}, Paused}},
		{"the speaker before others, wherever he stands", 430_000, []Slot{small, speaker}, []Layer{{0, 1}, {1, 1}}},
		{"everyone a little before anyone much", 700_000, []Slot{desk, speaker, small, small}, []Layer{{2, 0}, {0, 2}, {0, 1}, {0, 1}}},
		{"the screen loses frames before size", 700_000, []Slot{on(desk, top)}, []Layer{{2, 1}}},
		{"and size only when nothing else is left", 250_000, []Slot{on(desk, top)}, []Layer{{1, 0}}},
		{"equals share", 1_050_000, []Slot{face, face, face}, []Layer{{1, 1}, {1, 1}, {1, 1}}},
		{"one too large for the budget does not stop the others", 700_000, []Slot{plain, small}, []Layer{Paused, {0, 2}}},
		{"a layer that is not there is passed over", 9_000_000,
			[]Slot{{Class: Other, Rates: Rates{{100_000}, {}, {900_000}}, Max: top, Current: Paused}}, []Layer{{2, 0}}},
		{"a larger layer that costs less", 9_000_000,
			[]Slot{{Class: Other, Rates: Rates{{100_000}, {50_000}}, Max: top, Current: Paused}}, []Layer{{1, 0}}},
	} {
		r := Share(tt.budget, tt.slots, &Memory{}, 0)
		got := make([]Layer, len(tt.slots))
		for i := range tt.slots {
			got[i] = tt.slots[i].Chosen
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %v, want %v (%+v)", tt.name, got, tt.want, r)
		}
	}
}

func TestNextStep(t *testing.T) {
	slots := []Slot{{Class: Audio, Rates: voice}, {Class: Other, Rates: camera, Max: top, Current: Layer{1, 2}}}
	r := Share(500_000, slots, &Memory{}, 0)
	if want := 40_000 + 700_000 + 105_000; r.Next != want {
		t.Errorf("next step at %d, want %d", r.Next, want)
	}
	if want := 40_000 + 1_050_000 + 157_500; r.Full != want {
		t.Errorf("all at %d, want %d", r.Full, want)
	}
	if r = Share(r.Full, slots, &Memory{}, 0); r.Next != 0 || r.Total != 1_090_000 {
		t.Errorf("%+v: still wants more", r)
	}
}

// player runs Share over a budget in time, every 100 ms, and gives the layers that a slot had.
type player struct {
	slots   []Slot
	memory  Memory
	now     time.Duration
	changes int
}

func (p *player) run(d time.Duration, budget int) Layer {
	for end := p.now + d; p.now < end; p.now += 100 * time.Millisecond {
		Share(budget, p.slots, &p.memory, p.now)
		for i := range p.slots {
			if p.slots[i].Current != p.slots[i].Chosen {
				p.changes++
			}
			p.slots[i].Current = p.slots[i].Chosen
		}
	}
	return p.slots[0].Current
}

func TestHoldAfterCongestion(t *testing.T) {
	p := &player{slots: []Slot{{Class: Other, Rates: camera, Max: top, Current: Paused}}}
	if got := p.run(time.Second, 2_000_000); got != top {
		t.Fatalf("at first %v", got)
	}
	if got := p.run(100*time.Millisecond, 400_000); got != (Layer{1, 1}) {
		t.Fatalf("after the cut %v", got)
	}
	if got := p.run(holdFirst-200*time.Millisecond, 2_000_000); got != (Layer{1, 1}) {
		t.Errorf("up too soon: %v", got)
	}
	if got := p.run(300*time.Millisecond, 2_000_000); got != top {
		t.Errorf("not up in time: %v", got)
	}
}

// A path that takes every step up badly: changes become rare, twelve a minute.
func TestFlappingIsDamped(t *testing.T) {
	p := &player{slots: []Slot{{Class: Other, Rates: camera, Max: top, Current: Paused}}}
	p.run(time.Second, 500_000)
	for p.now < 5*time.Minute {
		if p.run(100*time.Millisecond, 2_000_000) == top {
			p.run(500*time.Millisecond, 500_000)
		}
	}
	t.Logf("%d changes of layer in five minutes", p.changes)
	if p.changes > 70 {
		t.Errorf("%d changes", p.changes)
	}
	if got := p.run(holdMost+time.Second, 2_000_000); got != top {
		t.Errorf("never up again: %v", got)
	}
}

// Making room for one that matters more is no congestion and holds nobody back.
func TestNewSlotIsNoCongestion(t *testing.T) {
	p := &player{slots: []Slot{{Class: Other, Rates: camera, Max: top, Current: Paused}, {Class: Screen, Rates: screen, Max: Paused, Current: Paused}}}
	p.run(time.Second, 1_300_000)
	p.slots[1].Max = top
	p.run(100*time.Millisecond, 1_300_000)
	if p.slots[1].Current != (Layer{2, 1}) || p.slots[0].Current == top {
		t.Fatalf("screen %v, face %v", p.slots[1].Current, p.slots[0].Current)
	}
	p.slots[1].Max = Paused
	if got := p.run(100*time.Millisecond, 1_300_000); got != top {
		t.Errorf("held at %v", got)
	}
}

// A picture that is wanted newly appears even while going up is held back.
func TestHoldLetsPicturesAppear(t *testing.T) {
	p := &player{slots: []Slot{{Class: Other, Rates: camera, Max: top, Current: top}, {Class: Other, Rates: camera, Max: Paused, Current: Paused}}}
	p.run(100*time.Millisecond, 500_000)
	p.slots[1].Max = top
	p.run(100*time.Millisecond, 2_000_000)
	if p.slots[1].Current != (Layer{0, 0}) {
		t.Errorf("the new picture has %v", p.slots[1].Current)
	}
}

func randomSlots(r *rand.Rand) []Slot {
	slots := make([]Slot, r.IntN(12))
	for i := range slots {
		s := &slots[i]
		s.Class = Class(r.IntN(int(classes)))
		rate := 20_000 + r.IntN(200_000)
		for spatial := range 1 + r.IntN(MaxSpatial) {
			if r.IntN(6) == 0 {
				continue
			}
			for temporal := range 1 + r.IntN(MaxTemporal) {
				s.Rates[spatial][temporal] = rate * (1 + spatial*3) * (2 + temporal) / 4
			}
		}
		s.Max = Layer{int8(r.IntN(4) - 1), int8(r.IntN(3))}
		s.Current = Layer{int8(r.IntN(4) - 1), int8(r.IntN(3))}
	}
	return slots
}

func TestProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	for range 10_000 {
		slots, budget := randomSlots(r), r.IntN(4_000_000)
		m := Memory{wasDown: r.IntN(2) == 0, hold: holdFirst}
		again, m2 := slices.Clone(slots), m
		got := Share(budget, slots, &m, time.Second)
		if other := Share(budget, again, &m2, time.Second); other != got || !reflect.DeepEqual(again, slots) || m != m2 {
			t.Fatalf("not deterministic: %+v and %+v", got, other)
		}
		checkOne(t, budget, slots, got)
		checkMore(t, budget, slots, got)
	}
}

// checkOne holds one outcome against what Share promises.
func checkOne(t *testing.T, budget int, slots []Slot, got Result) {
	t.Helper()
	total, least := 0, 0
	for i := range slots {
		s := &slots[i]
		total += s.Rate
		if s.Class == Audio {
			least += s.Rate
			if s.Chosen == Paused {
				t.Fatal("sound paused")
			}
			continue
		}
		if s.Chosen.Spatial > s.Max.Spatial || s.Chosen.Spatial == s.Max.Spatial && s.Chosen.Temporal > s.Max.Temporal {
			t.Fatalf("%+v: more than the view asks for", s)
		}
		if s.Chosen != Paused && (s.Rate == 0 || s.Rate != s.Rates[s.Chosen.Spatial][s.Chosen.Temporal]) {
			t.Fatalf("%+v: a layer that is not there", s)
		}
	}
	if total != got.Total || got.Audio != least || total > max(budget, got.Audio) {
		t.Fatalf("%+v of %d for %+v", got, budget, slots)
	}
	for class := Screen; class < classes; class++ { // who is paused did not fit behind those before him
		for i := range slots {
			s := &slots[i]
			if s.Class != class || s.ladder.n == 0 {
				continue
			}
			if s.Chosen == Paused {
				if need := least + s.ladder.rate(0); need+spare(s.ladder.rate(0)) <= budget {
					t.Fatalf("%+v paused, though %d are needed of %d", s, need, budget)
				}
				continue
			}
			least += s.ladder.rate(0)
		}
	}
}

// checkMore: with more to share, the first decision that differs is in favour of more; and Next is where one differs.
func checkMore(t *testing.T, budget int, slots []Slot, got Result) {
	t.Helper()
	shown := func(budget int) (n []bool, r Result) {
		more := slices.Clone(slots)
		r = Share(budget, more, &Memory{}, 0)
		for class := Screen; class < classes; class++ {
			for i := range more {
				if more[i].Class == class {
					n = append(n, more[i].Chosen != Paused)
				}
			}
		}
		return n, r
	}
	now, r := shown(budget)
	later, _ := shown(budget + budget/3 + 1)
	for i := range now {
		if now[i] != later[i] {
			if now[i] {
				t.Fatalf("%+v: with more to share, one that matters more is paused", slots)
			}
			break
		}
	}
	if r.Next == 0 {
		return
	}
	if _, at := shown(r.Next); r.Next <= budget || at == r {
		t.Fatalf("%+v: nothing changes at the next step: %+v", r, at)
	}
	if _, below := shown(r.Next - 1); below.Total != r.Total {
		t.Fatalf("%+v: something changes before the next step: %+v", r, below)
	}
}

// Equal slots get no less from a larger budget, whatever the two are.
func TestMonotoneAmongEquals(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 5))
	for range 5_000 {
		n, low := 1+r.IntN(9), r.IntN(3_000_000)
		less, more := make([]Slot, n), make([]Slot, n)
		for i := range n {
			less[i] = Slot{Class: Other, Rates: camera, Max: top, Current: Paused}
			more[i] = less[i]
		}
		a := Share(low, less, &Memory{}, 0)
		b := Share(low+r.IntN(3_000_000), more, &Memory{}, 0)
		if b.Total < a.Total {
			t.Fatalf("%d slots: %+v, with more %+v", n, a, b)
		}
	}
}

func TestShareDoesNotAllocate(t *testing.T) {
	slots := []Slot{
		{Class: Audio, Rates: voice}, {Class: Screen, Rates: screen, Max: top, Current: Paused},
		{Class: Speaker, Rates: camera, Max: top, Current: Paused}, {Class: Other, Rates: camera, Max: top, Current: Paused},
	}
	var m Memory
	if n := testing.AllocsPerRun(100, func() { Share(1_000_000, slots, &m, 0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkShare(b *testing.B) {
	slots := make([]Slot, 25)
	for i := range slots {
		slots[i] = Slot{Class: Other, Rates: camera, Max: top, Current: Paused}
	}
	var m Memory
	b.ReportAllocs()
	for b.Loop() {
		Share(3_000_000, slots, &m, 0)
	}
}
