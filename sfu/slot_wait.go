package sfu

import (
	"time"

	"github.com/digierapro/parley/sfu/transport"
)

const (
	// switchLimit is how long a slot waits for the layer it wants, while packets of that layer come, before it is content
	// with another one.
	switchLimit = 2 * time.Second
	// shunTime is how long a layer that kept a slot waiting is left alone.
	shunTime = 5 * time.Second
)

// wait is a slot's waiting for a key frame. Guarded by its slot's mu.
type wait struct {
	since    time.Duration // 0 while nothing is awaited that could come
	anything bool          // any layer of the publication will do

	shunned uint8 // tiers that kept the slot waiting in vain, a bit each
	until   time.Duration
}

// shunnedAt are the tiers that the slot does not wait for at a time.
func (w *wait) shunnedAt(now time.Duration) uint8 {
	if now >= w.until {
		w.shunned = 0
	}
	return w.shunned
}

// superviseLocked sees to it that a switch comes to an end. A slot that waits in vain for a better layer stays with what
// it has; one that shows nothing takes whatever layer it can begin with first, also with a key frame that is older than
// it would accept otherwise.
func (s *Slot) superviseLocked(now time.Duration) {
	up, down := s.climbingLocked()
	climbing := up || down
	if s.Kind != transport.Video || s.foreign || s.want == s.now && !climbing {
		s.wait.since = 0
		return
	}
	newest := s.pub.lastSeen()
	if newest == 0 || now-newest > silence || s.now != nil && !s.want.liveAt(newest) {
		s.wait.since = now // nothing comes that could be shown, or what is awaited is silent: that is not our delay
		return
	}
	if s.wait.since == 0 {
		s.wait.since = now
	}
	if now-s.wait.since < switchLimit || s.wait.anything {
		return
	}
	s.peer.server.counters.forced.Add(1)
	if s.now != nil && s.now.liveAt(newest) {
		s.wait.shunned |= 1 << s.aimed
		s.wait.until, s.wait.since = now+shunTime, 0
		s.targetLocked(s.now)
		if present, ok := s.selector.Present(); climbing && ok {
			s.selector.Target.Spatial = present.Spatial
		}
		return
	}
	s.wait.anything = true
	for _, l := range s.pub.layers {
		l.subscribe(s)
		if l.liveAt(newest) {
			l.askKey(now)
		}
	}
}
