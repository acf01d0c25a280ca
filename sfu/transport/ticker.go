package transport

import (
	"context"
	"time"
)

// tick is how often clients are looked after: timeouts, and feedback about what they sent.
const tick = 50 * time.Millisecond

// runTicker looks after all clients with one timer, which rests while there are none.
func (l *Listener) runTicker(ctx context.Context) {
	var conns []*Conn
	l.pulse.Run(ctx, tick, func(now time.Time) bool {
		l.readControl(now)
		conns = l.snapshot(conns[:0])
		for _, c := range conns {
			c.tick(now)
		}
		clear(conns)
		return len(conns) > 0
	})
}

// watchAddresses looks now and then which addresses the machine has.
func (l *Listener) watchAddresses(ctx context.Context) {
	t := time.NewTicker(addressesEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			l.refreshAddresses()
		}
	}
}

func (l *Listener) snapshot(into []*Conn) []*Conn {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for c := range l.conns {
		into = append(into, c)
	}
	return into
}

// tick ends a client that did not connect in time or has gone silent, marks one that is interrupted, and sends feedback.
func (c *Conn) tick(now time.Time) {
	t := c.l.cfg.Timeouts
	if c.keys.Load() == nil {
		if now.Sub(c.made) > t.Connect {
			c.end(Failed)
		}
		return
	}
	c.awaitNominee(now)
	switch silent := now.UnixNano() - c.lastHeard.Load(); {
	case silent >= int64(t.Failed):
		c.end(Failed)
		return
	case silent >= int64(t.Interrupted), c.selected.Load() == nil: // a connection that was the only way may be gone
		c.life.move(c.handler, Interrupted)
	case c.State() == Interrupted:
		c.life.move(c.handler, Connected)
	}
	c.sendFeedback(now)
}
