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

// setTLS completes a configuration. Handshakes compute on one processor less than there are: whoever floods us with
// ClientHellos must leave some for the calls.
func (m *Mux) setTLS(cfg *tls.Config) {
	m.computing = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))
	m.tls = cfg.Clone()
	for _, protocol := range []string{alpnHTTP, alpnTURN, alpnSTUN} {
		if !slices.Contains(m.tls.NextProtos, protocol) {
			m.tls.NextProtos = append(m.tls.NextProtos, protocol)
		}
	}
	m.tls.GetConfigForClient = m.compute
}

// compute is called in a handshake, when its ClientHello is there and before it is answered: it waits for one of the few
// places. The first byte of the answer gives the place back.
func (m *Mux) compute(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	c, ok := hello.Conn.(*conn)
	if !ok {
		return nil, net.ErrClosed // no handshake but ours has this configuration
	}
	select {
	case m.computing <- struct{}{}:
		c.computing = true
		return nil, nil // go on with the configuration as it is
	case <-hello.Context().Done():
		return nil, hello.Context().Err()
	}
}

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
	err := t.HandshakeContext(ctx)
	c.computed()
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
