// Package portmux lets many protocols share one TCP port. It accepts connections, tells by their first bytes what is
// spoken on them, speaks TLS where TLS is spoken, and hands each connection to the listener of its protocol.
//
//	first bytes                                    what it is
//	16 03                                          a TLS ClientHello; inside it goes by ALPN, else by first bytes
//	T T L L 21 12 a4 42, T below 08                a STUN message without framing: TURN (RFC 8656, 3.1)
//	L L 00 01 l l 21 12 a4 42, L = 20 + l          a STUN Binding request behind a length: ICE (RFC 6544, 4571)
//	a printable character or a line break          HTTP
//
// TURN's ChannelData never comes first: a channel belongs to an allocation that was made on the same connection. So a
// first byte from 40 to 4f, which would be ChannelData's, is a capital letter of HTTP.
//
// A connection is undecided until its protocol is known, the TLS handshake included. Whoever says nothing, or says it
// slowly, can only take the place of others who say nothing: undecided connections have a deadline and a limit, and where
// there are too many, the oldest is closed and not the newest refused. So a client that speaks gets through a flood
// of those that do not.
package portmux

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Config of a Mux. Zero values take the defaults.
type Config struct {
	Log *slog.Logger
	TLS *tls.Config // the certificates; its ALPN protocols are set by the Mux, those that are in it come first. nil: no TLS

	DetectTimeout    time.Duration // for the first bytes, 5 s
	HandshakeTimeout time.Duration // of TLS, 10 s

	MaxUndecided           int // 4096
	MaxUndecidedPerAddress int // 64
	MaxConns               int // accepted and not closed, 50,000
	MaxConnsPerAddress     int // 1000

	// Exempt are networks without limits per address, such as reverse proxies. The limits of all together hold for them.
	Exempt []netip.Prefix
}

func (c Config) withDefaults() (Config, error) {
	if c.Log == nil {
		return c, errors.New("portmux: Log is needed")
	}
	for _, number := range []struct {
		value    *int
		standard int
	}{
		{&c.MaxUndecided, 4096}, {&c.MaxUndecidedPerAddress, 64}, {&c.MaxConns, 50_000}, {&c.MaxConnsPerAddress, 1000},
	} {
		if *number.value == 0 {
			*number.value = number.standard
		}
		if *number.value < 1 {
			return c, errors.New("portmux: a limit is below 1")
		}
	}
	if c.DetectTimeout == 0 {
		c.DetectTimeout = 5 * time.Second
	}
	if c.HandshakeTimeout == 0 {
		c.HandshakeTimeout = 10 * time.Second
	}
	return c, nil
}

// Mux tells protocols apart. Claim those that are served with Listener, then Serve.
type Mux struct {
	cfg       Config
	tls       *tls.Config // nil for none
	computing chan struct{}
	limits    *limits
	stats     counters

	mu        sync.Mutex
	listeners map[Service]*listener // guarded by mu
	addr      net.Addr              // guarded by mu; of the first port served
	closed    bool                  // guarded by mu
}

// New returns a Mux that serves nothing yet.
func New(cfg Config) (*Mux, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	m := &Mux{cfg: cfg, limits: newLimits(cfg), listeners: make(map[Service]*listener)}
	if cfg.TLS != nil {
		m.setTLS(cfg.TLS)
	}
	return m, nil
}

// Serve accepts on all listeners until ctx ends or one of them fails. Then it closes them and those of the protocols,
// drops what is undecided, and returns when all its goroutines have ended. Connections that were handed over live on.
func (m *Mux) Serve(ctx context.Context, ports ...*net.TCPListener) error {
	if len(ports) == 0 {
		return errors.New("portmux: nothing to listen on")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	m.started(ports[0].Addr())
	var running sync.WaitGroup
	for _, port := range ports {
		running.Go(func() {
			if err := m.accept(ctx, &running, port); err != nil {
				cancel(err)
			}
		})
	}
	<-ctx.Done()
	for _, port := range ports {
		_ = port.Close() // whoever gave it to us may have closed it
	}
	m.close()
	running.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		return cause
	}
	return nil
}

func (m *Mux) started(addr net.Addr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.addr = addr
}

// close ends the listeners of the protocols and what is undecided.
func (m *Mux) close() {
	m.mu.Lock()
	m.closed = true
	for _, l := range m.listeners {
		l.end()
	}
	m.mu.Unlock()
	m.limits.shut()
	for c := m.limits.oldest(); c != nil; c = m.limits.oldest() {
		_ = c.Close()
	}
}
