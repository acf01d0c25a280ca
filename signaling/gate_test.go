package signaling_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// gate is a client's UDP socket on this machine, which can be closed: then nothing comes through, and nobody is told.
type gate struct {
	net.PacketConn
	shut atomic.Bool
}

func newGate(t *testing.T) *gate {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	must(t, err)
	return &gate{PacketConn: conn}
}

func (g *gate) WriteTo(b []byte, to net.Addr) (int, error) {
	if g.shut.Load() {
		return len(b), nil
	}
	return g.PacketConn.WriteTo(b, to)
}

func (g *gate) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := g.PacketConn.ReadFrom(b)
		if err != nil || !g.shut.Load() {
			return n, from, err
		}
	}
}

// wire carries TCP connections to a server, until it is cut: then they stay open, and nothing goes through.
type wire struct {
	listener net.Listener
	cut      atomic.Bool
	wg       sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
}

func newWire(t *testing.T, server string) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	w := &wire{listener: listener}
	w.wg.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			inside, err := net.Dial("tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			w.carry(client, inside)
			w.carry(inside, client)
		}
	})
	t.Cleanup(w.close)
	return w
}

func (w *wire) carry(from, to net.Conn) {
	w.mu.Lock()
	w.conns = append(w.conns, from)
	w.mu.Unlock()
	w.wg.Go(func() {
		_, _ = io.Copy(writerFunc(func(b []byte) (int, error) {
			if w.cut.Load() {
				return len(b), nil
			}
			return to.Write(b)
		}), from)
		_ = to.Close()
	})
}

func (w *wire) close() {
	_ = w.listener.Close()
	w.mu.Lock()
	for _, conn := range w.conns {
		_ = conn.Close()
	}
	w.mu.Unlock()
	w.wg.Wait()
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
