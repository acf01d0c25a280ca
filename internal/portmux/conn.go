package portmux

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync/atomic"

	"github.com/digierapro/parley/internal/rawconn"
)

// head is what was read of a stream to decide, to be read again. It is a part of its connection and costs no buffer.
type head struct {
	bytes     [headBytes]byte
	read, end uint8 // bytes[read:end] is still to come
}

// peek reads until the protocol is known.
func (h *head) peek(from io.Reader) (verdict, error) {
	for {
		if v := judge(h.bytes[:h.end]); v != undecided {
			return v, nil
		}
		n, err := from.Read(h.bytes[h.end:])
		h.end += uint8(n)
		if n == 0 && err != nil {
			return undecided, err
		}
	}
}

// replay reads what was peeked; 0 when there is nothing left.
func (h *head) replay(b []byte) int {
	n := copy(b, h.bytes[h.read:h.end])
	h.read += uint8(n)
	return n
}

// conn is an accepted connection: TCP with what was peeked before it, counted until it is closed. Of *net.TCPConn it has
// all but what would read past the peeked bytes.
type conn struct {
	*net.TCPConn
	raw    rawconn.Conn // the same, to read and write
	head   head
	mux    *Mux
	closed atomic.Bool

	// owned by the goroutine of the TLS handshake
	handshaking context.Context // until when; nil when there is none now
	computing   bool            // it holds a place among those that compute

	place place // guarded by limits.mu
}

// Read implements net.Conn.
func (c *conn) Read(b []byte) (int, error) {
	c.computed()
	n, err := c.read(b)
	c.compute()
	return n, err
}

func (c *conn) read(b []byte) (int, error) {
	if c.head.read < c.head.end {
		return c.head.replay(b), nil
	}
	return c.raw.Read(b)
}

// WriteTo implements io.WriterTo.
func (c *conn) WriteTo(w io.Writer) (int64, error) {
	var before int64
	if c.head.read < c.head.end {
		n, err := w.Write(c.head.bytes[c.head.read:c.head.end])
		c.head.read += uint8(n)
		before = int64(n)
		if err != nil {
			return before, err
		}
	}
	n, err := c.TCPConn.WriteTo(w)
	return before + n, err
}

// Write implements net.Conn.
func (c *conn) Write(b []byte) (int, error) {
	c.computed()
	return c.raw.Write(b)
}

// Close implements net.Conn.
func (c *conn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	err := c.TCPConn.Close()
	c.mux.limits.release(c)
	return err
}

// tlsConn is the inside of TLS, with what was peeked before it.
type tlsConn struct {
	*tls.Conn
	head head
}

// Read implements net.Conn.
func (c *tlsConn) Read(b []byte) (int, error) {
	if c.head.read < c.head.end {
		return c.head.replay(b), nil
	}
	return c.Conn.Read(b)
}
