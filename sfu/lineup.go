package sfu

import (
	"slices"

	"github.com/digierapro/parley/sfu/layer"
	"github.com/digierapro/parley/sfu/transport"
)

// lineup is what a peer's slots carry. Guarded by Room.mu.
type lineup struct {
	slots   []*Slot // in the order of sections
	kinds   []transport.Kind
	audio   row // places of the slots of each kind
	video   row
	carries []trackKey     // zero: empty
	pubs    []*Publication // nil: empty
	states  []SlotState    // what the observer is told
	changed bool           // and has not been told yet

	filled, size map[transport.Kind]int
	microphones  int // carried
}

// viewed is what a view asks for, by its publication.
type viewed = layer.View

// with is a lineup of other slots in which those that go on carry what they did.
func (l *lineup) with(slots []*Slot) lineup {
	next := lineup{
		slots: slots, kinds: make([]transport.Kind, len(slots)), carries: make([]trackKey, len(slots)),
		pubs: make([]*Publication, len(slots)), states: make([]SlotState, len(slots)), changed: true,
		filled: make(map[transport.Kind]int, 2), size: make(map[transport.Kind]int, 2),
	}
	for i, s := range slots {
		next.kinds[i] = s.Kind
	}
	next.audio, next.video = rows(next.kinds)
	before := make(map[*Slot]int, len(l.slots))
	for i, s := range l.slots {
		before[s] = i
	}
	for i, s := range slots {
		next.size[s.Kind]++
		next.states[i] = SlotState{Mid: s.Mid, Kind: s.Kind}
		if at, ok := before[s]; ok && l.pubs[at] != nil {
			next.set(i, l.pubs[at])
		}
	}
	next.changed = len(slots) > 0 && !slices.Equal(next.states, l.states) || l.changed
	return next
}

// set notes what slot i carries now; nil for nothing.
func (l *lineup) set(i int, pub *Publication) {
	l.count(l.pubs[i], -1)
	l.count(pub, 1)
	l.pubs[i], l.carries[i] = pub, trackKey{}
	if pub != nil {
		l.carries[i] = pub.key()
	}
	if st := &l.states[i]; st.PeerID != l.carries[i].peer || st.Source != l.carries[i].source {
		st.PeerID, st.Source, l.changed = l.carries[i].peer, l.carries[i].source, true
	}
}

func (l *lineup) count(pub *Publication, n int) {
	if pub == nil {
		return
	}
	l.filled[pub.Kind] += n
	if pub.Source == Microphone {
		l.microphones += n
	}
}

// free tells whether a slot of the kind is empty.
func (l *lineup) free(kind transport.Kind) bool { return l.filled[kind] < l.size[kind] }

// takesLocked tells whether the peer has a slot for another publication of the kind, whatever it is.
func (p *Peer) takesLocked(kind transport.Kind) bool {
	l, cfg := &p.lineup, &p.server.cfg
	if !l.free(kind) {
		return false
	}
	if kind == transport.Audio {
		return l.filled[kind] < cfg.MaxAudioSlots && l.microphones < cfg.Talkers
	}
	return p.sizes == nil
}

// viewLocked is the size at which the peer shows a publication.
func (p *Peer) viewLocked(key trackKey) layer.View {
	if view, named := p.sizes[key]; named {
		return view
	}
	return layer.Full
}

// wantedVideoLocked lists others' video, at most n: what the views name, in their order, or without views whatever there
// is.
func (p *Peer) wantedVideoLocked(c *catalog, n int) (keys []trackKey) {
	if p.sizes == nil {
		for _, pub := range c.video {
			if len(keys) == n {
				break
			}
			if pub.peer != p {
				keys = append(keys, pub.key())
			}
		}
		return keys
	}
	for _, v := range p.views {
		if len(keys) == n {
			break
		}
		if pub := c.byKey[v.key()]; pub != nil && pub.peer != p {
			keys = append(keys, v.key())
		}
	}
	return keys
}

// wantedAudioLocked lists others' sound, at most n: of microphones as many as talkers are heard.
func (p *Peer) wantedAudioLocked(c *catalog, n int) (keys []trackKey) {
	n = min(n, p.server.cfg.MaxAudioSlots)
	microphones := 0
	for _, pub := range c.audio {
		if len(keys) == n {
			break
		}
		if pub.peer == p {
			continue
		}
		if pub.Source == Microphone {
			if microphones == p.server.cfg.Talkers {
				break // they come last
			}
			microphones++
		}
		keys = append(keys, pub.key())
	}
	return keys
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
	rank := func(s Source) int {
		if s == Screen {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(views, func(a, b View) int { return rank(a.Source) - rank(b.Source) })
	return views
}
