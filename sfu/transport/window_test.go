package transport

import (
	"math/rand/v2"
	"testing"
)

// TestWindowKnowsWhatItHasSeen holds the window against a set of all that was ever marked.
func TestWindowKnowsWhatItHasSeen(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		var w indexWindow
		seen := make(map[uint64]bool)
		at := uint64(random.IntN(1 << 18))
		for range 20_000 {
			index := step(random, at)
			old := len(seen) > 0 && index+windowSize <= w.newest
			if want := !seen[index] && !old; w.fresh(index) != want {
				t.Fatalf("index %d after %d: fresh is %v", index, w.newest, !want)
			}
			if !seen[index] && !old {
				w.mark(index)
				seen[index] = true
			}
			at = w.newest
		}
	}
}

// TestWindowFollowsTheSequenceNumbers is true to RFC 3711 section 3.3.1 as long as a packet is within half a round.
func TestWindowFollowsTheSequenceNumbers(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	w := indexWindow{}
	w.mark(50_000)
	for range 100_000 {
		index := w.newest + uint64(random.IntN(1<<15))
		if random.IntN(2) == 0 {
			index = w.newest - min(w.newest, uint64(random.IntN(1<<15)))
		}
		if got, ok := w.guess(uint16(index)); !ok || got != index {
			t.Fatalf("after %d: %d taken for %d", w.newest, index, got)
		}
		if w.fresh(index) {
			w.mark(index)
		}
	}
	if w.newest < 100<<16 {
		t.Errorf("only at %d", w.newest)
	}
}

func TestWindowEnds(t *testing.T) {
	var w indexWindow
	w.mark(maxIndex - 1)
	if index, ok := w.take(0xffff); !ok || index != maxIndex {
		t.Fatalf("the last index: %d, %v", index, ok)
	}
	if _, ok := w.take(0); ok {
		t.Error("an index after the last one was given out: its nonce has been used")
	}
	if _, ok := w.guess(0); ok {
		t.Error("an index after the last one was taken")
	}
	var first indexWindow
	first.mark(3)
	if index, ok := first.take(65_000); ok {
		t.Errorf("before the first round, index %d was given out", index)
	}
	if index, ok := first.guess(65_000); !ok || index != 65_000 {
		t.Errorf("a number of the first round is taken for index %d, %v", index, ok)
	}
}
