package transport

import (
	"fmt"
	"net"
	"net/netip"
)

const (
	maxDatagram = 2048 // larger ones are no WebRTC
	readBatch   = 32   // datagrams taken with one system call where the system can
	socketBytes = 4 << 20
)

// datagram is one received datagram; its bytes are the socket's and hold until the next read.
type datagram struct {
	data      []byte
	remote    netip.AddrPort // never an IPv4-mapped address
	local     netip.Addr     // the address it was sent to; invalid when not known
	truncated bool
}

// route is how to reach a remote address from a local one: everything of a datagram but its bytes, prepared once.
type route struct {
	remote netip.AddrPort
	local  netip.Addr
	system systemRoute
}

// socket is the one media socket. One goroutine reads; any number send, each with a sender of its own.
//
// socket_linux.go and socket_other.go fill in openSocket, read, newRoute, send and the types they need.

// listenUDP binds addr. A wildcard gets a dual-stack socket where the system has one.
func listenUDP(addr string) (*net.UDPConn, error) {
	network := "udp"
	if ap, err := netip.ParseAddrPort(addr); err == nil {
		switch {
		case ap.Addr().Is4():
			network = "udp4"
		case !ap.Addr().IsUnspecified():
			network = "udp6"
		}
	}
	ua, err := net.ResolveUDPAddr(network, addr)
	if err != nil {
		return nil, fmt.Errorf("resolve media address %q: %w", addr, err)
	}
	conn, err := net.ListenUDP(network, ua)
	if err != nil {
		return nil, fmt.Errorf("listen on media address %q: %w", addr, err)
	}
	// Best effort: the system may cap these.
	_ = conn.SetReadBuffer(socketBytes)
	_ = conn.SetWriteBuffer(socketBytes)
	return conn, nil
}
