package transport

import (
	"context"
	"encoding/binary"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// dtlsQueue is how many datagrams wait for the handshake; a flight of either side has fewer.
const dtlsQueue = 16

// dtlsPipe hands a client's DTLS datagrams from the read loop to the session.
type dtlsPipe struct {
	fallback *path // where the first came from; set before the session starts
	queue    chan []byte

	mu     sync.Mutex
	cancel chan struct{} // closed while the read deadline is in the past
}

func newDTLSPipe() *dtlsPipe {
	return &dtlsPipe{queue: make(chan []byte, dtlsQueue), cancel: make(chan struct{})}
}

// push copies data into the queue; false when that is full.
func (p *dtlsPipe) push(data []byte) bool {
	select {
	case p.queue <- append([]byte(nil), data...):
		return true
	default:
		return false
	}
}

// reset makes the pipe ready for another session.
func (p *dtlsPipe) reset() { p.setCanceled(false) }

func (p *dtlsPipe) setCanceled(canceled bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.cancel:
		if !canceled {
			p.cancel = make(chan struct{})
		}
	default:
		if canceled {
			close(p.cancel)
		}
	}
}

func (p *dtlsPipe) canceled() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cancel
}

// chokedAfter is how long a session may leave what it was given unanswered.
const chokedAfter = time.Second

// dtlsTransport is the net.PacketConn of one DTLS session.
type dtlsTransport struct {
	conn     *Conn
	giveUp   context.CancelFunc // ends the handshake
	begin    sync.Once          // with the first datagram
	answered atomic.Bool
}

// watch ends a handshake that chokes: pion waits for ever behind a ClientHello that it cannot read, which anyone may have
// forged, and takes the right one for a repetition.
func (t *dtlsTransport) watch() {
	time.AfterFunc(chokedAfter, func() {
		if !t.answered.Load() {
			t.giveUp()
		}
	})
}

func (t *dtlsTransport) ReadFrom(b []byte) (int, net.Addr, error) {
	pipe := t.conn.handshake.pipe
	select {
	case data := <-pipe.queue:
		t.begin.Do(t.watch)
		return copy(b, data), pipeAddr{}, nil
	case <-pipe.canceled():
		return 0, nil, os.ErrDeadlineExceeded
	}
}

// WriteTo sends where media goes; before that is known, to where the first datagram came from. It keeps back alerts that
// are not encrypted, since they answer what anyone could have forged and would end the client's own good handshake; but
// not the one that tells a client of its wrong certificate.
func (t *dtlsTransport) WriteTo(b []byte, _ net.Addr) (int, error) {
	h := &t.conn.handshake
	if len(b) > 4 && b[0] == recordAlert && binary.BigEndian.Uint16(b[3:]) == 0 && !h.refused.Load() {
		return len(b), nil
	}
	t.answered.Store(true)
	p := t.conn.selected.Load()
	if p == nil {
		p = h.pipe.fallback
	}
	t.conn.write(p.route.Load(), b)
	return len(b), nil
}

// Close leaves the pipe to the next session.
func (t *dtlsTransport) Close() error {
	t.conn.handshake.pipe.setCanceled(true)
	return nil
}

// SetReadDeadline knows what pion asks for: long past, to interrupt a read, or none.
func (t *dtlsTransport) SetReadDeadline(at time.Time) error {
	t.conn.handshake.pipe.setCanceled(!at.IsZero() && !at.After(time.Now()))
	return nil
}

func (t *dtlsTransport) SetDeadline(at time.Time) error   { return t.SetReadDeadline(at) }
func (t *dtlsTransport) SetWriteDeadline(time.Time) error { return nil }
func (t *dtlsTransport) LocalAddr() net.Addr              { return pipeAddr{} }

// pipeAddr stands for the client in a session, which need not know where the client is.
type pipeAddr struct{}

func (pipeAddr) Network() string { return "udp" }
func (pipeAddr) String() string  { return "client" }

const (
	recordHeader      = 13
	recordChangeSpec  = 20
	recordAlert       = 21
	recordHandshake   = 22
	recordApplication = 23
)

// plausibleDTLS looks at the records of a datagram before the session does. What is not encrypted anyone can forge, and
// pion ends a session, or tells the client to, over some of it: so of that only handshake messages and a well-formed
// ChangeCipherSpec pass, and an unencrypted alert costs a client that means it no more than the handshake's timeout.
func plausibleDTLS(data []byte) bool {
	for len(data) > 0 {
		if len(data) < recordHeader || data[1] != 0xfe {
			return false
		}
		kind := data[0]
		epoch := binary.BigEndian.Uint16(data[3:])
		n := int(binary.BigEndian.Uint16(data[11:]))
		if n == 0 || len(data) < recordHeader+n {
			return false
		}
		body := data[recordHeader : recordHeader+n]
		switch {
		case kind == recordHandshake:
		case kind == recordChangeSpec && epoch == 0 && n == 1 && body[0] == 1:
		case (kind == recordAlert || kind == recordApplication) && epoch > 0:
		default:
			return false
		}
		data = data[recordHeader+n:]
	}
	return true
}
