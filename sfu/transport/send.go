package transport

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// MaxPayload is the most that Head and Body of a Packet may have together.
const MaxPayload = 1400

const sealedBuffer = 1800 // header of a channel, header, extensions with a descriptor, MaxPayload and tag

var (
	// ErrTooLarge is returned for a packet that does not fit a datagram.
	ErrTooLarge = errors.New("media packet is too large")
	// ErrUnknownStream is returned for a packet whose SSRC is of no slot.
	ErrUnknownStream = errors.New("media packet of no slot")
	// ErrSequenceReused is returned for a second packet with one SSRC and sequence number, and for one that is too old
	// to tell: sealing two packets with one nonce would give the keys away. Retransmit as RTX.
	ErrSequenceReused = errors.New("media packet reuses a sequence number")
)

// outbound is all that sending needs, guarded by mu.
type outbound struct {
	mu      sync.Mutex
	keys    *outboundKeys // nil until the handshake is done
	streams map[uint32]*outStream
	next    uint16 // transport-wide sequence number
	last    lastMessage
	buf     [sealedBuffer]byte
	sender  sender
	way     way
}

// outStream is one SSRC that we send.
type outStream struct {
	active     bool
	extensions Extensions
	sent       indexWindow
}

func (o *outbound) setKeys(k *outboundKeys) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keys = k
}

// settle waits until whoever sends now is done; who comes next sees that the client is closed.
func (o *outbound) settle() {
	o.mu.Lock()
	defer o.mu.Unlock()
}

// setStreams makes the active streams the ones that can be sent. What was sent on those of slots is remembered also
// while they are not active, since they may become active again.
func (o *outbound) setStreams(active map[uint32]Extensions, slots map[uint32]bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	next := make(map[uint32]*outStream, len(active))
	for ssrc, s := range o.streams {
		if slots[ssrc] {
			s.active = false
			next[ssrc] = s
		}
	}
	for ssrc, ext := range active {
		s := next[ssrc]
		if s == nil {
			s = &outStream{}
			next[ssrc] = s
		}
		s.active, s.extensions = true, ext
	}
	o.streams = next
}

// Send writes the header, seals the packet and gives it to the kernel, or to the packet's Batch, and does not allocate.
// Any goroutine may call it. The packet may be lost on the way like any datagram; an error says that it was not sent.
func (c *Conn) Send(p *Packet) error {
	if len(p.Head)+len(p.Body)+int(p.Padding) > MaxPayload || len(p.DependencyDescriptor) > maxDescriptor {
		return ErrTooLarge
	}
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	r, err := c.sendRoute()
	if err != nil {
		return err
	}
	s := o.streams[p.SSRC]
	if s == nil || !s.active {
		return ErrUnknownStream
	}
	if o.keys == nil {
		return ErrNotConnected
	}
	index, ok := s.sent.take(p.Sequence)
	if !ok {
		c.l.counters.drop(dropSequenceReused)
		return ErrSequenceReused
	}
	b := p.Batch
	if b == nil {
		now := time.Now()
		sealed, err := o.seal(o.buf[:], p, s, index, now)
		if err != nil {
			return err
		}
		o.way.sentLocked(p, o.next, s.extensions.TransportCC != 0, len(sealed), now)
		return c.writeLocked(r, sealed)
	}
	room := b.room()
	sealed, err := o.seal(room[r.head():], p, s, index, b.now)
	if err != nil {
		return err
	}
	o.way.sentLocked(p, o.next, s.extensions.TransportCC != 0, len(sealed), b.now)
	if r.link != nil {
		return c.l.sendLink(r, sealed)
	}
	if r.admits(len(sealed)) {
		b.add(&o.last, r, r.putHead(room, len(sealed)))
	}
	return nil
}

// seal writes and seals a packet in buf.
func (o *outbound) seal(buf []byte, p *Packet, s *outStream, index uint64, now time.Time) ([]byte, error) {
	header := o.writeHeader(buf, p, &s.extensions, now)
	n := header + copy(buf[header:], p.Head)
	n += copy(buf[n:], p.Body)
	n = writePadding(buf, p, n)
	sealed, err := o.keys.sealRTP(buf[:n], header, p.SSRC, index)
	if err != nil {
		return nil, fmt.Errorf("seal media packet: %w", err)
	}
	return sealed, nil
}

// SendRTCP seals and sends one compound RTCP packet. Any goroutine may call it.
func (c *Conn) SendRTCP(packet []byte) error {
	if len(packet) > MaxPayload {
		return ErrTooLarge
	}
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	r, err := c.sendRoute()
	if err != nil {
		return err
	}
	if o.keys == nil {
		return ErrNotConnected
	}
	n := copy(o.buf[:], packet)
	sealed, err := o.keys.sealRTCP(o.buf[:n])
	if err != nil {
		return fmt.Errorf("seal rtcp: %w", err)
	}
	return c.writeLocked(r, sealed)
}

func (c *Conn) sendRoute() (*route, error) {
	if c.State() >= Failed {
		return nil, ErrClosed
	}
	p := c.selected.Load()
	if p == nil {
		return nil, ErrNotConnected
	}
	return p.route.Load(), nil
}

// write sends what is sealed already, or needs no seal.
func (c *Conn) write(r *route, data []byte) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	_ = c.writeLocked(r, data)
}

func (c *Conn) writeLocked(r *route, data []byte) error {
	if r.link != nil {
		return c.l.sendLink(r, data)
	}
	if !r.admits(len(data)) {
		return nil // lost on the way
	}
	if head := r.head(); head > 0 { // data may stand in buf itself
		n := copy(c.out.buf[head:], data)
		data = c.out.buf[:r.putHead(c.out.buf[:], n)]
	}
	return c.l.count(len(data), c.l.socket().send(&c.out.sender, r, data))
}

// sendLink sends along a link at once, which is no system call.
func (l *Listener) sendLink(r *route, data []byte) error {
	return l.count(len(data), r.link.Send(data))
}

// count counts a datagram that was sent, or not.
func (l *Listener) count(size int, err error) error {
	if err != nil {
		l.counters.sendErrors.Add(1)
		return err // as it is: a client that reads slowly costs no allocations
	}
	l.counters.packetsOut.Add(1)
	l.counters.bytesOut.Add(uint64(size))
	return nil
}
