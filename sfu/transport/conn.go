package transport

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed is returned for sending on a Conn that is closed or has failed.
var ErrClosed = errors.New("media transport is closed")

// ErrNotConnected is returned for sending before the keys are agreed, or while no address of the client is known.
var ErrNotConnected = errors.New("media transport is not connected")

// Conn is the transport of one client, from its first offer to its end.
type Conn struct {
	l       *Listener
	handler Handler
	ctx     context.Context // ends with the Conn
	cancel  context.CancelFunc
	made    time.Time

	// guarded by the listener's mu
	ufrags []string // registered for this client, oldest first
	paths  []*path

	credentials atomic.Pointer[[]*credentials] // newest first; a second one while ICE restarts
	selected    atomic.Pointer[path]           // where we send
	nominee     atomic.Pointer[path]           // nominated, and waiting for media to prove that the client is there
	lastHeard   atomic.Int64                   // anything authentic, Unix nanoseconds
	keys        atomic.Pointer[inboundKeys]    // nil until the handshake is done
	extensions  atomic.Pointer[Extensions]     // ids that the client sends with, the same in all sections
	held        atomic.Bool                    // see Held

	life      lifecycle
	handshake handshake
	out       outbound
	feedback  feedbackRecorder
	inbound   inbound

	// guarded by mu: what offers and answers have come to
	mu          sync.Mutex
	negotiation negotiation
}

func newConn(l *Listener, h Handler) *Conn {
	c := &Conn{l: l, handler: h, made: time.Now()}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.credentials.Store(&[]*credentials{})
	c.extensions.Store(&Extensions{})
	c.handshake.init(l.cfg.Limits)
	c.feedback.senderSSRC = randomUint32()
	c.inbound.streams = make(map[uint32]*inboundStream)
	c.inbound.senders = make(map[uint32]struct{})
	c.out.way = newWay()
	c.negotiation.init()
	return c
}

// Close ends the transport: the client is told, nothing more is sent, and the state is Closed. A call of the Handler
// that the read loop has begun may still be running when Close returns; none begins after.
func (c *Conn) Close() { c.end(Closed) }

// end moves to a final state, once.
func (c *Conn) end(final State) {
	if c.State() >= Failed {
		return
	}
	c.l.forget(c) // who hears that it is over finds its place free
	if !c.life.move(c.handler, final) {
		return
	}
	c.cancel()
	c.handshake.stop()
}

// State is the present state.
func (c *Conn) State() State { return c.life.state() }

// lifecycle is the state and the order in which the handler hears of it.
type lifecycle struct {
	now atomic.Uint32

	mu      sync.Mutex
	pending []State
	telling bool
}

func (f *lifecycle) state() State { return State(f.now.Load()) }

// move changes the state and tells the handler, in order and with no lock held. It reports false, and does nothing,
// when the state is that already or is final.
func (f *lifecycle) move(h Handler, to State) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.state(); now == to || now >= Failed {
		return false
	}
	f.now.Store(uint32(to))
	f.pending = append(f.pending, to)
	if f.telling {
		return true // whoever is telling goes on with this one
	}
	f.telling = true
	for len(f.pending) > 0 {
		next := f.pending[0]
		f.pending = f.pending[1:]
		f.mu.Unlock()
		h.HandleState(next)
		f.mu.Lock()
	}
	f.telling = false
	return true
}

func randomUint32() uint32 {
	var b [4]byte
	for {
		_, _ = rand.Read(b[:]) // never fails
		if v := binary.BigEndian.Uint32(b[:]); v != 0 {
			return v
		}
	}
}
