package portmux

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"time"
)

// decide finds out what is spoken on a connection and hands it over, or closes it.
func (m *Mux) decide(ctx context.Context, c *conn) {
	protocol, out, reason := m.detect(ctx, c)
	if reason == none && c.SetDeadline(time.Time{}) != nil {
		reason = Ended
	}
	if !m.limits.decide(c) {
		reason = Evicted
	}
	if reason == none {
		m.stats.connections[protocol].Add(1)
		if protocol == ACME || m.deliver(ctx, protocol, out) {
			if protocol == ACME {
				_ = out.Close()
			}
			return
		}
		reason = Unclaimed
	}
	m.stats.refused[reason].Add(1)
	_ = c.Close() // it may be closed already; TLS has nothing more to say
}

// detect reads what is needed to tell the protocol. The connection to hand over is c or TLS on c.
func (m *Mux) detect(ctx context.Context, c *conn) (Protocol, net.Conn, Reason) {
	if err := c.SetDeadline(time.Now().Add(m.cfg.DetectTimeout)); err != nil {
		return 0, nil, Ended
	}
	v, err := c.head.peek(c.TCPConn)
	if err != nil {
		return 0, nil, reasonOf(err)
	}
	switch v {
	case isHTTP:
		return HTTP, c, none
	case isSTUN:
		return TURN, c, none
	case isFramedSTUN:
		return ICE, c, none
	case isTLS:
		if m.tls == nil {
			return 0, nil, Unclaimed
		}
		return m.handshake(ctx, c)
	}
	return 0, nil, Unknown
}

func reasonOf(err error) Reason {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return Timeout
	}
	return Ended
}

// inside tells what is spoken in TLS without ALPN.
func (m *Mux) inside(t *tls.Conn) (Protocol, net.Conn, Reason) {
	c := &tlsConn{Conn: t}
	if err := t.SetDeadline(time.Now().Add(m.cfg.DetectTimeout)); err != nil {
		return 0, nil, Ended
	}
	v, err := c.head.peek(t)
	if err != nil {
		return 0, nil, reasonOf(err)
	}
	switch v {
	case isHTTP:
		return HTTPS, c, none
	case isSTUN:
		return TURNS, c, none
	}
	return 0, nil, Unknown
}
