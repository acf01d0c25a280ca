package turn

import (
	"encoding/binary"
	"errors"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Link is one allocation, as the media sees it: a way to a client, whose address is the relayed one. It is also the relay
// socket that pion/turn holds, and ends when either of them lets go of it.
type Link struct {
	server  *Server
	holder  holder
	made    time.Time // when its credentials were issued
	client  netip.AddrPort
	local   netip.Addr   // of ours, that the client sends to; invalid if not known
	stream  *stream      // nil over UDP
	port    *net.UDPConn // that the client sends to; nil for the media's
	relayed netip.AddrPort
	peer    netip.AddrPort // the media's address for this client

	user, address *account
	outside       *net.UDPConn // the relay socket to other peers; nil unless the operator lists some

	permitted atomic.Bool   // to hear the media
	channel   atomic.Uint32 // bound to the media; 0 for none
	others    others

	receiving sync.Mutex // held while the media takes a packet
	ended     bool       // guarded by receiving
	once      sync.Once
	done      chan struct{}
}

var (
	errQuota        = errors.New("bandwidth quota reached")
	errNoPermission = errors.New("the client has no permission for the media")
)

// Remote is the relayed address: XOR-RELAYED-ADDRESS of the Allocate response.
func (l *Link) Remote() netip.AddrPort { return l.relayed }

// Channel is what packets to the client can be wrapped in, with no need of Send: ChannelData with that number, from the
// media's UDP port. Not ok: use Send.
func (l *Link) Channel() (client netip.AddrPort, local netip.Addr, number uint16, ok bool) {
	n := l.channel.Load()
	return l.client, l.local, uint16(n), n != 0 && l.stream == nil && l.port == nil
}

// Admit counts one packet of n bytes to the client and takes it from the quotas; false: it is not to be sent.
func (l *Link) Admit(n int) bool {
	if !l.takes(n) {
		return false
	}
	l.server.counters.packetsOut.Add(1)
	l.server.counters.bytesOut.Add(uint64(n))
	return true
}

func (l *Link) takes(n int) bool {
	now := time.Now()
	if l.user.bytes.take(n, now) && l.address.bytes.take(n, now) {
		return true
	}
	l.server.counters.drop(dropBandwidth)
	return false
}

// Send relays one packet of the media to the client: RFC 8656 section 11.4. It does not wait and does not keep packet.
func (l *Link) Send(packet []byte) error {
	number := uint16(l.channel.Load())
	if number == 0 && !l.permitted.Load() {
		l.server.counters.drop(dropNoPermission)
		return errNoPermission
	}
	if !l.Admit(len(packet)) {
		return errQuota
	}
	buf := buffers.Get().(*buffer)
	defer buffers.Put(buf)
	if number != 0 {
		buf.b = appendChannelData(buf.b[:0], number, packet, l.stream != nil)
	} else {
		buf.b = appendDataIndication(buf.b[:0], l.peer, packet)
	}
	return l.write(buf.b)
}

// write sends a whole message to the client.
func (l *Link) write(message []byte) error {
	return l.server.send(source{client: l.client, local: l.local, stream: l.stream, port: l.port}, message)
}

// relay carries what the client sent to a peer.
func (l *Link) relay(via Receiver, peer netip.AddrPort, data []byte) {
	s := l.server
	if !l.takes(len(data)) {
		return
	}
	s.counters.packetsIn.Add(1)
	s.counters.bytesIn.Add(uint64(len(data)))
	if peer != l.peer {
		if l.outside != nil {
			_, _ = l.outside.WriteToUDPAddrPort(data, peer) // a datagram that is lost
		}
		return
	}
	l.receiving.Lock()
	defer l.receiving.Unlock()
	if !l.ended {
		via.Receive(l, data)
	}
}

// end gives the relayed address back. pion/turn learns of it by its read from the socket, and ends the allocation.
func (l *Link) end() {
	l.once.Do(func() {
		close(l.done)
		s := l.server
		if l.stream == nil {
			s.links.remove(l)
		} else {
			l.stream.released(l)
		}
		s.accounts.close(l.holder.user, l.client.Addr())
		if l.outside != nil {
			_ = l.outside.Close()
		}
		l.channel.Store(0)
		// Not here: the media may be in the middle of a packet of this link, and that packet be what ends it.
		s.engine.wait.Go(func() {
			l.receiving.Lock()
			l.ended = true
			l.receiving.Unlock()
			s.media.Forget(l)
			s.ports.release(l.relayed)
		})
	})
}

// others are the peers outside that an operator allows: seldom there, so the packet path looks elsewhere first.
type others struct {
	mu        sync.Mutex
	permitted atomic.Pointer[map[netip.Addr]bool]
	channels  atomic.Pointer[map[uint16]netip.AddrPort]
}

func (o *others) permit(a netip.Addr, yes bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	m := map[netip.Addr]bool{}
	if old := o.permitted.Load(); old != nil {
		m = maps.Clone(*old)
	}
	if yes {
		m[a] = true
	} else {
		delete(m, a)
	}
	o.permitted.Store(&m)
}

func (o *others) bind(number uint16, peer netip.AddrPort) {
	o.mu.Lock()
	defer o.mu.Unlock()
	m := map[uint16]netip.AddrPort{}
	if old := o.channels.Load(); old != nil {
		m = maps.Clone(*old)
	}
	if peer.IsValid() {
		m[number] = peer
	} else {
		delete(m, number)
	}
	o.channels.Store(&m)
}

// maxOthers is how many permissions and how many channels to peers outside an allocation has, about: requests that wait
// for pion/turn are not counted yet.
const maxOthers = 64

// room tells whether a peer may have a permission, or a channel too, or has it.
func (o *others) room(peer netip.AddrPort, channel bool) bool {
	if m := o.permitted.Load(); m != nil && len(*m) >= maxOthers && !(*m)[peer.Addr()] {
		return false
	}
	m := o.channels.Load()
	return !channel || m == nil || len(*m) < maxOthers || slices.Contains(slices.Collect(maps.Values(*m)), peer)
}

// peerOf is who is bound to a channel.
func (l *Link) peerOf(number uint16) (netip.AddrPort, bool) {
	if uint32(number) == l.channel.Load() {
		return l.peer, true
	}
	if m := l.others.channels.Load(); m != nil {
		peer, ok := (*m)[number]
		return peer, ok
	}
	return netip.AddrPort{}, false
}

// mayReach tells whether a Send indication to the peer is relayed.
func (l *Link) mayReach(peer netip.AddrPort) bool {
	if peer == l.peer {
		return l.permitted.Load()
	}
	m := l.others.permitted.Load()
	return m != nil && (*m)[peer.Addr()]
}

// What follows makes the link the relay socket of pion/turn's allocation.

// ReadFrom waits for what peers outside send; the media's packets do not come this way.
func (l *Link) ReadFrom(p []byte) (int, net.Addr, error) {
	if l.outside == nil {
		<-l.done
		return 0, nil, net.ErrClosed
	}
	for {
		n, from, err := l.outside.ReadFromUDPAddrPort(p)
		if err != nil {
			l.end()
			return 0, nil, err
		}
		if from = unmap(from); !l.mayReach(from) {
			l.server.counters.drop(dropNoPermission)
		} else if l.Admit(n) {
			return n, net.UDPAddrFromAddrPort(from), nil
		}
	}
}

// WriteTo is not used: the gate relays what clients send.
func (l *Link) WriteTo([]byte, net.Addr) (int, error) { return 0, net.ErrClosed }

// Close implements net.PacketConn.
func (l *Link) Close() error {
	l.end()
	return nil
}

// LocalAddr implements net.PacketConn.
func (l *Link) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(l.relayed) }

// SetDeadline implements net.PacketConn; there are none.
func (l *Link) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.PacketConn.
func (l *Link) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.PacketConn.
func (l *Link) SetWriteDeadline(time.Time) error { return nil }

type buffer struct{ b []byte }

var buffers = sync.Pool{New: func() any { return &buffer{b: make([]byte, 0, 2048)} }}

// appendChannelData wraps a packet: RFC 8656 section 12.4. On a stream it is padded to four bytes.
func appendChannelData(b []byte, number uint16, packet []byte, padded bool) []byte {
	b = binary.BigEndian.AppendUint16(b, number)
	b = binary.BigEndian.AppendUint16(b, uint16(len(packet)))
	b = append(b, packet...)
	for padded && len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}
