package portmux

import (
	"context"
	"net"
	"sync"
)

// listener hands out the connections of one service.
type listener struct {
	mux   *Mux
	conns chan net.Conn
	done  chan struct{}
	end   func() // closes done, once
}

// Listener claims a service: from now on its connections come from here, and no longer are closed. It ends with Serve or
// by its Close, after which connections of the service are closed again. A service is claimed once.
func (m *Mux) Listener(s Service) net.Listener {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := &listener{mux: m, conns: make(chan net.Conn), done: make(chan struct{})}
	l.end = sync.OnceFunc(func() { close(l.done) })
	if m.closed || m.listeners[s] != nil {
		l.end()
		return l
	}
	m.listeners[s] = l
	return l
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.end()
	return nil
}

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr {
	l.mux.mu.Lock()
	defer l.mux.mu.Unlock()
	if l.mux.addr == nil {
		return &net.TCPAddr{}
	}
	return l.mux.addr
}

// deliver hands a decided connection to its service. It reports false when nobody takes it.
func (m *Mux) deliver(ctx context.Context, p Protocol, c net.Conn) bool {
	service, ok := p.service(m.tls != nil)
	if !ok {
		return false
	}
	m.mu.Lock()
	l := m.listeners[service]
	m.mu.Unlock()
	if l == nil {
		return false
	}
	select {
	case l.conns <- c:
		return true
	case <-l.done:
		return false
	case <-ctx.Done():
		return false
	}
}
