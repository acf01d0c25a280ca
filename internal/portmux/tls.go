package portmux

import (
	"context"
	"crypto/tls"
	"net"
	"runtime"
	"slices"
	"time"
)

// The protocols that ALPN may choose. Browsers' TURN over TLS offers none, and RFC 7443 names two for others.
const (
	alpnHTTP = "http/1.1"
	alpnTURN = "stun.turn"
	alpnSTUN = "stun.nat-discovery"
	alpnACME = "acme-tls/1"
)

// setTLS completes a configuration.
func (m *Mux) setTLS(cfg *tls.Config) {
	m.computing = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))
	m.tls = cfg.Clone()
	for _, protocol := range []string{alpnHTTP, alpnTURN, alpnSTUN} {
		if !slices.Contains(m.tls.NextProtos, protocol) {
			m.tls.NextProtos = append(m.tls.NextProtos, protocol)
		}
	}
}

// Handshakes compute on one processor less than there are: whoever floods us with ClientHellos must leave some for the
// calls. What a handshake computes is between what it reads and what it reads or writes next, also when the client has to
// send another ClientHello (RFC 8446 section 4.1.4). So a place is waited for when something has been read, and given back
// with the next read or write; a client that stays silent holds none.

// compute waits for a place, if this is a handshake.
func (c *conn) compute() {
	if c.handshaking == nil {
		return
	}
	select {
	case c.mux.computing <- struct{}{}:
		c.computing = true
	case <-c.handshaking.Done():
	}
}

// computed gives it back.
func (c *conn) computed() {
	if c.computing {
		c.computing = false
		<-c.mux.computing
	}
}

// handshake does that of TLS, and tells what is spoken inside.
func (m *Mux) handshake(ctx context.Context, c *conn) (Protocol, net.Conn, Reason) {
	ctx, cancel := context.WithTimeout(ctx, m.cfg.HandshakeTimeout)
	defer cancel()
	if err := c.SetDeadline(time.Now().Add(m.cfg.HandshakeTimeout)); err != nil {
		return 0, nil, Ended
	}
	t := tls.Server(c, m.tls)
	c.handshaking = ctx
	err := t.HandshakeContext(ctx)
	c.computed()
	c.handshaking = nil
	if err != nil {
		if reason := reasonOf(err); reason == Timeout || ctx.Err() != nil {
			return 0, nil, Timeout
		}
		return 0, nil, Handshake
	}
	switch t.ConnectionState().NegotiatedProtocol {
	case alpnHTTP:
		return HTTPS, t, none
	case alpnTURN, alpnSTUN:
		return TURNS, t, none
	case alpnACME:
		return ACME, t, none
	}
	return m.inside(t)
}
