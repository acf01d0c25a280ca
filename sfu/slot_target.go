package sfu

import (
	"slices"
	"time"

	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/layer"
	"github.com/digierapro/parley/sfu/transport"
)

// downGrace is how long a stream has to let a receiver down to a lower spatial layer without a key frame.
const downGrace = 150 * time.Millisecond

// noLimit is a limit that no tier or temporal layer reaches.
const noLimit = 127

// setTarget bounds what the slot forwards of its publication: the tier, and the temporal layer; below 0 nothing. The view
// may ask for less. It lasts until the next setTarget.
func (s *Slot) setTarget(tier, temporal int, now time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.most == (limit{tier, temporal}) {
		return
	}
	s.most = limit{tier, temporal}
	if s.pub != nil && s.most.paused() {
		s.dropLocked()
	}
	s.retargetLocked(now)
}

// limit is the most that a slot forwards.
type limit struct{ tier, temporal int }

func (l limit) paused() bool { return l.tier < 0 || l.temporal < 0 }

func (s *Slot) retargetLocked(now time.Duration) {
	if s.pub == nil || s.format == nil || s.pub.muted.Load() || !s.peer.connected.Load() {
		return
	}
	shunned := s.wait.shunnedAt(now)
	s.resizeLocked(now)
	most := max(s.mostTierLocked(), 0)
	ideal, best, live := s.pub.choose(s.view, most, shunned)
	s.pub.aim(ideal).layer.need(now)
	if s.most.paused() {
		return
	}
	s.aimed = best
	a := s.pub.aim(best)
	target := a.layer
	if wished := s.pub.aim(min(ideal, most)).layer; live && target == s.now && shunned == 0 {
		target = wished // if it is silent it may come back, and begins with a key frame then
	}
	s.selector.Target = layer.Target{Spatial: a.spatial, Temporal: uint8(min(s.most.temporal, int(layer.All.Temporal)))}
	s.targetLocked(target)
	if s.retreatingLocked() {
		s.selector.Target.Temporal = 0
	}
	s.superviseLocked(now)
	if live && s.Kind == transport.Video && !s.foreign && (s.want == a.layer && s.want != s.now || s.lacksKeyLocked(now)) {
		s.want.askKey(now)
	}
}

// resizeLocked follows the client to the size that it shows now. Another layer takes a key frame, which all others get at the
// cost of what they see: so a client that goes to and fro has resizesAtOnce of them, and then one each resizeEvery.
func (s *Slot) resizeLocked(now time.Duration) {
	if s.view == s.wished {
		return
	}
	before, _, _ := s.pub.choose(s.view, noLimit, 0)
	after, _, _ := s.pub.choose(s.wished, noLimit, 0)
	if before == after || s.resizes.take(now, resizeEvery, resizesAtOnce) {
		s.view = s.wished
	}
}

const (
	resizeEvery   = 2 * time.Second
	resizesAtOnce = 10
)

// mostTierLocked is the largest tier that the slot may forward. In AV1 only dependency descriptors tell a receiver one
// spatial layer from the next; one that does not take them can decode no more than the lowest.
func (s *Slot) mostTierLocked() int {
	codecs := s.pub.format.Load().codecs
	if !s.descriptors && s.pub.scalable() && len(codecs) > 0 && codecs[0].name == codec.AV1 {
		return min(s.most.tier, 0)
	}
	return s.most.tier
}

// retreatingLocked tells whether there is no longer room for the layer that is forwarded, and a lower one is awaited.
// Until its key frame comes the slot goes on with as little as it can, so that sound gets through: the fewest frames, and
// none again.
func (s *Slot) retreatingLocked() bool {
	if s.now == nil || s.want == nil || s.want == s.now || s.now.pub != s.pub || s.pub.scalable() {
		return false
	}
	return slices.Index(s.pub.layers, s.now) > max(s.most.tier, slices.Index(s.pub.layers, s.want))
}

// climbingLocked tells whether another spatial layer of the stream is awaited.
func (s *Slot) climbingLocked() (up, down bool) {
	if s.now == nil || s.now != s.want || !s.pub.scalable() {
		return false, false
	}
	present, ok := s.selector.Present()
	return ok && present.Spatial < s.selector.Target.Spatial, ok && present.Spatial > s.selector.Target.Spatial
}

// lacksKeyLocked tells whether the spatial layer that is awaited takes a key frame: that of going up always, that of
// going down where the layers depend on each other in key pictures only, which shows when it does not come by itself.
func (s *Slot) lacksKeyLocked(now time.Duration) bool {
	up, down := s.climbingLocked()
	return up || down && now-s.wait.since >= downGrace
}

// targetLocked sets the layer to wait for.
func (s *Slot) targetLocked(target *Layer) {
	if target == s.want {
		return
	}
	if s.want != nil && s.want != s.now && !s.wait.anything {
		s.want.unsubscribe(s)
		s.want.wantKey.Store(0) // who else waits for it will ask again
	}
	if s.now != nil {
		s.wait.since = 0
	}
	s.want = target
	if target != s.now {
		target.subscribe(s)
	}
}

// settleLocked takes the slot off all layers of its publication but one; nil: off all.
func (s *Slot) settleLocked(on *Layer) {
	for _, l := range []*Layer{s.now, s.want} {
		if l != nil && l != on {
			l.unsubscribe(s)
		}
	}
	if s.wait.anything {
		for _, l := range s.pub.layers {
			if l != on {
				l.unsubscribe(s)
			}
		}
	}
	s.now, s.want = on, on
	s.held = held{}
	s.wait.since, s.wait.anything = 0, false
}

// dropLocked stops forwarding.
func (s *Slot) dropLocked() {
	s.settleLocked(nil)
	s.wait = wait{}
}
