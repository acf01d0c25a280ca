package socketio

import (
	"fmt"
	"testing"
	"time"

	"github.com/digierapro/parley/signaling/socketio/engineio"
)

func ringOf(n int, maxEntries, maxBytes int) *ring {
	r := &ring{}
	for i := range n {
		r.push(ringEntry{offset: uint64(i + 1), at: time.Unix(int64(i), 0).UnixNano(), msg: engineio.NewText(fmt.Sprint(i + 1))}, maxEntries, maxBytes)
	}
	return r
}

func TestRing(t *testing.T) {
	for _, tt := range []struct {
		name   string
		ring   *ring
		offset string
		missed int
		ok     bool
	}{
		{"nothing received, nothing gone", ringOf(5, 10, 1000), "", 5, true},
		{"all received", ringOf(5, 10, 1000), "5", 0, true},
		{"some missed", ringOf(5, 10, 1000), "2", 3, true},
		{"the oldest one that is possible", ringOf(15, 10, 1000), "5", 10, true},
		{"one too old", ringOf(15, 10, 1000), "4", 0, false},
		{"nothing received, some gone", ringOf(15, 10, 1000), "", 0, false},
		{"unknown", ringOf(5, 10, 1000), "9", 0, false},
		{"not a number", ringOf(5, 10, 1000), "?", 0, false},
		{"by bytes", ringOf(9, 10, 5*4), "4", 5, true},
		{"more than the bytes", ringOf(9, 10, 5*4), "3", 0, false},
		{"empty", &ring{}, "", 0, true},
	} {
		missed, ok := tt.ring.after(tt.offset)
		if len(missed) != tt.missed || ok != tt.ok {
			t.Errorf("%s: %d missed, %t", tt.name, len(missed), ok)
		}
	}
	r := ringOf(10, 100, 10000)
	before := r.bytes
	grown := r.prune(time.Unix(7, 0))
	if missed, ok := r.after("7"); !ok || len(missed) != 3 {
		t.Errorf("after pruning: %d missed, %t", len(missed), ok)
	}
	grown += r.prune(time.Unix(1000, 0))
	if missed, ok := r.after("a"); !ok || len(missed) != 0 {
		t.Errorf("after pruning all: %d missed, %t", len(missed), ok)
	}
	if grown != -before || r.bytes != 0 || r.entries != nil {
		t.Errorf("grown by %d of %d", grown, before)
	}
}
