package transport

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

var errQueueFull = errors.New("ice-tcp: the client reads too slowly")

// tcpLink is one ICE-TCP connection as a Link. Who sends only appends to a queue, and the connection's own goroutine
// writes all that has gathered there at once.
type tcpLink struct {
	// static
	conn   net.Conn
	remote netip.AddrPort
	limit  int           // bytes queued
	write  time.Duration // at most for one write
	c      *counters
	wake   chan struct{} // holds one

	mu      sync.Mutex
	queue   []byte
	closed  bool
	retired bool // the connection's last read deadline is set
}

func newTCPLink(conn net.Conn, remote netip.AddrPort, cfg *Config, c *counters) *tcpLink {
	return &tcpLink{
		conn: conn, remote: remote, limit: cfg.Limits.TCPQueue, write: cfg.Timeouts.TCPWrite, c: c,
		wake: make(chan struct{}, 1),
	}
}

// Remote is the client's address of the connection.
func (t *tcpLink) Remote() netip.AddrPort { return t.remote }

// Send queues a packet, or drops it whole when the queue is full.
func (t *tcpLink) Send(packet []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return net.ErrClosed
	case len(packet) > maxDatagram:
		return ErrTooLarge
	case len(t.queue)+frameHeader+len(packet) > t.limit:
		t.c.drop(dropTCPQueue)
		return errQueueFull
	}
	t.queue = appendFrame(t.queue, packet)
	t.wakeLocked()
	return nil
}

func (t *tcpLink) wakeLocked() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// retire ends the connection after that time; what is queued still leaves.
func (t *tcpLink) retire(after time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.retired = true
	_ = t.conn.SetReadDeadline(time.Now().Add(after))
}

// givenUp tells whether the connection ends whatever the client does.
func (t *tcpLink) givenUp() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.retired
}

// listen waits for the client until then.
func (t *tcpLink) listen(until time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.retired {
		_ = t.conn.SetReadDeadline(until)
	}
}

// retireTime is for what a client's end has still to say.
const retireTime = time.Second

// finish has run write what is queued and return.
func (t *tcpLink) finish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	_ = t.conn.SetWriteDeadline(time.Now().Add(retireTime))
	t.wakeLocked()
}

// run writes what is queued until finish is called or the connection fails.
func (t *tcpLink) run() error {
	var writing []byte
	for range t.wake {
		t.mu.Lock()
		writing, t.queue = t.queue, writing[:0]
		closed := t.closed
		if !closed {
			_ = t.conn.SetWriteDeadline(time.Now().Add(t.write))
		}
		t.mu.Unlock()
		if len(writing) > 0 {
			if _, err := t.conn.Write(writing); err != nil {
				return fmt.Errorf("write: %w", err)
			}
		}
		if closed {
			return nil
		}
	}
	return nil
}
