package transport

import (
	"net/netip"
	"sync"
)

// addressTable finds the client behind a remote address or a link, for every packet that comes: so its lock is cut in many, and two
// workers seldom touch the same. It changes under the listener's mu.
type addressTable struct {
	shards [addressShards]addressShard
}

const addressShards = 64 // a power of two

type addressShard struct {
	mu    sync.RWMutex
	paths map[netip.AddrPort]*path
	links map[Link]*path
	_     [64]byte // shards do not share a cache line
}

func (t *addressTable) init() {
	for i := range t.shards {
		t.shards[i].paths = make(map[netip.AddrPort]*path)
		t.shards[i].links = make(map[Link]*path)
	}
}

// shard spreads by the port and the end of the address, which differ between clients.
func (t *addressTable) shard(a netip.AddrPort) *addressShard {
	b := a.Addr().As16()
	return &t.shards[(uint(a.Port())^uint(b[15])*7^uint(b[14])*13)%addressShards]
}

func (t *addressTable) find(a netip.AddrPort) *path {
	s := t.shard(a)
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.paths[a]
}

func (t *addressTable) findLink(link Link) *path {
	s := t.shard(link.Remote())
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.links[link]
}

func (t *addressTable) put(p *path) {
	s := t.shard(p.remote)
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.link != nil {
		s.links[p.link] = p
	} else {
		s.paths[p.remote] = p
	}
}

func (t *addressTable) remove(a netip.AddrPort) {
	s := t.shard(a)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.paths, a)
}

func (t *addressTable) removeLink(link Link) {
	s := t.shard(link.Remote())
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.links, link)
}
