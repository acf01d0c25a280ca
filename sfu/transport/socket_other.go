//go:build !linux

package transport

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"
)

type systemRoute struct{}

type sender struct{}

type systemBatch struct{}

// socket is the portable form: a datagram a call, and a wildcard socket answers from whatever address the system picks.
type socket struct {
	conn     *net.UDPConn
	bound    netip.AddrPort
	segments bool // never

	// owned by the reader
	buf [maxDatagram + 1]byte
	out [1]datagram
}

// openSockets opens one, however many are wanted: what a shared port does differs between systems.
func openSockets(addr string, _ int) (sockets []*socket, control *socket, err error) {
	conn, err := listenUDP(addr, nil)
	if err != nil {
		return nil, nil, err
	}
	return []*socket{{conn: conn, bound: conn.LocalAddr().(*net.UDPAddr).AddrPort()}}, nil, nil
}

// readWaiting is of sockets for control packets, which there are none of.
func (s *socket) readWaiting() []datagram { return nil }

func (s *socket) localAddr() netip.AddrPort { return s.bound }

func (s *socket) interrupt() { _ = s.conn.SetReadDeadline(time.Unix(1, 0)) }

func (s *socket) close() error { return s.conn.Close() }

// read calls idle and waits for a datagram.
func (s *socket) read(idle func()) ([]datagram, error) {
	idle()
	n, remote, err := s.conn.ReadFromUDPAddrPort(s.buf[:])
	if err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed) {
			return nil, net.ErrClosed
		}
		return nil, fmt.Errorf("read media socket: %w", err)
	}
	s.out[0] = datagram{
		data:      s.buf[:n],
		remote:    netip.AddrPortFrom(remote.Addr().Unmap().WithZone(""), remote.Port()),
		truncated: n > maxDatagram,
	}
	return s.out[:], nil
}

func (s *socket) newRoute(remote netip.AddrPort, local netip.Addr) *route {
	return &route{remote: remote, local: local}
}

func (s *socket) send(_ *sender, r *route, data []byte) error {
	_, err := s.conn.WriteToUDPAddrPort(data, r.remote)
	return err
}

func (s *socket) setRoute(r *route, remote netip.AddrPort, local netip.Addr) {
	r.remote, r.local = remote, local
}

// sendLoad sends a load's packets in their order and returns how many were lost.
func (s *socket) sendLoad(l *load) (failed int) {
	for i := range l.messages {
		p := &l.packets[l.messages[i].first]
		if s.send(nil, l.messages[i].route, l.arena[p.at:p.at+p.size]) != nil {
			failed++
		}
	}
	return failed
}
