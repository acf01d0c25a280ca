package turn

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
)

// linkTable finds the allocation of a UDP client, for each packet: its lock is cut in many, as that of the media's own
// table of addresses.
type linkTable struct{ shards [64]linkShard }

type linkShard struct {
	mu    sync.RWMutex
	links map[netip.AddrPort]*Link // guarded by mu
	_     [64]byte                 // shards do not share a cache line
}

func (t *linkTable) init() {
	for i := range t.shards {
		t.shards[i].links = make(map[netip.AddrPort]*Link)
	}
}

func (t *linkTable) shard(a netip.AddrPort) *linkShard {
	b := a.Addr().As16()
	return &t.shards[(uint(a.Port())^uint(b[15])*7^uint(b[14])*13)%uint(len(t.shards))]
}

func (t *linkTable) find(a netip.AddrPort) *Link {
	s := t.shard(a)
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.links[a]
}

func (t *linkTable) put(link *Link) {
	s := t.shard(link.client)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.links[link.client] = link
}

func (t *linkTable) remove(link *Link) {
	s := t.shard(link.client)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.links[link.client] == link {
		delete(s.links, link.client)
	}
}

// ports gives each allocation a relayed address of its own. No socket has it; it is what the media knows the client by.
type ports struct {
	mu   sync.Mutex
	used map[netip.AddrPort]*Link // guarded by mu
}

// Virtual ports are below those that systems take for outgoing sockets, so that a client on this very machine, that
// reaches the media by the same address, is never taken for one.
const (
	firstPort = 1024
	lastPort  = 32767
)

var errNoPort = errors.New("no relayed address is free")

func (p *ports) init() { p.used = make(map[netip.AddrPort]*Link) }

// take finds a free port beside the media's address.
func (p *ports) take(link *Link, media netip.AddrPort) (netip.AddrPort, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	const n = lastPort - firstPort + 1
	start := rand.IntN(n)
	for i := range n {
		port := uint16(firstPort + (start+i)%n)
		address := netip.AddrPortFrom(media.Addr(), port)
		if port != media.Port() && p.used[address] == nil {
			p.used[address] = link
			return address, nil
		}
	}
	return netip.AddrPort{}, errNoPort
}

// claim takes the address of a real socket.
func (p *ports) claim(link *Link, address netip.AddrPort) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used[address] != nil {
		return errNoPort
	}
	p.used[address] = link
	return nil
}

func (p *ports) release(address netip.AddrPort) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.used, address)
}

// links are all that live.
func (p *ports) links() []*Link {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]*Link, 0, len(p.used))
	for _, link := range p.used {
		list = append(list, link)
	}
	return list
}

func (p *ports) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.used)
}

// mediaPeer is the one media address of a family that an allocation reaches: the first that the media tells its clients.
// One is enough, since all lead to the same place, and with one an answer always comes from where the question went.
func (s *Server) mediaPeer(v6 bool) (netip.AddrPort, bool) {
	addresses := s.media.MediaAddresses()
	i := slices.IndexFunc(addresses, func(a netip.AddrPort) bool { return a.Addr().Unmap().Is6() == v6 })
	if i < 0 {
		return netip.AddrPort{}, false
	}
	return unmap(addresses[i]), true
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
