package loadtest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	readBatch   = 32
	maxDatagram = 2048
	controlLen  = 64
	bufferBytes = 1 << 20
	maxReady    = 256
)

// poller reads many sockets with few system calls: one epoll_wait tells which have something, one recvmmsg takes it.
// Its methods but open are for one goroutine.
type poller struct {
	epoll   int
	sockets map[int32]*socket
	events  [maxReady]unix.EpollEvent

	bufs     [readBatch][maxDatagram]byte
	controls [readBatch][controlLen]byte
	iovs     [readBatch]unix.Iovec
	msgs     [readBatch]mmsghdr
}

// mmsghdr is the kernel's struct mmsghdr.
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

// socket is one client's, connected to the server.
type socket struct {
	fd      int
	receive func(data []byte, at int64)
	wrapped atomic.Bool // in ChannelData
}

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make an epoll: %w", err)
	}
	p := &poller{epoll: fd, sockets: make(map[int32]*socket)}
	for i := range p.msgs {
		p.iovs[i].Base = &p.bufs[i][0]
		p.iovs[i].SetLen(maxDatagram)
		h := &p.msgs[i].hdr
		h.Iov = &p.iovs[i]
		h.SetIovlen(1)
		h.Control = &p.controls[i][0]
	}
	return p, nil
}

// openSocket makes a socket towards the server; add has it read.
func openSocket(server netip.AddrPort) (*socket, error) {
	family := unix.AF_INET
	var addr unix.Sockaddr = &unix.SockaddrInet4{Port: int(server.Port()), Addr: server.Addr().Unmap().As4()}
	if server.Addr().Unmap().Is6() {
		family = unix.AF_INET6
		addr = &unix.SockaddrInet6{Port: int(server.Port()), Addr: server.Addr().As16()}
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make a socket: %w", err)
	}
	// The buffer is a wish: the kernel gives what it allows.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, bufferBytes)
	if err := errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1), unix.Connect(fd, addr)); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("connect a socket to %v: %w", server, err)
	}
	return &socket{fd: fd}, nil
}

// send gives one datagram to the kernel. A full buffer, or nobody listening yet, loses it as a network would.
func (s *socket) send(data []byte) error {
	if s.wrapped.Load() {
		var buf [maxDatagram]byte
		data = wrap(buf[:0], data)
	}
	_, err := unix.Write(s.fd, data)
	if err == unix.EAGAIN || err == unix.ECONNREFUSED || err == unix.ENOBUFS {
		return nil
	}
	return err
}

func (s *socket) close() { _ = unix.Close(s.fd) }

// add has the poller hand the socket's datagrams to receive, each with its arrival in Unix nanoseconds.
func (p *poller) add(s *socket, receive func(data []byte, at int64)) error {
	s.receive = receive
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(s.fd)}
	if err := unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, s.fd, &event); err != nil {
		return fmt.Errorf("watch a socket: %w", err)
	}
	p.sockets[int32(s.fd)] = s
	return nil
}

func (p *poller) remove(s *socket) {
	if p.sockets[int32(s.fd)] == s {
		delete(p.sockets, int32(s.fd))
		_ = unix.EpollCtl(p.epoll, unix.EPOLL_CTL_DEL, s.fd, nil)
	}
}

func (p *poller) close() { _ = unix.Close(p.epoll) }

// poll reads everything that is there, without waiting.
func (p *poller) poll() {
	n, err := unix.EpollWait(p.epoll, p.events[:], 0)
	if err != nil {
		return // interrupted: the next poll is soon
	}
	for _, e := range p.events[:n] {
		if s := p.sockets[e.Fd]; s != nil {
			p.drain(s)
		}
	}
}

// drain takes at most a few batches, so that one flooded socket does not starve the others.
func (p *poller) drain(s *socket) {
	for range 8 {
		for i := range p.msgs {
			p.msgs[i].hdr.SetControllen(controlLen)
		}
		n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&p.msgs[0])), readBatch,
			unix.MSG_DONTWAIT, 0, 0)
		if errno != 0 {
			return
		}
		for i := range int(n) {
			m := &p.msgs[i]
			s.receive(p.bufs[i][:m.len], arrivalOf(p.controls[i][:m.hdr.Controllen]))
		}
		if n < readBatch {
			return
		}
	}
}

// arrivalOf is when the kernel got the datagram; the time of asking when it does not say.
func arrivalOf(control []byte) int64 {
	const header = unix.SizeofCmsghdr
	if len(control) >= header+16 {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
		if h.Level == unix.SOL_SOCKET && h.Type == unix.SO_TIMESTAMPNS {
			t := control[header:]
			return int64(binary.NativeEndian.Uint64(t))*1e9 + int64(binary.NativeEndian.Uint64(t[8:]))
		}
	}
	return time.Now().UnixNano()
}

// sleep is more exact than time.Sleep, which rounds to the millisecond.
func sleep(d time.Duration) {
	t := unix.NsecToTimespec(int64(d))
	_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &t, nil) // may be interrupted: it is called again
}

// cpuTime is what this process has used.
func cpuTime() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
