package postgres

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	warmConns = 4               // that are kept at hand
	warmFor   = 5 * time.Minute // before one goes back to the pool, which knows when it is old
)

// warm hands out the connection that was used last, where the pool takes turns. So when there is little to do one process
// of the server does it all, with its caches warm: with turns among twenty, a message was measured to cost the server half
// as much again.
type warm struct {
	pool *pgxpool.Pool

	mu     sync.Mutex
	idle   []warmConn // guarded by mu; the last used one is the last
	closed bool       // guarded by mu
}

type warmConn struct {
	*pgxpool.Conn
	since time.Time
}

func (w *warm) acquire(ctx context.Context) (warmConn, error) {
	for {
		c, ok := w.take()
		if !ok {
			conn, err := w.pool.Acquire(ctx)
			return warmConn{conn, time.Now()}, err
		}
		if time.Since(c.since) < warmFor {
			return c, nil
		}
		c.Release()
	}
}

func (w *warm) take() (c warmConn, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.idle)
	if n == 0 {
		return c, false
	}
	c, w.idle = w.idle[n-1], w.idle[:n-1]
	return c, true
}

// release keeps a connection at hand. One that was lost is not kept, nor are the others then: the server has probably gone
// from them, too, and the pool finds out.
func (w *warm) release(c warmConn) {
	lost := c.Conn.Conn().IsClosed()
	w.mu.Lock()
	if !lost && !w.closed && len(w.idle) < warmConns {
		w.idle = append(w.idle, c)
		w.mu.Unlock()
		return
	}
	var others []warmConn
	if lost {
		others, w.idle = w.idle, nil
	}
	w.mu.Unlock()
	c.Release()
	for _, other := range others {
		other.Release()
	}
}

// close gives all connections back to the pool, and keeps none from then on.
func (w *warm) close() {
	w.mu.Lock()
	idle := w.idle
	w.idle, w.closed = nil, true
	w.mu.Unlock()
	for _, c := range idle {
		c.Release()
	}
}

func (w *warm) len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.idle)
}
