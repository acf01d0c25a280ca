package rewrite

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestSequenceAgainstModel feeds a source with loss, reordering and padding, and compares with a model that knows the
// whole source beforehand: the number of a packet is the number of packets before it, counting lost ones and leaving out
// padding that came in order.
func TestSequenceAgainstModel(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		var s Sequence
		sent := map[uint64]bool{}
		for range 1 + r.IntN(5) { // sources
			begin := s.Next()
			first := r.Uint64N(1 << 40)
			s.Switch(first)
			order := shuffledNear(r, first, 2000)
			squeezed := map[uint64]bool{}
			var highest, expectNext = first - 1, begin
			for _, in := range order {
				if r.IntN(20) == 0 {
					continue // lost
				}
				if r.IntN(10) == 0 {
					if got, want := s.Skip(in), in > highest; got != want {
						t.Fatalf("seed %d: Skip(%d) = %v with highest %d", seed, in-first, got, highest-first)
					} else if got {
						squeezed[in], highest = true, in
						expectNext = model(begin, first, in, squeezed)
						continue
					}
				}
				out, ok := s.Map(in)
				if !ok {
					if countSince(squeezed, in) < maxSpans-1 {
						t.Fatalf("seed %d: %d belongs nowhere", seed, in-first)
					}
					continue
				}
				want := model(begin, first, in, squeezed)
				if out != want || sent[out] {
					t.Fatalf("seed %d: %d became %d, want %d (sent before: %v)", seed, in-first, out, want, sent[out])
				}
				sent[out] = true
				if in > highest {
					highest, expectNext = in, out+1
				}
				if s.Next() != expectNext {
					t.Fatalf("seed %d: next is %d, want %d", seed, s.Next(), expectNext)
				}
			}
			if _, ok := s.Map(first - 1); ok {
				t.Fatal("a packet from before the switch has a number")
			}
		}
	}
}

// model is the outgoing number of in.
func model(begin, first, in uint64, squeezed map[uint64]bool) uint64 {
	n := begin + in - first
	for q := range squeezed {
		if q < in {
			n--
		}
	}
	return n
}

func countSince(squeezed map[uint64]bool, in uint64) (n int) {
	for q := range squeezed {
		if q > in {
			n++
		}
	}
	return n
}

// shuffledNear gives the numbers from first on, each at most some places away from its own.
func shuffledNear(r *rand.Rand, first uint64, n int) []uint64 {
	order := make([]uint64, n)
	for i := range order {
		order[i] = first + uint64(i)
	}
	for i := 1; i < n; i++ { // the first packet of a source comes first: that is where it is switched
		if j := i + r.IntN(12); r.IntN(4) == 0 && j < n {
			order[i], order[j] = order[j], order[i]
		}
	}
	return order
}

func TestTimestampNeverStepsBackAtASwitch(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 4))
		var ts Timestamp
		var last uint32
		now := time.Duration(0)
		for source := range 20 {
			in := r.Uint32()
			want := ts.Elapsed(in, now, 90000)
			switch r.IntN(3) {
			case 0:
				want = last + uint32(r.IntN(100000)) - 50000 // an alignment that may point back
			case 1:
				want = last + 3000
			}
			out := ts.Switch(in, want, 900)
			if source > 0 && int32(out-last) < 900 {
				t.Fatalf("seed %d: %d after %d", seed, out, last)
			}
			if source > 0 && int32(want-last) >= 900 && out != want {
				t.Fatalf("seed %d: wanted %d, got %d", seed, want, out)
			}
			for range r.IntN(50) + 1 {
				if got := ts.Map(in, now); got != out {
					t.Fatalf("seed %d: distances within a source are not kept", seed)
				}
				last = out
				late := uint32(r.IntN(9000))
				if got := ts.Map(in-late, now); got != out-late {
					t.Fatal("a late packet lost its place")
				}
				step := uint32(r.IntN(6000))
				in, out = in+step, out+step
				now += time.Duration(step) * time.Second / 90000
			}
		}
	}
}

func TestElapsedFollowsTheWallClock(t *testing.T) {
	var ts Timestamp
	ts.Switch(1000, ts.Elapsed(1000, time.Second, 48000), 960)
	if got := ts.Map(1000, time.Second); got != 1000 {
		t.Fatalf("the first source begins at %d", got)
	}
	if got := ts.Elapsed(77, 3*time.Second, 48000); got != 1000+2*48000 {
		t.Fatalf("after two seconds: %d", got)
	}
	if got := ts.Elapsed(77, 1000*time.Hour, 90000); int32(got-1000) <= 0 {
		t.Fatal("a very long pause looks like a step back")
	}
}

func TestReference(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	for range 10000 {
		ref := Reference{Wall: time.Duration(r.Int64N(1 << 62)), RTP: r.Uint32(), Rate: []uint32{48000, 90000, 8000}[r.IntN(3)]}
		ts := ref.RTP + uint32(r.IntN(1<<24)) - 1<<23
		if got := ref.Timestamp(ref.At(ts)); got != ts {
			t.Fatalf("%+v: %d came back as %d", ref, ts, got)
		}
	}
}

