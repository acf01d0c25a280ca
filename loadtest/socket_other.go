//go:build !linux

package loadtest

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxDatagram = 2048
	queueLength = 1024
	bufferBytes = 1 << 20
)

// poller is the portable stand-in for epoll: a goroutine a socket puts what comes into a queue that poll empties.
type poller struct {
	wg sync.WaitGroup

	mu      sync.Mutex
	sockets []*socket // guarded by mu
}

// socket is one client's, connected to the server.
type socket struct {
	conn    *net.UDPConn
	wrapped atomic.Bool // in ChannelData
	receive func(data []byte, at int64)
	queue   chan datagram
}

type datagram struct {
	data []byte
	at   int64
}

func newPoller() (*poller, error) { return &poller{}, nil }

func openSocket(server netip.AddrPort) (*socket, error) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(server))
	if err != nil {
		return nil, fmt.Errorf("connect a socket to %v: %w", server, err)
	}
	_ = conn.SetReadBuffer(bufferBytes) // a wish
	return &socket{conn: conn, queue: make(chan datagram, queueLength)}, nil
}

func (s *socket) send(data []byte) error {
	if s.wrapped.Load() {
		data = wrap(nil, data)
	}
	_, _ = s.conn.Write(data)
	return nil
}

func (s *socket) close() { _ = s.conn.Close() }

func (p *poller) add(s *socket, receive func(data []byte, at int64)) error {
	s.receive = receive
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sockets = append(p.sockets, s)
	p.wg.Go(s.read)
	return nil
}

// read ends when the socket is closed. What finds the queue full is lost, as in a full socket buffer.
func (s *socket) read() {
	buf := make([]byte, maxDatagram)
	for {
		n, err := s.conn.Read(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue // about an earlier datagram
		}
		select {
		case s.queue <- datagram{append([]byte(nil), buf[:n]...), time.Now().UnixNano()}:
		default:
		}
	}
}

func (p *poller) remove(s *socket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.sockets {
		if other == s {
			p.sockets = append(p.sockets[:i:i], p.sockets[i+1:]...)
			return
		}
	}
}

// close needs that all sockets are closed.
func (p *poller) close() { p.wg.Wait() }

func (p *poller) poll() {
	p.mu.Lock()
	sockets := p.sockets
	p.mu.Unlock()
	for _, s := range sockets {
		for more := true; more; {
			select {
			case d := <-s.queue:
				s.receive(d.data, d.at)
			default:
				more = false
			}
		}
	}
}

func sleep(d time.Duration) { time.Sleep(d) }

// cpuTime is not known here.
func cpuTime() time.Duration { return 0 }
