package transport

import (
	"context"
	"crypto/rand"
	"errors"
	"net/netip"
	"sync"

	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/pulse"
)

// Listener is the one media port and the clients behind it. Each of its workers reads a socket of its own on that port.
type Listener struct {
	cfg         Config
	certificate *certificate
	counters    counters

	workers []*worker      // set by Listen
	control *control       // nil where RTCP comes to the workers
	wg      sync.WaitGroup // handshake goroutines of clients

	lanes   lanes
	outlets outlets
	tcp     tcpConns

	addresses ownAddresses
	discovery discovery

	byAddr addressTable // validated remote addresses and links
	pulse  *pulse.Pulse // beats while there are clients

	mu      sync.RWMutex
	closing bool
	conns   map[*Conn]struct{}
	byUfrag map[string]*Conn // our half of the ICE user name
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
	l := &Listener{cfg: cfg, certificate: cert, conns: make(map[*Conn]struct{}), byUfrag: make(map[string]*Conn), pulse: pulse.New()}
	l.byAddr.init()
	l.lanes.init()
	l.tcp.init()
	l.AdvertiseTCP(cfg.TCP...)
	return l, nil
}

// Listen binds the port, so that Addr is known; Run reads from it.
func (l *Listener) Listen() error {
	sockets, control, err := openSockets(l.cfg.Addr, l.cfg.Workers)
	if err != nil {
		return err
	}
	if control != nil {
		l.control = newControl(l, control)
	}
	for _, s := range sockets {
		l.workers = append(l.workers, newWorker(l, s))
	}
	l.lanes.open(l)
	l.refreshAddresses()
	return nil
}

// Addr is the bound address; invalid before Listen.
func (l *Listener) Addr() netip.AddrPort {
	if len(l.workers) == 0 {
		return netip.AddrPort{}
	}
	return l.socket().localAddr()
}

// socket is what is sent by from outside of the workers.
func (l *Listener) socket() *socket { return l.workers[0].socket }

// Run carries media until ctx ends or a socket fails. When it returns, every client is closed, all it started has ended
// and the port is free.
func (l *Listener) Run(ctx context.Context) error {
	if len(l.workers) == 0 {
		return errors.New("media: Run before Listen")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var loops sync.WaitGroup
	loops.Go(func() { l.runTicker(ctx) })
	loops.Go(func() { l.watchAddresses(ctx) })
	if l.cfg.STUN != "" {
		loops.Go(func() { l.runDiscovery(ctx) })
	}
	errs := make([]error, len(l.workers))
	for i, w := range l.workers {
		loops.Go(func() {
			defer cancel()
			errs[i] = w.run()
		})
	}

	<-ctx.Done()
	for _, w := range l.workers {
		w.socket.interrupt()
	}
	loops.Wait()
	l.closeConns()
	l.wg.Wait() // goodbyes
	l.tcp.close()
	l.lanes.close()
	return errors.Join(append(errs, l.closeSockets())...)
}

func (l *Listener) closeSockets() error {
	l.outlets.close()
	var errs []error
	for _, w := range l.workers {
		errs = append(errs, w.socket.close())
	}
	if l.control != nil {
		errs = append(errs, l.control.close())
	}
	return errors.Join(errs...)
}

// closeConns closes all clients and waits until nobody sends any more.
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
		c.out.settle()
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
	case len(l.workers) == 0:
		return nil, fault.New(fault.Unavailable, "media_closed", "The media server is not listening yet.")
	case len(l.conns) >= l.cfg.Limits.Conns:
		return nil, fault.New(fault.Unavailable, "media_full", "The media server has no room for another client.")
	}
	l.conns[c] = struct{}{}
	l.pulse.Rouse()
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
		l.leaveLocked(p)
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
