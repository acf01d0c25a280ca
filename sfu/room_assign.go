package sfu

import (
	"slices"

	"github.com/digierapro/parley/sfu/transport"
)

// Publications come and go one by one, and each concerns only the peers that carry it, that have a slot free for it, or
// whose views name it: a join or a leave costs by those, not by how many there are in the room.

// arriveLocked gives a publication to those who want it and have room, or want it more than what they have.
func (r *Room) arriveLocked(pub *Publication) {
	last := r.catalog.add(pub)
	key := pub.key()
	for p := range r.catalog.watchers[key] {
		if p != pub.peer {
			r.offerLocked(p, pub)
		}
	}
	if last {
		for p := range r.catalog.open[pub.Kind] {
			if p != pub.peer {
				r.offerLocked(p, pub)
			}
		}
		return
	}
	for _, p := range r.peers {
		if p != pub.peer && (pub.Kind == transport.Audio || p.sizes == nil) {
			r.reassignLocked(p)
		}
	}
}

// offerLocked puts a publication that a peer wants into a free slot; where there is none somebody must give way.
func (r *Room) offerLocked(p *Peer, pub *Publication) {
	l := &p.lineup
	if !l.free(pub.Kind) {
		r.reassignLocked(p)
		return
	}
	own, other := l.audio, l.video
	if pub.Kind == transport.Video {
		own, other = other, own
	}
	if i := own.best(l.carries, other, pub.key()); i >= 0 {
		r.carryLocked(p, i, pub)
	}
	r.settleLocked(p)
}

// departLocked takes a publication out of the slots that carry it, and lets those that waited have them.
func (r *Room) departLocked(pub *Publication) {
	r.catalog.remove(pub)
	for s := range pub.carriers {
		p := s.peer
		r.carryLocked(p, slices.Index(p.lineup.slots, s), nil)
		if p.lineup.filled[pub.Kind] == r.catalog.others(p, pub.Kind) {
			r.settleLocked(p) // nobody is waiting
		} else {
			r.reassignLocked(p)
		}
	}
}

// replaceLocked gives the slots of a publication to another one of the same source.
func (r *Room) replaceLocked(old, pub *Publication) {
	r.catalog.replace(old, pub)
	for s := range old.carriers {
		r.carryLocked(s.peer, slices.Index(s.peer.lineup.slots, s), pub)
	}
}

// reassignLocked chooses anew for all slots of a peer.
func (r *Room) reassignLocked(p *Peer) {
	l := &p.lineup
	n := len(l.slots)
	wanted := assign(l.kinds, l.carries, p.wantedAudioLocked(&r.catalog, n), p.wantedVideoLocked(&r.catalog, n))
	for i, key := range wanted {
		r.carryLocked(p, i, r.catalog.byKey[key])
	}
	r.settleLocked(p)
}

// carryLocked gives a peer's slot i a publication, nil for none, at the size of the peer's view of it.
func (r *Room) carryLocked(p *Peer, i int, pub *Publication) {
	l := &p.lineup
	s := l.slots[i]
	r.server.counters.assignments.Add(1)
	if old := l.pubs[i]; old != pub {
		if old != nil {
			delete(old.carriers, s)
		}
		if pub != nil {
			pub.carriers[s] = struct{}{}
		}
		l.set(i, pub)
	}
	s.assign(pub, p.viewLocked(l.carries[i]), r.server.now())
}

// settleLocked notes, when a peer's slots have got what they carry, what it has room for, and that its observer is to be
// told.
func (r *Room) settleLocked(p *Peer) {
	for _, kind := range []transport.Kind{transport.Audio, transport.Video} {
		r.catalog.setOpen(p, kind, p.takesLocked(kind))
	}
	if p.lineup.changed {
		r.untold = append(r.untold, p)
	}
}

// tellLocked tells, at the end of a change, the observers of those whose slots it has changed, each once.
func (r *Room) tellLocked() {
	for i, p := range r.untold {
		if r.untold[i] = nil; p.lineup.changed && !p.closed {
			p.lineup.changed = false
			p.mail.postSlots(slices.Clone(p.lineup.states))
		}
	}
	r.untold = r.untold[:0]
}
