package turn

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// front is what pion/turn takes for a socket: it reads the requests that the gate let through, and writes the responses.
// There is one for UDP clients and one for streams, whose addresses may be the same.
type front struct {
	server *Server
	stream bool
	queue  chan request

	current request // owned by pion/turn's read loop: the request that it handles

	closing sync.Once
	closed  chan struct{}
	exited  chan struct{} // closed when pion/turn has heard that the front is closed
}

// request is an authenticated one, signed again for pion/turn. Without a client, it is our own for a nonce.
type request struct {
	from    source
	holder  holder
	made    time.Time
	message []byte
}

const frontQueue = 512

var errBusy = errors.New("too many requests wait")

func newFront(s *Server, stream bool) *front {
	return &front{
		server: s, stream: stream, queue: make(chan request, frontQueue),
		closed: make(chan struct{}), exited: make(chan struct{}),
	}
}

// hand queues a request; the caller may be a worker of the media, so it does not wait.
func (f *front) hand(r request) error {
	select {
	case f.queue <- r:
		return nil
	default:
		f.server.counters.drop(dropBusy)
		return errBusy
	}
}

// find gives the allocation of a client.
func (f *front) find(client netip.AddrPort) *Link {
	if f.stream {
		if st := f.server.streams.find(client); st != nil {
			return st.link.Load()
		}
		return nil
	}
	return f.server.links.find(client)
}

// ReadFrom implements net.PacketConn.
func (f *front) ReadFrom(p []byte) (int, net.Addr, error) {
	select {
	case f.current = <-f.queue:
	case <-f.closed:
		close(f.exited)
		return 0, nil, net.ErrClosed
	}
	client := f.current.from.client
	if f.stream {
		return copy(p, f.current.message), net.TCPAddrFromAddrPort(client), nil
	}
	return copy(p, f.current.message), net.UDPAddrFromAddrPort(client), nil
}

// WriteTo sends a response, or what came from a peer outside.
func (f *front) WriteTo(p []byte, to net.Addr) (int, error) {
	client := addrPort(to)
	if !client.IsValid() {
		f.server.learnNonce(p)
		return len(p), nil
	}
	if link := f.find(client); link != nil {
		return len(p), link.write(p)
	}
	if !isResponse(p) { // from a peer outside, to an allocation that has just ended
		return 0, net.ErrClosed
	}
	return len(p), f.server.send(f.current.from, p)
}

// Close implements net.PacketConn.
func (f *front) Close() error {
	f.closing.Do(func() { close(f.closed) })
	return nil
}

// LocalAddr is one address for all: pion/turn then goes by the client's family, as browsers expect.
func (f *front) LocalAddr() net.Addr {
	if f.stream {
		return &net.TCPAddr{IP: net.IPv6unspecified}
	}
	return &net.UDPAddr{IP: net.IPv6unspecified}
}

// SetDeadline implements net.PacketConn; there are none.
func (f *front) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.PacketConn.
func (f *front) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.PacketConn.
func (f *front) SetWriteDeadline(time.Time) error { return nil }
