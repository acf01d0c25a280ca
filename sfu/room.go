package sfu

import (
	"hash/fnv"
	"slices"
	"sync"

	"github.com/digierapro/parley/sfu/transport"
)

// Room is the peers that may hear and see each other. Its methods are safe for concurrent use.
type Room struct {
	// static
	id     string
	server *Server
	mail   roomMail

	// owned by the ticker
	ears ears

	// guarded by mu
	mu      sync.Mutex
	closed  bool
	peers   []*Peer // in order of joining
	byID    map[string]*Peer
	joins   uint64
	catalog catalog
	untold  []*Peer // whose observers are to be told of their slots
}

func newRoom(s *Server, id string) *Room {
	return &Room{id: id, server: s, mail: roomMail{start: s.start}, byID: make(map[string]*Peer), catalog: newCatalog()}
}

// Join adds a peer. The id is its participant's and must be unique in the room.
func (r *Room) Join(id string, ob Observer) (*Peer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return nil, ErrRoomClosed
	case len(r.peers) >= r.server.cfg.MaxPeers:
		return nil, ErrRoomFull.With("limit", r.server.cfg.MaxPeers)
	case r.byID[id] != nil:
		return nil, ErrAlreadyJoined
	}
	p := newPeer(r, id, Seat(id), ob)
	c, err := r.server.newConn(p)
	if err != nil {
		return nil, err
	}
	p.conn = c
	r.joins++
	p.joined = r.joins
	r.peers, r.byID[id] = append(r.peers, p), p
	r.server.log.Debug("peer joined", "room", r.id, "peer", id)
	return p, nil
}

// Seat is the number that packets of a participant carry as their contributing source (CSRC): FNV-1a of its id.
func Seat(participantID string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(participantID))
	return h.Sum32()
}

// Close closes the peers and takes no more.
func (r *Room) Close() {
	r.mu.Lock()
	r.closed = true
	peers := slices.Clone(r.peers)
	r.mu.Unlock()
	for _, p := range peers {
		p.Close()
	}
	r.mail.close()
	r.server.forget(r)
}

// leave is Peer.Close.
func (r *Room) leave(p *Peer) {
	r.mu.Lock()
	if p.closed {
		r.mu.Unlock()
		return
	}
	p.closed = true
	r.removeLocked(p)
	r.mu.Unlock()
	p.mail.close()
	p.conn.Close() // tells the state, so not under the lock
	r.server.log.Debug("peer left", "room", r.id, "peer", p.id)
}

func (r *Room) removeLocked(p *Peer) {
	at := slices.Index(r.peers, p)
	r.peers = slices.Delete(r.peers, at, at+1)
	delete(r.byID, p.id)
	for i, s := range p.lineup.slots {
		if pub := p.lineup.pubs[i]; pub != nil {
			delete(pub.carriers, s)
		}
		s.close()
	}
	p.lineup = lineup{}
	r.catalog.watch(p, p.sizes, nil)
	r.catalog.setOpen(p, transport.Audio, false)
	r.catalog.setOpen(p, transport.Video, false)
	for _, pub := range p.routing.Load().pubs {
		pub.close()
		r.departLocked(pub)
	}
	r.tellLocked()
}

func (r *Room) peerList() []*Peer { return r.appendPeers(nil) }

func (r *Room) appendPeers(peers []*Peer) []*Peer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append(peers, r.peers...)
}

func (r *Room) setViews(p *Peer, views []View) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.closed {
		return ErrPeerClosed
	}
	p.views = screensFirst(largestOfEach(views))
	sizes := make(map[trackKey]viewed, len(p.views))
	for _, v := range p.views {
		sizes[v.key()] = v.size()
	}
	r.catalog.watch(p, p.sizes, sizes)
	p.sizes = sizes
	r.reassignLocked(p)
	r.tellLocked()
	return nil
}

func (r *Room) setMuted(p *Peer, source Source, muted bool) {
	if source.Kind() == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.closed || p.muted[source] == muted {
		return
	}
	p.muted[source] = muted
	for _, pub := range p.routing.Load().pubs {
		if pub.Source == source {
			pub.muted.Store(muted)
			r.restartSlotsLocked(pub)
		}
	}
}

// restartSlotsLocked makes the slots of a publication begin again, as after a change of source.
func (r *Room) restartSlotsLocked(pub *Publication) {
	now := r.server.now()
	for s := range pub.carriers {
		s.restart(pub, now)
	}
}
