package portmux

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/digierapro/parley/internal/rawconn"
)

const (
	minBackOff = 5 * time.Millisecond
	maxBackOff = time.Second
)

// passing are the errors of accept that are about one connection, or about now.
var passing = []error{
	syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.EPROTO, syscall.EPERM,
	syscall.ENETDOWN, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.EHOSTUNREACH, syscall.ENOPROTOOPT, syscall.EOPNOTSUPP, syscall.ETIMEDOUT,
}

func isPassing(err error) bool {
	for _, p := range passing {
		if errors.Is(err, p) {
			return true
		}
	}
	return false
}

// accept takes connections until the port is closed or fails for good. Without file descriptors it waits, longer each
// time, and closes those that say nothing.
func (m *Mux) accept(ctx context.Context, running *sync.WaitGroup, port *net.TCPListener) error {
	wait := minBackOff
	for {
		tcp, err := port.AcceptTCP()
		switch {
		case err == nil:
			wait = minBackOff
			m.admit(ctx, running, tcp)
			continue
		case errors.Is(err, net.ErrClosed) && ctx.Err() != nil:
			return nil
		case !isPassing(err):
			return fmt.Errorf("accept: %w", err)
		}
		m.stats.acceptErrors.Add(1)
		m.warn("connections cannot be accepted now", "error", err)
		if c := m.limits.oldest(); c != nil {
			_ = c.Close()
		}
		select {
		case <-time.After(wait):
			wait = min(2*wait, maxBackOff)
		case <-ctx.Done():
			return nil
		}
	}
}

// admit starts to find out what a new connection speaks, unless there are too many.
func (m *Mux) admit(ctx context.Context, running *sync.WaitGroup, tcp *net.TCPConn) {
	c := &conn{TCPConn: tcp, raw: rawconn.New(tcp), mux: m}
	from := originOf(tcp.RemoteAddr())
	ctx, abort := context.WithCancel(ctx)
	evicted, reason, ok := m.limits.admit(c, from, abort)
	if !ok {
		abort()
		_ = tcp.Close()
		m.stats.refused[reason].Add(1)
		m.warn("connections are refused, because there are too many", "reason", reason.String(), "from", from.String())
		return
	}
	if evicted != nil {
		_ = evicted.Close()
	}
	running.Go(func() {
		defer abort()
		m.decide(ctx, c)
	})
}

// warnEvery is how often what happens to many connections is logged.
const warnEvery = time.Minute

func (m *Mux) warn(message string, facts ...any) {
	now := time.Now().UnixNano()
	last := m.stats.warned.Load()
	if last != 0 && now-last < int64(warnEvery) || !m.stats.warned.CompareAndSwap(last, now) {
		return
	}
	m.cfg.Log.Warn(message, facts...)
}
