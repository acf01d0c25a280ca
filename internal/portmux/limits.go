package portmux

import (
	"container/list"
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
)

// limits counts connections, and refuses or closes those that are too many.
type limits struct {
	maxConns, maxConnsEach         int
	maxUndecided, maxUndecidedEach int
	exempt                         []netip.Prefix

	mu        sync.Mutex
	closed    bool
	conns     int
	undecided list.List                // of *conn, the oldest first
	origins   map[netip.Prefix]*origin // those that have connections and are not exempt
}

// origin is whom connections are counted for: an IPv4 address, or the IPv6 network that one subscriber has. It is
// guarded by limits.mu.
type origin struct {
	prefix    netip.Prefix
	conns     int
	undecided list.List // of *conn, the oldest first
}

// place is what limits know of one connection; guarded by limits.mu.
type place struct {
	origin    *origin       // nil for an exempt one
	inAll     *list.Element // nil when it is decided
	inOrigin  *list.Element
	abort     context.CancelFunc // while it is undecided
	isEvicted bool
}

func newLimits(cfg Config) *limits {
	return &limits{
		maxConns: cfg.MaxConns, maxConnsEach: cfg.MaxConnsPerAddress,
		maxUndecided: cfg.MaxUndecided, maxUndecidedEach: cfg.MaxUndecidedPerAddress,
		exempt: cfg.Exempt, origins: make(map[netip.Prefix]*origin),
	}
}

// originOf is the address, or for IPv6 its network of 64 bits.
func originOf(remote net.Addr) netip.Prefix {
	tcp, ok := remote.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	addr := tcp.AddrPort().Addr().Unmap().WithZone("")
	if addr.Is6() {
		return netip.PrefixFrom(addr, 64).Masked()
	}
	return netip.PrefixFrom(addr, addr.BitLen())
}

func (l *limits) isExempt(from netip.Prefix) bool {
	return slices.ContainsFunc(l.exempt, func(p netip.Prefix) bool { return p.Contains(from.Addr()) && p.Bits() <= from.Bits() })
}

// admit counts a new connection as undecided, or says why not. What has to make place for it is closed by the caller,
// outside the lock.
func (l *limits) admit(c *conn, from netip.Prefix, abort context.CancelFunc) (evicted *conn, refused Reason, ok bool) {
	exempt := l.isExempt(from)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.conns >= l.maxConns {
		return nil, Limit, false
	}
	var o *origin
	if !exempt {
		if o = l.origins[from]; o == nil {
			o = &origin{prefix: from}
			l.origins[from] = o
		}
		if o.conns >= l.maxConnsEach {
			return nil, AddressLimit, false
		}
		o.conns++
	}
	l.conns++
	switch {
	case o != nil && o.undecided.Len() >= l.maxUndecidedEach:
		evicted = l.evict(o.undecided.Front())
	case l.undecided.Len() >= l.maxUndecided:
		evicted = l.evict(l.undecided.Front())
	}
	c.place = place{origin: o, abort: abort, inAll: l.undecided.PushBack(c)}
	if o != nil {
		c.place.inOrigin = o.undecided.PushBack(c)
	}
	return evicted, 0, true
}

// evict takes the connection's place among the undecided away. l.mu is held.
func (l *limits) evict(e *list.Element) *conn {
	c, ok := e.Value.(*conn)
	if !ok {
		return nil // nothing else is in these lists
	}
	if c.place.abort != nil {
		c.place.abort() // only marks a context as done, and wakes
	}
	l.unlist(c)
	c.place.isEvicted = true
	return c
}

func (l *limits) unlist(c *conn) {
	if c.place.inAll == nil {
		return
	}
	l.undecided.Remove(c.place.inAll)
	if c.place.inOrigin != nil {
		c.place.origin.undecided.Remove(c.place.inOrigin)
	}
	c.place.inAll, c.place.inOrigin, c.place.abort = nil, nil, nil
}

// decide takes the connection from the undecided ones. It reports false when it has been evicted.
func (l *limits) decide(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unlist(c)
	return !c.place.isEvicted
}

// release forgets a connection that is closed.
func (l *limits) release(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unlist(c)
	l.conns--
	o := c.place.origin
	if o == nil {
		return
	}
	if o.conns--; o.conns == 0 {
		delete(l.origins, o.prefix)
	}
}

// oldest evicts the oldest undecided connection, if there is one.
func (l *limits) oldest() *conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.undecided.Front(); e != nil {
		return l.evict(e)
	}
	return nil
}

// shut lets nobody in any more.
func (l *limits) shut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

// count is how many connections there are now, and how many of these are undecided.
func (l *limits) count() (conns, undecided int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conns, l.undecided.Len()
}
