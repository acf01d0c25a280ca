package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// ICE-TCP, RFC 6544: the client connects (it is the active side), and sends its connectivity checks, DTLS and media as
// frames of RFC 4571. A connection has its path like an address of the UDP socket has, once a check has come over it.

// tcpConns are the connections that ServeTCP carries.
type tcpConns struct {
	mu        sync.Mutex
	closed    bool
	all       map[*tcpLink]bool // true for those that have shown credentials
	strangers int
	perAddr   map[netip.Prefix]int // strangers
	ended     sync.WaitGroup
}

func (t *tcpConns) init() {
	t.all, t.perAddr = make(map[*tcpLink]bool), make(map[netip.Prefix]int)
}

var (
	errTCPRefused  = errors.New("ice-tcp: too many connections without credentials")
	errTCPUnproven = errors.New("ice-tcp: the first frame is no connectivity check of a client of ours")
)

// ServeTCP carries one connection of ICE-TCP until it ends, the client or ctx or Run has ended, and closes it. What the
// error tells is counted already.
func (l *Listener) ServeTCP(ctx context.Context, conn net.Conn) error {
	defer func() { _ = conn.Close() }()
	remote, err := remoteOf(conn)
	if err != nil {
		return err
	}
	link := newTCPLink(conn, remote, &l.cfg, &l.counters)
	if err := l.tcp.admit(link, &l.cfg.Limits); err != nil {
		l.counters.tcpRefused.Add(1)
		return err
	}
	defer l.tcp.leave(link)
	defer context.AfterFunc(ctx, func() { link.retire(0) })()

	defer l.Forget(link)
	frames := newFrameReader(conn)
	link.listen(time.Now().Add(l.cfg.Timeouts.TCPFirst))
	if err := l.proveTCP(link, frames); err != nil {
		l.counters.tcpUnproven.Add(1)
		return err
	}
	l.counters.tcpAccepted.Add(1)
	l.tcp.prove(link)
	return l.carryTCP(link, frames)
}

func remoteOf(conn net.Conn) (netip.AddrPort, error) {
	remote, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return remote, fmt.Errorf("ice-tcp: %w", err)
	}
	return netip.AddrPortFrom(remote.Addr().Unmap().WithZone(""), remote.Port()), nil
}

// proveTCP takes the first frame, which must validate the link. Its answer waits in the link's queue.
func (l *Listener) proveTCP(link *tcpLink, frames *frameReader) error {
	if err := frames.fill(); err != nil {
		return fmt.Errorf("%w: %w", errTCPUnproven, err)
	}
	packet, _, err := frames.next()
	if err != nil {
		return err
	}
	l.Receive(link, packet)
	if l.byAddr.findLink(link) == nil {
		return errTCPUnproven
	}
	return nil
}

// carryTCP carries the frames of a link while its writer runs.
func (l *Listener) carryTCP(link *tcpLink, frames *frameReader) error {
	if c, ok := link.conn.(interface{ SetWriteBuffer(int) error }); ok {
		_ = c.SetWriteBuffer(link.limit) // what waits in the kernel is late, too
	}
	var writer sync.WaitGroup
	var writeErr error
	writer.Go(func() {
		if writeErr = link.run(); writeErr != nil {
			_ = link.conn.Close() // the reader ends
		}
	})
	readErr := l.readTCP(link, frames)
	l.Forget(link)
	link.finish()
	writer.Wait()
	switch {
	case errors.Is(writeErr, os.ErrDeadlineExceeded):
		l.counters.tcpStalled.Add(1)
	case errors.Is(readErr, errFrame):
		l.counters.tcpMalformed.Add(1)
	}
	return errors.Join(readErr, writeErr)
}

// readTCP reads until the connection ends.
func (l *Listener) readTCP(link *tcpLink, frames *frameReader) error {
	var idleFrom time.Time
	for {
		if now := time.Now(); now.Sub(idleFrom) > l.cfg.Timeouts.TCPIdle/8 { // not for every packet
			idleFrom = now
			link.listen(now.Add(l.cfg.Timeouts.TCPIdle))
		}
		if err := frames.fill(); err != nil {
			return fmt.Errorf("read: %w", err)
		}
		if err := l.receiveFrames(link, frames); err != nil {
			return err
		}
	}
}

// receiveFrames carries all frames that one read has brought.
func (l *Listener) receiveFrames(link *tcpLink, frames *frameReader) error {
	w := l.lanes.take()
	if w == nil {
		return net.ErrClosed
	}
	defer l.lanes.put(w)
	for {
		packet, ok, err := frames.next()
		if !ok {
			return err
		}
		l.counters.packetsIn.Add(1)
		l.counters.bytesIn.Add(uint64(len(packet)))
		w.Receive(link, packet)
	}
}

// admit lets a connection in that has shown nothing yet.
func (t *tcpConns) admit(link *tcpLink, limits *Limits) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	home := homeOf(link.remote.Addr())
	switch {
	case t.closed:
		return net.ErrClosed
	case t.strangers >= limits.TCPStrangers || t.perAddr[home] >= limits.TCPPerAddress:
		return errTCPRefused
	}
	t.all[link] = false
	t.strangers++
	t.perAddr[home]++
	t.ended.Add(1)
	return nil
}

// prove takes a connection off the strangers.
func (t *tcpConns) prove(link *tcpLink) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all[link] = true
	t.lessStrangersLocked(link)
}

func (t *tcpConns) leave(link *tcpLink) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.all[link] {
		t.lessStrangersLocked(link)
	}
	delete(t.all, link)
	t.ended.Done()
}

func (t *tcpConns) lessStrangersLocked(link *tcpLink) {
	t.strangers--
	home := homeOf(link.remote.Addr())
	if t.perAddr[home]--; t.perAddr[home] == 0 {
		delete(t.perAddr, home)
	}
}

func (t *tcpConns) count() (strangers, links int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.strangers, len(t.all) - t.strangers
}

// close ends all connections after what is queued for them, and waits for that.
func (t *tcpConns) close() {
	t.mu.Lock()
	t.closed = true
	for link := range t.all {
		link.retire(0)
	}
	t.mu.Unlock()
	t.ended.Wait()
}

// homeOf is what one host can have of addresses: of IPv6 a whole network.
func homeOf(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the bits are its own
	return p
}
