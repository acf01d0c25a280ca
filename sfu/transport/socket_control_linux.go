package transport

import (
	"errors"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// openControl opens one more socket on the port and has the kernel give it the RTCP, and spread the rest over the media
// sockets. It returns nil where the kernel refuses.
func (s *socket) openControl(media int) *socket {
	control, err := s.anotherUnpolled()
	if err != nil {
		return nil
	}
	err = control.askForArrival()
	if err == nil {
		err = steer(control.fd, media)
	}
	if err != nil {
		_ = control.close()
		return nil
	}
	return control
}

// anotherUnpolled opens one more socket on the port of which Go's poller does not know, since it wakes up for all that
// comes, whether somebody waits or not.
func (s *socket) anotherUnpolled() (*socket, error) {
	other, err := s.another()
	if err != nil {
		return nil, err
	}
	var dupErr error
	err = other.raw.Control(func(fd uintptr) {
		other.fd, dupErr = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	})
	closeErr := other.conn.Close()
	if err := errors.Join(err, dupErr); err != nil {
		return nil, err
	}
	other.conn, other.raw = nil, nil
	return other, closeErr
}

// askForArrival has the kernel tell with each datagram when it came, instead of which address it was sent to.
func (s *socket) askForArrival() error {
	if err := s.askForLocalAddress(0); err != nil {
		return err
	}
	s.wildcard = false
	return unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
}

// readWaiting returns the datagrams that are there, up to readBatch, and never waits.
func (s *socket) readWaiting() []datagram {
	s.recvmmsg(uintptr(s.fd))
	datagrams := s.unpack()
	now := time.Now()
	for i := range datagrams {
		control := s.controls[i][:s.msgs[i].hdr.Controllen]
		datagrams[i].arrived = now.Add(-decodeAge(control, now))
	}
	return datagrams
}

// oldestArrival bounds what a datagram can have waited: the rest is the host's clock being set.
const oldestArrival = 100 * time.Millisecond

// decodeAge reads how long ago a datagram came.
func decodeAge(control []byte, now time.Time) time.Duration {
	const size = unsafe.Sizeof(unix.Timespec{})
	if len(control) < unix.CmsgLen(int(size)) {
		return 0
	}
	hdr, data, _, err := unix.ParseOneSocketControlMessage(control)
	if err != nil || hdr.Level != unix.SOL_SOCKET || hdr.Type != unix.SO_TIMESTAMPNS || len(data) < int(size) {
		return 0
	}
	at := (*unix.Timespec)(unsafe.Pointer(&data[0]))
	return min(max(time.Duration(now.UnixNano()-at.Nano()), 0), oldestArrival)
}

// Where a classic BPF program finds things: from networkHeader on the IP header, from 0 on what UDP carries.
const networkHeader = 1<<32 - 0x100000 // SKF_NET_OFF

// steer attaches the program that chooses the socket for a datagram, by the order in which the sockets were bound: RTCP
// (RFC 7983 section 7, RFC 5761 section 4) goes to the one after the media sockets. The program is the group's, whichever
// of its sockets it is attached by.
func steer(fd, media int) error {
	load := func(size uint16, at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_ABS | size, K: at}
	}
	do := func(op uint16, k uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_ALU | unix.BPF_K | op, K: k}
	}
	unless := func(test uint16, k uint32, skip uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_K | test, K: k, Jf: skip}
	}
	program := []unix.SockFilter{
		load(unix.BPF_B, 0),
		do(unix.BPF_AND, 0xc0),
		unless(unix.BPF_JEQ, 0x80, 4),
		load(unix.BPF_B, 1),
		do(unix.BPF_AND, 0xe0),
		unless(unix.BPF_JEQ, 192, 1),
		{Code: unix.BPF_RET | unix.BPF_K, K: uint32(media)},

		// A client's packets go to one socket: by the end of its address and its port, also where a NAT keeps ports even.
		load(unix.BPF_B, networkHeader),
		do(unix.BPF_AND, 0xf0),
		unless(unix.BPF_JEQ, 0x60, 4),
		load(unix.BPF_W, networkHeader+20), // IPv6: source address, port
		{Code: unix.BPF_MISC | unix.BPF_TAX},
		load(unix.BPF_H, networkHeader+40),
		{Code: unix.BPF_JMP | unix.BPF_JA, K: 3},
		load(unix.BPF_W, networkHeader+12), // IPv4
		{Code: unix.BPF_MISC | unix.BPF_TAX},
		load(unix.BPF_H, networkHeader+20),
		{Code: unix.BPF_ALU | unix.BPF_ADD | unix.BPF_X},
		do(unix.BPF_MUL, 0x9e3779b1),
		do(unix.BPF_RSH, 16),
		do(unix.BPF_MOD, uint32(media)),
		{Code: unix.BPF_RET | unix.BPF_A},
	}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF,
		&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
}
