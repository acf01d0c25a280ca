package transport

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// MaxPayload is the most that Head and Body of a Packet may have together.
const MaxPayload = 1400

const sealedBuffer = 1600 // header, extensions, MaxPayload and tag

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
	keys    *srtp.Context // nil until the handshake is done
	streams map[uint32]*outStream
	next    uint16 // transport-wide sequence number
	rtp     rtp.Header
	rtcp    rtcp.Header
	buf     [sealedBuffer]byte
	sender  sender
}

// outStream is one SSRC that we send.
type outStream struct {
	extensions Extensions
	sent       sentWindow
}

func (o *outbound) setKeys(k *srtp.Context) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keys = k
}

// setStreams makes streams the ones that can be sent, keeping what was sent on those that stay.
func (o *outbound) setStreams(streams map[uint32]Extensions) {
	o.mu.Lock()
	defer o.mu.Unlock()
	next := make(map[uint32]*outStream, len(streams))
	for ssrc, ext := range streams {
		s := o.streams[ssrc]
		if s == nil {
			s = &outStream{}
		}
		s.extensions = ext
		next[ssrc] = s
	}
	o.streams = next
}

// Send writes the header, seals the packet and gives it to the kernel, all before it returns and without allocating.
// Any goroutine may call it. The packet may be lost on the way like any datagram; an error says that it was not sent.
func (c *Conn) Send(p *Packet) error {
	r, err := c.sendRoute()
	if err != nil {
		return err
	}
	if len(p.Head)+len(p.Body) > MaxPayload || len(p.DependencyDescriptor) > maxDescriptor {
		return ErrTooLarge
	}
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.streams[p.SSRC]
	if s == nil {
		return ErrUnknownStream
	}
	if o.keys == nil {
		return ErrNotConnected
	}
	if !s.sent.mark(p.Sequence) {
		c.l.counters.drop(dropSequenceReused)
		return ErrSequenceReused
	}
	n := o.writeHeader(p, &s.extensions, time.Now())
	n += copy(o.buf[n:], p.Head)
	n += copy(o.buf[n:], p.Body)
	sealed, err := o.keys.EncryptRTP(o.buf[:0], o.buf[:n], &o.rtp)
	if err != nil {
		return fmt.Errorf("seal media packet: %w", err)
	}
	return c.writeLocked(r, sealed)
}

// SendRTCP seals and sends one compound RTCP packet. Any goroutine may call it.
func (c *Conn) SendRTCP(packet []byte) error {
	r, err := c.sendRoute()
	if err != nil {
		return err
	}
	if len(packet) > MaxPayload {
		return ErrTooLarge
	}
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.keys == nil {
		return ErrNotConnected
	}
	n := copy(o.buf[:], packet)
	sealed, err := o.keys.EncryptRTCP(o.buf[:0], o.buf[:n], &o.rtcp)
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
	if err := c.l.socket.send(&c.out.sender, r, data); err != nil {
		c.l.counters.sendErrors.Add(1)
		return fmt.Errorf("send: %w", err)
	}
	c.l.counters.packetsOut.Add(1)
	c.l.counters.bytesOut.Add(uint64(len(data)))
	return nil
}
