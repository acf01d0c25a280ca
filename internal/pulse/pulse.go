// Package pulse is a ticker that rests while there is nothing to do, so that a server that idles takes no processor time.
package pulse

import (
	"context"
	"time"
)

// Pulse beats from the first Rouse on, and until a beat finds nothing to do.
type Pulse struct {
	roused chan struct{}
}

// New returns a pulse that rests.
func New() *Pulse { return &Pulse{roused: make(chan struct{}, 1)} }

// Rouse has it beat: there is something to do. It does not wait.
func (p *Pulse) Rouse() {
	select {
	case p.roused <- struct{}{}:
	default:
	}
}

// Run calls beat each time that an interval has passed, until ctx ends. After a beat that reports false it rests until it is
// roused; what comes during such a beat is not missed.
func (p *Pulse) Run(ctx context.Context, every time.Duration, beat func(now time.Time) (more bool)) {
	t := time.NewTicker(every)
	defer t.Stop()
	t.Stop()
	resting := true
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.roused:
			if resting {
				resting = false
				t.Reset(every)
			}
		case now := <-t.C:
			if resting = !beat(now); resting {
				t.Stop()
			}
		}
	}
}
