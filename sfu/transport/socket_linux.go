package transport

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// controlLen holds one packet-info control message of either family.
const controlLen = 64

// mmsghdr is the kernel's struct mmsghdr.
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

type socket struct {
	conn     *net.UDPConn // nil for one of control packets, of which Go's poller must not know
	raw      syscall.RawConn
	fd       int
	v6       bool // AF_INET6, also when it carries IPv4
	wildcard bool
	segments bool // the kernel cuts messages into datagrams
	bound    netip.AddrPort

	// owned by the reader
	bufs     [readBatch][maxDatagram]byte
	names    [readBatch]unix.RawSockaddrInet6 // large enough for both families
	controls [readBatch][controlLen]byte
	iovs     [readBatch]unix.Iovec
	msgs     [readBatch]mmsghdr
	out      [readBatch]datagram
	got      int
	gotErr   syscall.Errno
	receive  func(fd uintptr) bool
	idle     func() // called before waiting
}

// openSockets opens n sockets on one port, among which the kernel shares the clients. The first is bound while it does not
// share, so that a port on which somebody listens is refused and a free one is free.
//
// control is one more, for the clients' RTCP; nil where the kernel cannot tell it from media.
func openSockets(addr string, n int) (sockets []*socket, control *socket, err error) {
	conn, err := listenUDP(addr, nil)
	if err != nil {
		return nil, nil, err
	}
	first, err := newSocket(conn)
	if err != nil {
		return nil, nil, err
	}
	sockets = []*socket{first}
	err = share(first.raw)
	for len(sockets) < n && err == nil {
		var s *socket
		if s, err = first.another(); err == nil {
			sockets = append(sockets, s)
		}
	}
	if err != nil {
		for _, s := range sockets {
			_ = s.close()
		}
		return nil, nil, fmt.Errorf("share media port: %w", err)
	}
	return sockets, first.openControl(n), nil
}

// another opens one more socket on the port.
func (s *socket) another() (*socket, error) {
	conn, err := listenUDP(s.bound.String(), func(_, _ string, raw syscall.RawConn) error { return share(raw) })
	if err != nil {
		return nil, err
	}
	return newSocket(conn)
}

func share(raw syscall.RawConn) error {
	var optErr error
	err := raw.Control(func(fd uintptr) {
		optErr = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	})
	return errors.Join(err, optErr)
}

func newSocket(conn *net.UDPConn) (*socket, error) {
	s := &socket{conn: conn, bound: conn.LocalAddr().(*net.UDPAddr).AddrPort()}
	s.wildcard = s.bound.Addr().IsUnspecified()
	if err := s.prepare(); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return s, nil
}

func (s *socket) prepare() error {
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return fmt.Errorf("media socket: %w", err)
	}
	s.raw = raw
	var optErr error
	err = raw.Control(func(fd uintptr) {
		s.fd = int(fd)
		family, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
		if err != nil {
			optErr = err
			return
		}
		s.v6 = family == unix.AF_INET6
		s.segments = takesSegments(s.fd)
		optErr = s.askForLocalAddress(1)
	})
	if err := errors.Join(err, optErr); err != nil {
		return fmt.Errorf("prepare media socket: %w", err)
	}
	s.receive = s.receiveOrWait
	for i := range s.msgs {
		s.iovs[i].Base = &s.bufs[i][0]
		s.iovs[i].SetLen(maxDatagram)
		h := &s.msgs[i].hdr
		h.Name = (*byte)(unsafe.Pointer(&s.names[i]))
		h.Iov = &s.iovs[i]
		h.SetIovlen(1)
		h.Control = &s.controls[i][0]
	}
	return nil
}

// askForLocalAddress has the kernel tell, or not (0), with each datagram which of our addresses it was sent to.
func (s *socket) askForLocalAddress(on int) error {
	if !s.wildcard {
		return nil
	}
	if s.v6 {
		return unix.SetsockoptInt(s.fd, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, on)
	}
	return unix.SetsockoptInt(s.fd, unix.IPPROTO_IP, unix.IP_PKTINFO, on)
}

func (s *socket) localAddr() netip.AddrPort { return s.bound }

func (s *socket) interrupt() { _ = s.conn.SetReadDeadline(time.Unix(1, 0)) }

// close needs that nobody reads or sends any more: senders use the descriptor itself.
func (s *socket) close() error {
	if s.conn == nil {
		return unix.Close(s.fd)
	}
	return s.conn.Close()
}

// read returns the datagrams that are there, up to readBatch. When there are none it calls idle and waits.
func (s *socket) read(idle func()) ([]datagram, error) {
	s.idle = idle
	for {
		if err := s.raw.Read(s.receive); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed) {
				return nil, net.ErrClosed
			}
			return nil, fmt.Errorf("read media socket: %w", err)
		}
		switch s.gotErr {
		case 0:
			return s.unpack(), nil
		case unix.EINTR, unix.ECONNREFUSED, unix.ENOBUFS, unix.ENOMEM:
			continue // about an earlier datagram, or passing
		default:
			return nil, fmt.Errorf("read media socket: %w", s.gotErr)
		}
	}
}

// receiveOrWait is called by Go's poller, which waits when it returns false.
func (s *socket) receiveOrWait(fd uintptr) bool {
	s.recvmmsg(fd)
	if s.gotErr == unix.EAGAIN {
		s.idle()
		return false
	}
	return true
}

func (s *socket) recvmmsg(fd uintptr) {
	for i := range s.msgs {
		h := &s.msgs[i].hdr
		h.Namelen = unix.SizeofSockaddrInet6
		h.SetControllen(controlLen)
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&s.msgs[0])), readBatch,
		unix.MSG_DONTWAIT, 0, 0)
	s.got, s.gotErr = int(n), errno
	if errno != 0 {
		s.got = 0
	}
}

func (s *socket) unpack() []datagram {
	for i := range s.got {
		m := &s.msgs[i]
		d := &s.out[i]
		d.data = s.bufs[i][:m.len]
		d.truncated = m.hdr.Flags&unix.MSG_TRUNC != 0
		d.remote = decodeName(&s.names[i])
		d.local = s.bound.Addr()
		if s.wildcard {
			d.local = decodePacketInfo(s.controls[i][:m.hdr.Controllen])
		}
	}
	return s.out[:s.got]
}

func decodeName(name *unix.RawSockaddrInet6) netip.AddrPort {
	if name.Family == unix.AF_INET {
		n4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom4(n4.Addr), ntohs(n4.Port))
	}
	return netip.AddrPortFrom(netip.AddrFrom16(name.Addr).Unmap(), ntohs(name.Port))
}

func decodePacketInfo(control []byte) netip.Addr {
	if len(control) < unix.SizeofCmsghdr {
		return netip.Addr{}
	}
	hdr, data, _, err := unix.ParseOneSocketControlMessage(control)
	switch {
	case err != nil:
	case hdr.Level == unix.IPPROTO_IPV6 && hdr.Type == unix.IPV6_PKTINFO && len(data) >= 16:
		return netip.AddrFrom16([16]byte(data[:16])).Unmap()
	case hdr.Level == unix.IPPROTO_IP && hdr.Type == unix.IP_PKTINFO && len(data) >= 8:
		return netip.AddrFrom4([4]byte(data[4:8])) // ipi_spec_dst: what an answer is to come from
	}
	return netip.Addr{}
}

// ntohs turns a port as the kernel keeps it (network order) into a number; it is its own inverse.
func ntohs(port uint16) uint16 {
	var b [2]byte
	binary.NativeEndian.PutUint16(b[:], port)
	return binary.BigEndian.Uint16(b[:])
}
