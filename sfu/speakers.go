package sfu

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/digierapro/parley/sfu/speaker"
	"github.com/digierapro/parley/sfu/transport"
)

const (
	// speakersInterval is the least time between two words about who speaks.
	speakersInterval = 250 * time.Millisecond
	// levelStep is by how much a level must change to be told again.
	levelStep = 0.2
	// levelHold bridges the ticks in which no packet fell, in ticks; after that a microphone that sends nothing is silent.
	levelHold = 4
	// rankInterval is how often places are reconsidered.
	rankInterval = 100 * time.Millisecond
	// levelUntold is how long after a packet without a level its microphone counts as one that does not tell.
	levelUntold = 3 * time.Second
)

// Speakers says who speaks in a room.
type Speakers struct {
	Dominant string // id of the peer; "" when nobody has spoken yet, or the one who did has left
	Active   []Speaker
}

// Speaker is one who speaks now.
type Speaker struct {
	PeerID string
	Level  float64 // 0 to 1
}

// hearing is what is heard of a microphone: the levels on the way from the read loop to the ticker, and back the
// loudness from which on packets are worth forwarding.
type hearing struct {
	levels atomic.Uint64 // of the packets since the last tick: their number << 32 | the sum of their loudness
	plain  atomic.Uint32 // packets since the last tick that told no level
	gate   atomic.Uint32 // packets that are less loud are left out; 0: none

	// owned by the ticker
	voice  speaker.Voice
	last   uint8 // loudness, for ticks without a packet
	held   int   // such ticks
	untold time.Duration
}

// pass takes in a packet and tells whether it is to be forwarded. Read loop only.
func (h *hearing) pass(in *inboundPacket) bool {
	if !in.hasAudioLevel {
		h.plain.Add(1)
		return true
	}
	loudness := speaker.Loudness(in.audioLevel)
	h.levels.Add(1<<32 | uint64(loudness))
	return uint32(loudness) >= h.gate.Load()
}

// frame gives the voice what came since the last tick.
func (h *hearing) frame(muted bool, now time.Duration) {
	taken := h.levels.Swap(0)
	if h.plain.Swap(0) > 0 {
		h.untold = now
	}
	if muted {
		h.voice.Silence()
		h.last = 0
		return
	}
	if n := taken >> 32; n > 0 {
		h.last, h.held = uint8(taken&(1<<32-1)/n), 0
	} else if h.held++; h.held > levelHold {
		h.last = 0
	}
	h.voice.Add(h.last)
}

func (h *hearing) claim(muted bool, now time.Duration) speaker.Claim {
	switch {
	case muted:
		return speaker.Muted
	case h.voice.Begun():
		return speaker.Speaking
	case h.untold != 0 && now-h.untold < levelUntold:
		return speaker.Unknown
	}
	return speaker.Silent
}

// ears is what the ticker keeps for a room: who speaks, above all.
type ears struct {
	detector speaker.Detector
	ranking  speaker.Ranking
	rankedAt time.Duration
	told     Speakers
	toldAt   time.Duration

	measureAt time.Duration // when quality is judged next

	// scratch of one tick, in order of joining
	mics   []*Publication
	voices []*speaker.Voice
	claims []speaker.Candidate
	active []Speaker
}

// listen follows the microphones of a room for one tick: who speaks, who deserves a slot, and whose silence need not be
// forwarded. Ticker only.
func (r *Room) listen(peers []*Peer, now time.Duration) {
	e := &r.ears
	e.mics, e.voices, e.claims = e.mics[:0], e.voices[:0], e.claims[:0]
	for _, p := range peers {
		pub := p.routing.Load().microphone()
		if pub == nil {
			continue
		}
		muted := pub.muted.Load()
		h := &pub.hearing
		h.frame(muted, now)
		e.mics, e.voices = append(e.mics, pub), append(e.voices, &h.voice)
		e.claims = append(e.claims, speaker.Candidate{ID: p.id, Claim: h.claim(muted, now), Level: h.voice.Level()})
	}
	e.detector.Decide(e.voices)
	r.gate(now)
	if now-e.rankedAt >= rankInterval {
		e.rankedAt = now
		if e.ranking.Update(e.claims) {
			r.rank(e.ranking.First(len(e.claims)))
		}
	}
	r.tellSpeakers(now)
}

