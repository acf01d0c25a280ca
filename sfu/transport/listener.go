package transport

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/stun/v3"

	"github.com/digierapro/parley/internal/fault"
)

// Listener is the one media socket and the clients behind it. One loop reads every datagram and carries it all the way:
// it finds the client, decrypts, and calls the client's Handler.
type Listener struct {
	cfg         Config
	certificate *certificate
	counters    counters

	socket *socket // set by Listen
	loop   readLoop
	wg     sync.WaitGroup // handshake goroutines of clients

	mu      sync.RWMutex
	closing bool
	conns   map[*Conn]struct{}
	byUfrag map[string]*Conn         // our half of the ICE user name
	byAddr  map[netip.AddrPort]*path // validated remote addresses
}

// readLoop is what the reading goroutine owns.
type readLoop struct {
	request, response *stun.Message
	now               time.Time
}

// New checks the configuration and makes the certificate that the listener's clients see.
func New(cfg Config) (*Listener, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cert, err := newCertificate()
	if err != nil {
		return nil, err
	}
	return &Listener{
		cfg:         cfg,
		certificate: cert,
		loop:        readLoop{request: stun.New(), response: stun.New()},
		conns:       make(map[*Conn]struct{}),
		byUfrag:     make(map[string]*Conn),
		byAddr:      make(map[netip.AddrPort]*path),
	}, nil
}

// Listen binds the socket, so that Addr is known; Run reads from it.
func (l *Listener) Listen() error {
	s, err := openSocket(l.cfg.Addr)
	if err != nil {
		return err
	}
	l.socket = s
	return nil
}

// Addr is the bound address; invalid before Listen.
func (l *Listener) Addr() netip.AddrPort {
	if l.socket == nil {
		return netip.AddrPort{}
	}
	return l.socket.localAddr()
}

// Run carries media until ctx ends or the socket fails. When it returns, every client is closed, all it started has
// ended and the socket is free.
func (l *Listener) Run(ctx context.Context) error {
	if l.socket == nil {
		return errors.New("media: Run before Listen")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var loops sync.WaitGroup
	loops.Go(func() { l.runTicker(ctx) })
	readErr := make(chan error, 1)
	loops.Go(func() {
		defer cancel()
		readErr <- l.runReader()
	})

	<-ctx.Done()
	l.socket.interrupt()
	loops.Wait()
	l.closeConns()
	l.wg.Wait()
	closeErr := l.socket.close()
	return errors.Join(<-readErr, closeErr)
}

// runReader reads until the socket is interrupted.
func (l *Listener) runReader() error {
	for {
		batch, err := l.socket.read()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		l.loop.now = time.Now()
		for i := range batch {
			l.receive(&batch[i])
		}
	}
}

func (l *Listener) closeConns() {
	l.mu.Lock()
	l.closing = true
	conns := make([]*Conn, 0, len(l.conns))
	for c := range l.conns {
		conns = append(conns, c)
	}
	l.mu.Unlock()
	for _, c := range conns {
		c.Close()
	}
}

// NewConn makes the transport of one client; its Handler is called from the read loop. It holds a place among the
// listener's clients until it is closed or fails.
func (l *Listener) NewConn(h Handler) (*Conn, error) {
	c := newConn(l, h)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closing:
		return nil, fault.New(fault.Unavailable, "media_closing", "The media server is shutting down.")
	case l.socket == nil:
		return nil, fault.New(fault.Unavailable, "media_closed", "The media server is not listening yet.")
	case len(l.conns) >= l.cfg.Limits.Conns:
		return nil, fault.New(fault.Unavailable, "media_full", "The media server has no room for another client.")
	}
	l.conns[c] = struct{}{}
	return c, nil
}

// forget takes a client out of every index.
func (l *Listener) forget(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
	for _, ufrag := range c.ufrags {
		delete(l.byUfrag, ufrag)
	}
	for _, p := range c.paths {
		delete(l.byAddr, p.remote)
	}
	c.ufrags, c.paths = nil, nil
}

// newUfrag makes and registers a user name for c, keeping the one before it valid until the client uses the new one.
func (l *Listener) newUfrag(c *Conn) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		ufrag := rand.Text()[:12]
		if l.byUfrag[ufrag] != nil {
			continue
		}
		l.byUfrag[ufrag] = c
		c.ufrags = append(c.ufrags, ufrag)
		for len(c.ufrags) > 2 {
			delete(l.byUfrag, c.ufrags[0])
			c.ufrags = c.ufrags[1:]
		}
		return ufrag
	}
}
