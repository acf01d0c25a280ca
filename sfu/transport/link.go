package transport

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
)

// Link is a way to a client other than our UDP socket: a connection of ICE-TCP, or the relayed address of a TURN
// allocation. It is known by identity, so it must be comparable, and what comes along it can come from its owner only.
//
// It is an alias, as Receiver is, so that a TURN server fits here that does not import this package.
type Link = interface {
	// Send sends one datagram to the client. It does not block, and drops the datagram when the way is full; it does not
	// keep packet. Any goroutine may call it, also several at once.
	Send(packet []byte) error
	// Remote stands for the client's transport address: the TCP connection's remote one, or the relayed one. It does not
	// change.
	Remote() netip.AddrPort
}

// ChannelLink is a Link that at times is a TURN channel over our own UDP socket. Packets to it are then written as
// ChannelData into the batch of whoever sends, and cost no more than those to other clients.
type ChannelLink interface {
	Link
	// Channel returns the TURN client's address, the local address that it sends to (invalid when not known) and the
	// number of the channel bound to Remote; ok is false while Send is to be used. It is asked when a way is set up, and
	// by Rerouted, with a lock of ours held: it must not call the Listener.
	Channel() (client netip.AddrPort, local netip.Addr, number uint16, ok bool)
	// Admit is told of each packet of n bytes that is to be written to the channel; false: it is over the client's quota
	// and dropped. It must be quick. Any goroutine may call it.
	Admit(n int) bool
}

// Receiver carries what came along a link.
type Receiver = interface {
	Receive(link Link, data []byte)
}

// TURNHandler is a TURN server on our UDP socket.
type TURNHandler interface {
	// HandleTURN is called by a worker with one datagram that is TURN's and not ICE's: ChannelData, STUN of another method
	// than Binding, or a Binding request without a USERNAME. It must not block nor keep data. Via carries what it relays to
	// us, with the worker's batch, and is valid during the call.
	HandleTURN(via Receiver, from, local netip.AddrPort, data []byte)
}

// channelHeader is the size of the number and length in front of ChannelData, RFC 8656 section 12.4.
const channelHeader = 4

// Receive carries one datagram that came along link all the way, before it returns. One goroutine at a time may call it
// for a link, and not from within a Handler or a Link's Send; data may be overwritten.
func (l *Listener) Receive(link Link, data []byte) {
	w := l.lanes.take()
	if w == nil {
		return // not running
	}
	defer l.lanes.put(w)
	l.counters.packetsIn.Add(1)
	l.counters.bytesIn.Add(uint64(len(data)))
	w.Receive(link, data)
}

// Receive is for HandleTURN.
func (w *worker) Receive(link Link, data []byte) {
	w.receive(&datagram{data: data, remote: link.Remote(), link: link, truncated: len(data) > maxDatagram})
}

// Forget says that a link is gone. A client that used it goes on with the address that it validated last, if any.
func (l *Listener) Forget(link Link) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.byAddr.findLink(link); p != nil {
		l.leaveLocked(p)
		p.conn.dropPath(p)
	}
}

// Rerouted says that a channel was bound for the link, or has ended.
func (l *Listener) Rerouted(link Link) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.byAddr.findLink(link); p != nil {
		p.route.Store(l.linkRoute(link))
	}
}

// linkRoute prepares sending along a link.
func (l *Listener) linkRoute(link Link) *route {
	if c, ok := link.(ChannelLink); ok {
		if client, local, number, ok := c.Channel(); ok {
			r := l.socket().newRoute(client, local)
			r.channel, r.turn = number, c
			return r
		}
	}
	return &route{remote: link.Remote(), link: link}
}

// leaveLocked takes a path out of the index, and ends a TCP connection that is of no more use.
func (l *Listener) leaveLocked(p *path) {
	if p.link == nil {
		l.byAddr.remove(p.remote)
		return
	}
	l.byAddr.removeLink(p.link)
	if t, ok := p.link.(*tcpLink); ok {
		t.retire(retireTime)
	}
}

// head is the room that a packet on this way needs in front.
func (r *route) head() int {
	if r.channel == 0 {
		return 0
	}
	return channelHeader
}

// admits tells whether a packet of that size may go this way.
func (r *route) admits(size int) bool { return r.channel == 0 || r.turn.Admit(size) }

// putHead completes a packet of that size which stands in buf behind the head, and returns the size of both.
func (r *route) putHead(buf []byte, size int) int {
	if r.channel == 0 {
		return size
	}
	binary.BigEndian.PutUint16(buf, r.channel)
	binary.BigEndian.PutUint16(buf[2:], uint16(size))
	return channelHeader + size // RFC 8656 section 12.5: over UDP there is no padding
}

// outlets send what belongs to no client's Conn.
type outlets struct {
	pool sync.Pool

	mu     sync.RWMutex // held by whoever sends, since the socket must stay open
	closed bool
}

type outlet struct {
	route  route
	sender sender
}

// WriteTURN sends one datagram by the media port; from the local address, when it is valid and the port has several. Any
// goroutine may call it.
func (l *Listener) WriteTURN(to netip.AddrPort, local netip.Addr, data []byte) error {
	l.outlets.mu.RLock()
	defer l.outlets.mu.RUnlock()
	if l.outlets.closed || len(l.workers) == 0 || len(data) == 0 {
		return net.ErrClosed
	}
	o, _ := l.outlets.pool.Get().(*outlet)
	if o == nil {
		o = &outlet{}
	}
	defer l.outlets.pool.Put(o)
	l.socket().setRoute(&o.route, to, local)
	return l.count(len(data), l.socket().send(&o.sender, &o.route, data))
}

func (o *outlets) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}
