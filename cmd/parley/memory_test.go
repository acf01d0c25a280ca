package main

import "testing"

func TestMemoryIsGivenBackAfterARush(t *testing.T) {
	sockets, trims := 0, 0
	m := newTrimmer(func() int { return sockets })
	m.trim = func() { trims++ }
	for i, step := range []struct{ sockets, trims int }{
		{0, 0}, {100, 0}, {100, 0}, // a few
		{2000, 0}, {5000, 0}, {5010, 1}, {5010, 1}, // many come: once, when no more do
		{5200, 1}, {5200, 1}, {4800, 1}, {4800, 1}, // what is usual
		{1000, 1}, {900, 1}, {900, 2}, {900, 2}, // many go
	} {
		sockets = step.sockets
		m.look()
		if trims != step.trims {
			t.Fatalf("step %d: %d sockets: trimmed %d times", i, sockets, trims)
		}
	}
}