// TestPicturesAgainstModel switches between sources with 7 and 15 bit ids; within a source distances are kept, over a switch
// every counter goes on by one.
func TestPicturesAgainstModel(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 6))
		var v Pictures
		var id, tl0, key uint64 // outgoing, unbounded
		for source := range 10 {
			long := r.IntN(3) > 0
			inID, inTL0, inKey := r.Uint64N(1<<20), r.Uint64N(1<<20), r.Uint64N(1<<20)
			v.Switch()
			if source == 0 {
				id, tl0, key = inID, inTL0, inKey
				if !long {
					id &= 0x7f
				}
			} else {
				id, tl0, key = id+1, tl0+1, key+1
			}
			for range r.IntN(400) + 1 {
				for range 1 + r.IntN(3) { // packets of one frame
					mask := uint64(0x7f)
					if long {
						mask = 0x7fff
					}
					got, _ := v.Map(Counters{PictureID: uint16(inID & mask), LongID: long, TL0: uint8(inTL0), KeyIndex: uint8(inKey & 0x1f)})
					want := Counters{PictureID: uint16(id & 0x7fff), LongID: true, TL0: uint8(tl0), KeyIndex: uint8(key & 0x1f)}
					if got != want {
						t.Fatalf("seed %d: got %+v, want %+v", seed, got, want)
					}
				}
				step := uint64(1 + r.IntN(5)) // lost frames
				inID, id = inID+step, id+step
				base, keys := uint64(r.IntN(2)), uint64(r.IntN(20)/19)
				inTL0, tl0, inKey, key = inTL0+base, tl0+base, inKey+keys, key+keys
			}
			id, tl0, key = uint64(v.base)+v.ids.Next()-1, uint64(v.outTL0), uint64(v.outKey) // the last step was not sent
		}
	}
}

func TestLatePacketKeepsItsFrame(t *testing.T) {
	var v Pictures
	pic := func(c Counters) Counters {
		t.Helper()
		out, ok := v.Map(c)
		if !ok {
			t.Fatalf("%+v has no place", c)
		}
		return out
	}
	v.Map(Counters{PictureID: 10, LongID: true, TL0: 5})
	v.Map(Counters{PictureID: 11, LongID: true, TL0: 6})
	v.Switch()
	first := pic(Counters{PictureID: 126, TL0: 200, KeyIndex: 3})
	v.Map(Counters{PictureID: 127, TL0: 201, KeyIndex: 3})
	v.Map(Counters{PictureID: 0, TL0: 202, KeyIndex: 3})
	late := pic(Counters{PictureID: 127, TL0: 201, KeyIndex: 3})
	if first.PictureID != 12 || first.TL0 != 7 || late.PictureID != 13 || late.TL0 != 8 {
		t.Fatalf("first %+v, late %+v", first, late)
	}
}

// TestSkippedPicturesLeaveNoHole leaves out the upper temporal layer of a stream with lost and late packets: what goes out
// counts pictures without a hole but for those that were lost, and a late packet gets the id that its place had.
func TestSkippedPicturesLeaveNoHole(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 8))
		var v Pictures
		id := uint16(r.IntN(1 << 15))
		first, ok := v.Map(Counters{PictureID: id, LongID: true})
		if !ok {
			t.Fatal("the first picture has no place")
		}
		want := map[uint16]uint16{id: first.PictureID}
		next, kept := first.PictureID, []uint16{id}
		for i := range 2000 {
			id = (id + 1) & 0x7fff
			if i%2 == 0 {
				v.Skip(Counters{PictureID: id, LongID: true})
				v.Skip(Counters{PictureID: id, LongID: true}) // its second packet
				continue
			}
			next = (next + 1) & 0x7fff
			if r.IntN(10) == 0 {
				continue // lost; its number stays free
			}
			got, ok := v.Map(Counters{PictureID: id, LongID: true})
			if !ok || got.PictureID != next {
				t.Fatalf("seed %d: picture %d became %d, want %d", seed, i, got.PictureID, next)
			}
			want[id] = next
			kept = append(kept, id)
			late := kept[len(kept)-1-r.IntN(min(len(kept), 10))]
			if got, ok := v.Map(Counters{PictureID: late, LongID: true}); !ok || got.PictureID != want[late] {
				t.Fatalf("seed %d: a late packet of %d became %d, want %d", seed, late, got.PictureID, want[late])
			}
		}
	}
}

func BenchmarkRewrite(b *testing.B) {
	var s Sequence
	var ts Timestamp
	var v Pictures
	s.Switch(1)
	b.ReportAllocs()
	for i := range b.N {
		s.Map(uint64(i + 1))
		ts.Map(uint32(i*3000), 0)
		v.Map(Counters{PictureID: uint16(i) & 0x7fff, LongID: true})
	}
}

// FuzzSequence lets the fuzzer choose what becomes of each packet. Whatever it does, no outgoing number is used twice,
// a source's packets keep their order, and a switch leaves no hole.
func FuzzSequence(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0, 2, 0, 3, 0, 0, 1, 1, 0})
	f.Add([]byte{1, 1, 1, 0, 2, 2, 0, 3, 3, 0})
	f.Fuzz(func(t *testing.T, choices []byte) {
		var s Sequence
		in := uint64(1 << 16)
		s.Switch(in)
		used := map[uint64]uint64{}
		for _, c := range choices {
			switch c % 4 {
			case 0:
				before := s.Next()
				out, ok := s.Map(in)
				if _, twice := used[out]; !ok || twice || out < before {
					t.Fatalf("%d became %d (%v, used before: %v) when %d was next", in, out, ok, twice, before)
				}
				used[out] = in
			case 1:
				if !s.Skip(in) {
					t.Fatal("a packet in order could not be left out")
				}
			case 2: // lost
			case 3:
				next := s.Next()
				in = uint64(c) << 20
				if s.Switch(in); s.Next() != next {
					t.Fatal("a switch moved the numbering")
				}
				if out, ok := s.Map(in); !ok || out != next {
					t.Fatalf("the first packet of a source became %d, want %d", out, next)
				}
				used[next] = in
			}
			in++
		}
	})
}
