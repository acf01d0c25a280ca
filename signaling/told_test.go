package signaling

import "testing"

func TestToldKnowsItsGaps(t *testing.T) {
	p := told{to: unknown}
	note := func(eventSeq int64, want bool, to int64) {
		t.Helper()
		if got := p.note(eventSeq); got != want || p.to != to {
			t.Errorf("%d: told %v, and up to %d", eventSeq, got, p.to)
		}
	}
	note(7, true, unknown) // told before it is known how far the channel was
	note(7, false, unknown)
	p.know(5)
	note(5, true, 5) // whether that was told here is not known
	note(9, true, 5)
	note(9, false, 5)
	note(6, true, 7)
	note(6, false, 7)
	note(8, true, 9)
	note(12, true, 9)
	p.pass(11)
	note(10, false, 12)
	p.know(3)
	note(13, true, 13)
	if len(p.ahead) != 0 {
		t.Errorf("%v is remembered", p.ahead)
	}
	for i := range int64(3 * maxAhead) {
		p.note(20 + i)
	}
	if len(p.ahead) != maxAhead || p.to != 13 {
		t.Errorf("%d are remembered, up to %d", len(p.ahead), p.to)
	}
}
