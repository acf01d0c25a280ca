package sfu

import (
	"hash/fnv"
	"slices"
	"sync"

	"github.com/digierapro/parley/sfu/layer"
	"github.com/digierapro/parley/sfu/transport"
)

// Room is the peers that may hear and see each other. Its methods are safe for concurrent use.
type Room struct {
	// static
	id     string
	server *Server

	// guarded by mu
	mu     sync.Mutex
	closed bool
	peers  []*Peer // in order of joining
}

func newRoom(s *Server, id string) *Room { return &Room{id: id, server: s} }

// Join adds a peer. The id is its participant's and must be unique in the room.
func (r *Room) Join(id string, ob Observer) (*Peer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return nil, ErrRoomClosed
	case len(r.peers) >= r.server.cfg.MaxPeers:
		return nil, ErrRoomFull.With("limit", r.server.cfg.MaxPeers)
	case slices.ContainsFunc(r.peers, func(p *Peer) bool { return p.id == id }):
		return nil, ErrAlreadyJoined
	}
	p := newPeer(r, id, Seat(id), ob)
	c, err := r.server.newConn(p)
	if err != nil {
		return nil, err
	}
	p.conn = c
	r.peers = append(r.peers, p)
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
	r.peers = slices.DeleteFunc(r.peers, func(q *Peer) bool { return q == p })
	for _, pub := range p.routing.Load().pubs {
		pub.close()
	}
	for _, s := range p.slots.Load().list {
		s.close()
	}
	r.assignAllLocked()
	r.mu.Unlock()
	p.mail.close()
	p.conn.Close() // tells the state, so not under the lock
	r.server.log.Debug("peer left", "room", r.id, "peer", p.id)
}

func (r *Room) peerList() []*Peer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.peers)
}

func (r *Room) setViews(p *Peer, views []View) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.closed {
		return ErrPeerClosed
	}
	p.views, p.hasViews = screensFirst(largestOfEach(views)), true
	r.assignLocked(p, r.publicationsLocked())
	return nil
}

// largestOfEach merges views of one publication into the largest, at the place of the first.
func largestOfEach(views []View) []View {
	merged := make([]View, 0, len(views))
	at := make(map[trackKey]int, len(views))
	for _, v := range views {
		i, seen := at[v.key()]
		if !seen {
			at[v.key()] = len(merged)
			merged = append(merged, v)
			continue
		}
		merged[i].Width, merged[i].Height = max(merged[i].Width, v.Width), max(merged[i].Height, v.Height)
	}
	return merged
}

// screensFirst keeps the order otherwise.
func screensFirst(views []View) []View {
	slices.SortStableFunc(views, func(a, b View) int { return screenRank(a.Source) - screenRank(b.Source) })
	return views
}

func screenRank(s Source) int {
	if s == Screen {
		return 0
	}
	return 1
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
	for _, p := range r.peers {
		for _, s := range p.slots.Load().list {
			s.restart(pub, now)
		}
	}
}

// publicationsLocked lists what is published, in order of joining.
func (r *Room) publicationsLocked() []*Publication {
	var pubs []*Publication
	for _, p := range r.peers {
		pubs = append(pubs, p.routing.Load().pubs...)
	}
	return pubs
}

func (r *Room) assignAllLocked() {
	pubs := r.publicationsLocked()
	for _, p := range r.peers {
		r.assignLocked(p, pubs)
	}
}

// assignLocked puts publications into one peer's slots and tells its observer when that changed anything.
func (r *Room) assignLocked(p *Peer, pubs []*Publication) {
	slots := p.slots.Load().list
	byKey := make(map[trackKey]*Publication, len(pubs))
	for _, pub := range pubs {
		if pub.peer != p {
			byKey[pub.key()] = pub
		}
	}
	video, sizes := p.wantedVideo(pubs, byKey)
	kinds, present := make([]transport.Kind, len(slots)), make([]trackKey, len(slots))
	for i, s := range slots {
		kinds[i], present[i] = s.Kind, s.key()
	}
	wanted := assign(kinds, present, p.wantedAudio(pubs), video)
	now := r.server.now()
	states := make([]SlotState, len(slots))
	for i, s := range slots {
		pub := byKey[wanted[i]]
		view, has := sizes[wanted[i]]
		if !has {
			view = layer.Full
		}
		s.assign(pub, view, now)
		states[i] = SlotState{Mid: s.Mid, Kind: s.Kind, PeerID: wanted[i].peer, Source: wanted[i].source}
	}
	if !slices.Equal(states, p.told) {
		p.told = states
		p.mail.postSlots(slices.Clone(states))
	}
}

// wantedAudio lists others' audio in order of joining, as many as may be carried.
func (p *Peer) wantedAudio(pubs []*Publication) (keys []trackKey) {
	for _, pub := range pubs {
		if pub.peer != p && pub.Kind == transport.Audio && len(keys) < p.server.cfg.MaxAudioSlots {
			keys = append(keys, pub.key())
		}
	}
	return keys
}

// wantedVideo lists others' video: what the views name, in their order, or without views everything, screens first.
func (p *Peer) wantedVideo(pubs []*Publication, byKey map[trackKey]*Publication) (keys []trackKey, sizes map[trackKey]layer.View) {
	if p.hasViews {
		sizes = make(map[trackKey]layer.View, len(p.views))
		for _, v := range p.views {
			if byKey[v.key()] != nil {
				keys = append(keys, v.key())
				sizes[v.key()] = v.size()
			}
		}
		return keys, sizes
	}
	for _, pub := range pubs {
		if pub.peer != p && pub.Kind == transport.Video {
			keys = append(keys, pub.key())
		}
	}
	slices.SortStableFunc(keys, func(a, b trackKey) int { return screenRank(a.source) - screenRank(b.source) })
	return keys, nil
}
