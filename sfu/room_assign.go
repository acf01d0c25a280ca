package sfu

import (
	"slices"

	"github.com/digierapro/parley/sfu/layer"
	"github.com/digierapro/parley/sfu/transport"
)

// catalog is what is published in a room, sound in the order in which it deserves slots, video in order of joining.
type catalog struct {
	byKey map[trackKey]*Publication
	audio []*Publication
	video []*Publication // screens first
}

func (r *Room) catalogLocked() *catalog {
	c := &catalog{byKey: make(map[trackKey]*Publication)}
	for _, p := range r.peers {
		for _, pub := range p.routing.Load().pubs {
			c.byKey[pub.key()] = pub
			if pub.Kind == transport.Audio {
				c.audio = append(c.audio, pub)
			} else {
				c.video = append(c.video, pub)
			}
		}
	}
	r.rankAudioLocked(c.audio)
	slices.SortStableFunc(c.video, func(a, b *Publication) int { return screenRank(a.Source) - screenRank(b.Source) })
	return c
}

func (r *Room) assignAllLocked() {
	c := r.catalogLocked()
	for _, p := range r.peers {
		r.assignLocked(p, c)
	}
}

// assignLocked puts publications into one peer's slots and tells its observer when that changed anything.
func (r *Room) assignLocked(p *Peer, c *catalog) {
	slots := p.slots.Load().list
	kinds, present := make([]transport.Kind, len(slots)), make([]trackKey, len(slots))
	for i, s := range slots {
		kinds[i], present[i] = s.Kind, s.key()
	}
	video, sizes := p.wantedVideo(c, len(slots))
	wanted := assign(kinds, present, p.wantedAudio(c, len(slots)), video)
	now := r.server.now()
	states := make([]SlotState, len(slots))
	for i, s := range slots {
		view, has := sizes[wanted[i]]
		if !has {
			view = layer.Full
		}
		s.assign(c.byKey[wanted[i]], view, now)
		states[i] = SlotState{Mid: s.Mid, Kind: s.Kind, PeerID: wanted[i].peer, Source: wanted[i].source}
	}
	if !slices.Equal(states, p.told) {
		p.told = states
		p.mail.postSlots(slices.Clone(states))
	}
}

// firstOfOthers lists the first publications that are not the peer's own, at most n.
func firstOfOthers(pubs []*Publication, p *Peer, n int) (keys []trackKey) {
	for _, pub := range pubs {
		if len(keys) == n {
			break
		}
		if pub.peer != p {
			keys = append(keys, pub.key())
		}
	}
	return keys
}

// wantedVideo lists others' video, at most n: what the views name, in their order, or without views whatever there is.
func (p *Peer) wantedVideo(c *catalog, n int) (keys []trackKey, sizes map[trackKey]layer.View) {
	if !p.hasViews {
		return firstOfOthers(c.video, p, n), nil
	}
	sizes = make(map[trackKey]layer.View)
	for _, v := range p.views {
		if len(keys) == n {
			break
		}
		if pub := c.byKey[v.key()]; pub != nil && pub.peer != p {
			keys = append(keys, v.key())
			sizes[v.key()] = v.size()
		}
	}
	return keys, sizes
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
