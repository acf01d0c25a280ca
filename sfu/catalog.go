package sfu

import (
	"cmp"
	"slices"

	"github.com/digierapro/parley/sfu/transport"
)

// catalog is what is published in a room, and who would take more of it. It is kept up to date piece by piece, so that a
// join or a leave looks only at those whose slots it changes. Guarded by Room.mu.
type catalog struct {
	byKey map[trackKey]*Publication
	audio []*Publication // in the order in which they deserve slots: screens' sound, then microphones as ranked
	video []*Publication // screens first, else in order of joining

	talkers map[string]int // places of the peers' microphones, by who speaks

	watchers map[trackKey]map[*Peer]struct{} // whose views name it
	open     map[transport.Kind]map[*Peer]struct{}
}

func newCatalog() catalog {
	return catalog{
		byKey: make(map[trackKey]*Publication), watchers: make(map[trackKey]map[*Peer]struct{}),
		open: map[transport.Kind]map[*Peer]struct{}{transport.Audio: {}, transport.Video: {}},
	}
}

// add enters a publication. last tells that all others of its kind deserve slots more.
func (c *catalog) add(pub *Publication) (last bool) {
	c.byKey[pub.key()] = pub
	list := c.list(pub.Kind)
	at, _ := slices.BinarySearchFunc(*list, pub, c.compare)
	*list = slices.Insert(*list, at, pub)
	return at == len(*list)-1
}

func (c *catalog) remove(pub *Publication) {
	delete(c.byKey, pub.key())
	list := c.list(pub.Kind)
	if at := slices.Index(*list, pub); at >= 0 {
		*list = slices.Delete(*list, at, at+1)
	}
}

// replace puts a publication in the place of the one with the same key.
func (c *catalog) replace(old, pub *Publication) {
	c.byKey[pub.key()] = pub
	list := *c.list(pub.Kind)
	list[slices.Index(list, old)] = pub
}

func (c *catalog) list(kind transport.Kind) *[]*Publication {
	if kind == transport.Audio {
		return &c.audio
	}
	return &c.video
}

// rank puts microphones in a new order.
func (c *catalog) rank(order []string) {
	c.talkers = make(map[string]int, len(order))
	for i, id := range order {
		c.talkers[id] = i
	}
	slices.SortFunc(c.audio, c.compare)
}

// compare orders publications of one kind. Each peer has at most one of a source, so no two are equal.
func (c *catalog) compare(a, b *Publication) int {
	return cmp.Or(cmp.Compare(c.place(a), c.place(b)), cmp.Compare(a.peer.joined, b.peer.joined))
}

func (c *catalog) place(pub *Publication) int {
	switch pub.Source {
	case Screen, ScreenAudio:
		return -1
	case Microphone:
		if i, ranked := c.talkers[pub.peer.id]; ranked {
			return i
		}
		return len(c.talkers) // not ranked yet
	}
	return 0
}

// watch notes what a peer's views name, in place of what they named before.
func (c *catalog) watch(p *Peer, before, after map[trackKey]viewed) {
	for key := range before {
		if _, still := after[key]; still {
			continue
		}
		if delete(c.watchers[key], p); len(c.watchers[key]) == 0 {
			delete(c.watchers, key)
		}
	}
	for key := range after {
		if c.watchers[key] == nil {
			c.watchers[key] = make(map[*Peer]struct{})
		}
		c.watchers[key][p] = struct{}{}
	}
}

// setOpen notes whether a peer would take whatever more of a kind there is.
func (c *catalog) setOpen(p *Peer, kind transport.Kind, open bool) {
	if open {
		c.open[kind][p] = struct{}{}
	} else {
		delete(c.open[kind], p)
	}
}

// others is how many publications of a kind are not the peer's own.
func (c *catalog) others(p *Peer, kind transport.Kind) int {
	n := len(*c.list(kind))
	for _, pub := range p.routing.Load().pubs {
		if pub.Kind == kind && c.byKey[pub.key()] == pub {
			n--
		}
	}
	return n
}
