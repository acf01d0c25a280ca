package main

import (
	"context"
	"os"
	"runtime/debug"
	"time"
)

// gcPercent is how much garbage there may be, in percent of what is in use. Most of that is sockets that idle, and the media
// makes no garbage, so that collecting twice as often as Go does costs little; a third of the memory of a server with many
// sockets was garbage before. GOGC in the environment counts more.
const gcPercent = 50

func setGCPercent() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}

// trimEvery is how often it is looked whether there is memory to give back.
const trimEvery = 5 * time.Second

// trimmer has memory given back to the system once many sockets have come or gone: connecting takes more than being
// connected, and Go would keep it for minutes.
type trimmer struct {
	sockets func() int
	trim    func()

	last    int // sockets when it was looked last
	trimmed int // sockets when memory was given back last
}

func newTrimmer(sockets func() int) *trimmer {
	return &trimmer{sockets: sockets, trim: debug.FreeOSMemory}
}

func (t *trimmer) run(ctx context.Context) {
	ticks := time.NewTicker(trimEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			t.look()
		case <-ctx.Done():
			return
		}
	}
}

// look trims when a quarter of the sockets, and 200 of them, are new or gone, and the rush is over.
func (t *trimmer) look() {
	n := t.sockets()
	calm := difference(n, t.last) <= n/50
	t.last = n
	if calm && difference(n, t.trimmed) >= max(200, max(n, t.trimmed)/4) {
		t.trimmed = n
		t.trim()
	}
}

func difference(a, b int) int { return max(a-b, b-a) }