// gate leaves out the silence of microphones in a room that has more of them than talkers are heard. A packet that is
// loud enough opens it by itself, so that no first syllable is lost.
func (r *Room) gate(now time.Duration) {
	crowded := len(r.ears.mics) > r.server.cfg.Talkers
	for i, pub := range r.ears.mics {
		h, gate := &pub.hearing, uint32(0)
		if crowded && h.voice.Quiet() && r.ears.claims[i].Claim != speaker.Unknown {
			gate = uint32(h.voice.Threshold())
		}
		if h.gate.Load() != gate {
			h.gate.Store(gate)
		}
	}
}

// rank puts the microphones in a new order and, where there are more of them than somebody has slots, gives the slots to
// the first ones.
func (r *Room) rank(order []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.catalog.talkers
	r.catalog.rank(order)
	changes := make(map[int]bool) // by how many are heard
	for _, p := range r.peers {
		n := p.microphonesLocked()
		if n >= len(order) {
			continue
		}
		concerned, known := changes[n]
		if !known {
			concerned = moved(before, order, n)
			changes[n] = concerned
		}
		if concerned {
			r.reassignLocked(p)
		}
	}
	r.tellLocked()
}

// moved tells whether others are among the first n now, or the first n+1, which one of them hears who is none of them.
func moved(before map[string]int, after []string, n int) bool {
	for place, id := range after[:min(n+1, len(after))] {
		old, was := before[id]
		if !was || old > n || (old < n) != (place < n) {
			return true
		}
	}
	return false
}

// microphonesLocked is how many microphones the peer can hear at one time.
func (p *Peer) microphonesLocked() int {
	return min(p.lineup.size[transport.Audio], p.server.cfg.MaxAudioSlots, p.server.cfg.Talkers)
}

// microphone is the peer's; nil when it publishes none.
func (t *routing) microphone() *Publication {
	for _, pub := range t.pubs {
		if pub.Source == Microphone {
			return pub
		}
	}
	return nil
}

// tellSpeakers tells the room's observer who speaks, when that has changed and the last word is not too fresh.
func (r *Room) tellSpeakers(now time.Duration) {
	e := &r.ears
	if now-e.toldAt < speakersInterval {
		return
	}
	s := e.speakers()
	if s.like(&e.told) {
		return
	}
	s.Active = slices.Clone(s.Active)
	e.told, e.toldAt = s, now
	r.mail.postSpeakers(s)
}

// speakers is who speaks now, in the ticker's scratch.
func (e *ears) speakers() (s Speakers) {
	s.Active = e.active[:0]
	for i, v := range e.voices {
		id := e.mics[i].peer.id
		if v == e.detector.Dominant() {
			s.Dominant = id
		}
		if v.Speaking() {
			s.Active = append(s.Active, Speaker{PeerID: id, Level: v.Level()})
		}
	}
	e.active = s.Active
	slices.SortStableFunc(s.Active, func(a, b Speaker) int { return cmp.Compare(b.Level, a.Level) })
	return s
}

// like tells whether what is said is the same, but for small changes of loudness.
func (s *Speakers) like(other *Speakers) bool {
	if s.Dominant != other.Dominant || len(s.Active) != len(other.Active) {
		return false
	}
	for _, a := range s.Active {
		i := slices.IndexFunc(other.Active, func(b Speaker) bool { return b.PeerID == a.PeerID })
		if i < 0 || max(a.Level-other.Active[i].Level, other.Active[i].Level-a.Level) >= levelStep {
			return false
		}
	}
	return true
}
