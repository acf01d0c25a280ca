package transport

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"
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
	link      Link      // that it came along; nil for the socket
	arrived   time.Time // when the kernel took it in; of control packets only
}

// route is how to reach a remote address from a local one: everything of a datagram but its bytes, prepared once.
type route struct {
	remote netip.AddrPort
	local  netip.Addr
	whole  atomic.Bool // the kernel does not cut messages into datagrams on this way
	system systemRoute

	link    Link   // to send along instead of by the socket; nil for the socket
	channel uint16 // of TURN, whose header goes in front of each packet; 0 for none
	turn    ChannelLink
}

// socket is one of the sockets on the media port. One goroutine reads; any number send, each with a sender or a batch of
// its own.
//
// The files for Linux and for others fill in openSockets, read, readWaiting, newRoute, send, sendLoad and the types they need.

// listenUDP binds addr. A wildcard gets a dual-stack socket where the system has one. Control, which may be nil, is called
// before the socket is bound.
func listenUDP(addr string, control func(network, address string, raw syscall.RawConn) error) (*net.UDPConn, error) {
	network := "udp"
	if ap, err := netip.ParseAddrPort(addr); err == nil {
		switch {
		case ap.Addr().Is4():
			network = "udp4"
		case !ap.Addr().IsUnspecified():
			network = "udp6"
		}
	}
	config := net.ListenConfig{Control: control}
	packets, err := config.ListenPacket(context.Background(), network, addr)
	if err != nil {
		return nil, fmt.Errorf("listen on media address %q: %w", addr, err)
	}
	conn := packets.(*net.UDPConn)
	// Best effort: the system may cap these.
	_ = conn.SetReadBuffer(socketBytes)
	_ = conn.SetWriteBuffer(socketBytes)
	return conn, nil
}
