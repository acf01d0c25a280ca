package sfu

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/sfu/transport"
)

// Track says what a section that the client sends carries.
type Track struct {
	Mid    string
	Source Source
}

const maxTracks = 200

// Offer takes the client's offer, its first or a later one, and returns the answer. Sections that send become
// publications, those that receive become slots; a section that a later offer turns off ends what it was. A sending
// section that tracks do not name is what it was before, else the microphone or the camera by its kind.
func (p *Peer) Offer(ctx context.Context, sdp string, tracks []Track) (answer string, err error) {
	sources, err := sourcesOf(tracks)
	if err != nil {
		return "", err
	}
	p.offerMu.Lock()
	defer p.offerMu.Unlock()
	if err := ctx.Err(); err != nil {
		return "", err
	}
	answer, sections, err := p.conn.Answer(sdp)
	if err != nil {
		return "", fmt.Errorf("answer the offer of %s: %w", p.id, err)
	}
	if err := p.room.negotiated(p, sections, sources); err != nil {
		return "", err
	}
	return answer, nil
}

// sourcesOf checks the tracks by themselves and indexes them by mid.
func sourcesOf(tracks []Track) (map[string]Source, error) {
	if len(tracks) > maxTracks {
		return nil, fault.Newf(fault.TooLarge, "too_many_tracks", "At most %d tracks can be offered.", maxTracks)
	}
	byMid := make(map[string]Source, len(tracks))
	seen := make(map[Source]bool, len(tracks))
	for _, t := range tracks {
		switch _, again := byMid[t.Mid]; {
		case t.Source.Kind() == 0:
			return nil, fault.New(fault.Invalid, "invalid_track", "A track's source is microphone, camera, screen or screen-audio.").With("mid", t.Mid)
		case again || seen[t.Source]:
			return nil, fault.New(fault.Invalid, "invalid_track", "Each section and each source can be named once.").With("mid", t.Mid)
		}
		byMid[t.Mid], seen[t.Source] = t.Source, true
	}
	return byMid, nil
}

// negotiated brings publications and slots in line with the sections agreed on.
func (r *Room) negotiated(p *Peer, sections []transport.Section, sources map[string]Source) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.closed {
		return ErrPeerClosed
	}
	before := p.routing.Load().pubs
	pubs, err := p.publish(sections, sources)
	if err != nil {
		return err
	}
	p.routing.Store(newRouting(pubs, sections))
	r.republishLocked(before, pubs)
	r.reslotLocked(p, sections)
	r.tellLocked()
	return nil
}

// republishLocked tells the room what an offer has changed of what its peer publishes.
func (r *Room) republishLocked(before, after []*Publication) {
	sources := make(map[Source]*Publication, len(before))
	for _, pub := range before {
		sources[pub.Source] = pub
	}
	var arrived []*Publication
	for _, pub := range after {
		old := sources[pub.Source]
		delete(sources, pub.Source)
		switch {
		case old == nil:
			arrived = append(arrived, pub)
		case old != pub:
			r.replaceLocked(old, pub)
		}
	}
	for _, pub := range sources {
		r.departLocked(pub)
	}
	// Video first, so that each finds its partner's place.
	slices.SortStableFunc(arrived, func(a, b *Publication) int { return int(b.Kind) - int(a.Kind) })
	for _, pub := range arrived {
		r.arriveLocked(pub)
	}
}

// reslotLocked brings a peer's slots in line with its sections, and fills those that are new.
func (r *Room) reslotLocked(p *Peer, sections []transport.Section) {
	p.openSlots(sections)
	slots := p.slots.Load().list
	for i, s := range p.lineup.slots {
		if pub := p.lineup.pubs[i]; pub != nil && !slices.Contains(slots, s) {
			delete(pub.carriers, s)
		}
	}
	p.lineup = p.lineup.with(slots)
	r.reassignLocked(p)
}

// publish makes the list of publications of an offer, keeping those that go on and closing those that do not.
func (p *Peer) publish(sections []transport.Section, sources map[string]Source) ([]*Publication, error) {
	old := p.routing.Load().pubs
	var pubs []*Publication
	taken := make(map[Source]bool)
	for i := range sections {
		sec := &sections[i]
		if sec.Direction != transport.FromClient || len(sec.Codecs) == 0 {
			continue
		}
		source, err := sourceOf(sec, sources, old, taken)
		if err != nil {
			return nil, err
		}
		taken[source] = true
		at := slices.IndexFunc(old, func(pub *Publication) bool { return pub.sameShape(source, sec) })
		if at >= 0 {
			old[at].format.Store(newFormat(sec))
			pubs = append(pubs, old[at])
			continue
		}
		pub := newPublication(p, source, sec)
		pub.muted.Store(p.muted[source])
		pubs = append(pubs, pub)
	}
	for _, pub := range old {
		if !slices.Contains(pubs, pub) {
			pub.close()
		}
	}
	return pubs, nil
}

// sourceOf is what a sending section carries.
func sourceOf(sec *transport.Section, sources map[string]Source, old []*Publication, taken map[Source]bool) (Source, error) {
	source, named := sources[sec.Mid]
	if !named {
		source = Microphone
		if sec.Kind == transport.Video {
			source = Camera
		}
		if i := slices.IndexFunc(old, func(pub *Publication) bool { return pub.mid == sec.Mid && pub.Kind == sec.Kind }); i >= 0 {
			source = old[i].Source
		}
	}
	switch {
	case source.Kind() != sec.Kind:
		return "", fault.New(fault.Invalid, "invalid_track", "The source is not of the section's kind.").With("mid", sec.Mid)
	case taken[source]:
		return "", fault.New(fault.Invalid, "invalid_track", "Two sections carry the same source; name them in tracks.").With("mid", sec.Mid)
	}
	return source, nil
}

// slotTable is a peer's slots; immutable.
type slotTable struct {
	list   []*Slot          // in the order of sections
	bySSRC map[uint32]*Slot // also those turned off: their numbering must go on if they are turned on again
}

// openSlots makes the slots of an offer, keeping those that go on and closing those that do not.
func (p *Peer) openSlots(sections []transport.Section) {
	old := p.slots.Load()
	next := &slotTable{bySSRC: maps.Clone(old.bySSRC)}
	if next.bySSRC == nil {
		next.bySSRC = make(map[uint32]*Slot)
	}
	for i := range sections {
		sec := &sections[i]
		if sec.Direction != transport.ToClient || len(sec.Codecs) == 0 {
			continue
		}
		s := next.bySSRC[sec.Slot.SSRC]
		if s == nil {
			s = newSlot(p, sec)
			next.bySSRC[sec.Slot.SSRC] = s
		}
		s.open(newFormat(sec))
		next.list = append(next.list, s)
	}
	for _, s := range old.list {
		if !slices.Contains(next.list, s) {
			s.close()
		}
	}
	p.slots.Store(next)
}
