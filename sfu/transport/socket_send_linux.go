package transport

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// systemRoute is a route in the kernel's forms: the remote sockaddr, and the control message that names the source.
type systemRoute struct {
	name       unix.RawSockaddrInet6
	nameLen    uint32
	control    [controlLen]byte
	controlLen int
}

// sender holds what one system call reads, so that sending does not allocate. One goroutine at a time uses it.
type sender struct {
	iov unix.Iovec
	hdr unix.Msghdr
}

// newRoute prepares sending to remote. A wildcard socket answers from local, when that is known: the address that the
// client sent to is the only one it (and its NAT) takes an answer from.
func (s *socket) newRoute(remote netip.AddrPort, local netip.Addr) *route {
	r := &route{}
	s.setRoute(r, remote, local)
	return r
}

// setRoute is newRoute in a route that was used before.
func (s *socket) setRoute(r *route, remote netip.AddrPort, local netip.Addr) {
	r.remote, r.local = remote, local
	r.system.setName(remote, s.v6)
	r.system.controlLen = 0
	if s.wildcard && local.IsValid() && !local.IsUnspecified() && !local.IsMulticast() {
		r.system.setSource(local, s.v6)
	}
}

func (r *systemRoute) setName(remote netip.AddrPort, v6 bool) {
	if v6 {
		r.name = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: ntohs(remote.Port()), Addr: remote.Addr().As16()}
		r.nameLen = unix.SizeofSockaddrInet6
		return
	}
	n4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(&r.name))
	*n4 = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: ntohs(remote.Port())}
	if remote.Addr().Is4() {
		n4.Addr = remote.Addr().As4()
	}
	r.nameLen = unix.SizeofSockaddrInet4
}

func (r *systemRoute) setSource(local netip.Addr, v6 bool) {
	h := (*unix.Cmsghdr)(unsafe.Pointer(&r.control[0]))
	data := r.control[unix.CmsgLen(0):]
	if v6 { // struct in6_pktinfo: address, interface index (0: as routed); an IPv4 source goes mapped
		h.Level, h.Type = unix.IPPROTO_IPV6, unix.IPV6_PKTINFO
		addr := local.As16()
		copy(data, addr[:])
		h.SetLen(unix.CmsgLen(unix.SizeofInet6Pktinfo))
		r.controlLen = unix.CmsgSpace(unix.SizeofInet6Pktinfo)
		return
	}
	if !local.Is4() {
		return
	}
	h.Level, h.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
	binary.NativeEndian.PutUint32(data, 0) // struct in_pktinfo: interface index, source, (unused) destination
	addr := local.As4()
	copy(data[4:], addr[:])
	h.SetLen(unix.CmsgLen(unix.SizeofInet4Pktinfo))
	r.controlLen = unix.CmsgSpace(unix.SizeofInet4Pktinfo)
}

// send gives one datagram to the kernel without waiting: a full socket buffer loses it, as the network would.
func (s *socket) send(w *sender, r *route, data []byte) error {
	w.iov.Base = &data[0]
	w.iov.SetLen(len(data))
	h := &w.hdr
	h.Name = (*byte)(unsafe.Pointer(&r.system.name))
	h.Namelen = r.system.nameLen
	h.Iov = &w.iov
	h.SetIovlen(1)
	h.Control = nil
	if r.system.controlLen > 0 {
		h.Control = &r.system.control[0]
	}
	h.SetControllen(r.system.controlLen)
	for {
		_, _, errno := unix.RawSyscall(unix.SYS_SENDMSG, uintptr(s.fd), uintptr(unsafe.Pointer(h)),
			unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
			continue
		default:
			return errno
		}
	}
}
