package sfu

import (
	"time"

	"github.com/pion/rtcp"

	"github.com/digierapro/parley/sfu/transport"
)

const (
	// keyFrameRetry lies above the 300 ms in which Chromium drops a second request, and below what users notice.
	keyFrameRetry = 400 * time.Millisecond
	// keyFrameRetrySlow is for a publisher that does not answer, or sends nothing: a still screen may answer in its time,
	// a stopped camera never does.
	keyFrameRetrySlow = 2 * time.Second
	keyFrameRetries   = 8
	// keyFrameGrace is left to a fresh key frame in the ring to serve who waits.
	keyFrameGrace = 60 * time.Millisecond
	// keyFrameRest is how long after a key frame a receiver's wish for another one is not passed on: it is on its way.
	keyFrameRest = 300 * time.Millisecond
	// Each key frame that one receiver wishes for is one that all others get, at the cost of what they see. So a receiver
	// has keyFrameWishes of them at once, and one each keyFrameWishEvery from then on.
	keyFrameWishes    = 4
	keyFrameWishEvery = 2 * time.Second
)

// askKey notes that somebody waits for a key frame since a time. Any goroutine.
func (l *Layer) askKey(since time.Duration) { l.wantKey.CompareAndSwap(0, int64(since)) }

// keyFrameDue tells whether somebody waits whom the ring does not serve.
func (l *Layer) keyFrameDue(now time.Duration) bool {
	since, key := l.wantKey.Load(), l.keySeen.Load()
	if since == 0 || l.lastSeen.Load() == 0 {
		return false
	}
	replayable := key != 0 && now-time.Duration(key) < maxReplayAge
	return !replayable || now-time.Duration(since) >= keyFrameGrace
}

// requestKeyFrame asks for a key frame of the layers that somebody waits for, all at once: Chromium answers a request
// for one simulcast layer with key frames on all, and none that follows within 300 ms. It is repeated until the key
// frame has come. Ticker only.
func (p *Peer) requestKeyFrame(pub *Publication, now time.Duration) {
	if pub.Kind != transport.Video || pub.muted.Load() || pub.asked != 0 && now-pub.asked < pub.keyFrameInterval(now) {
		return
	}
	asked, newest := false, pub.lastSeen()
	for _, l := range pub.layers {
		if !l.keyFrameDue(now) {
			continue
		}
		if !l.liveAt(newest) { // paused, or gone: it begins with a key frame by itself, and the others need none
			l.wantKey.Store(0)
			continue
		}
		asked = true
		p.server.counters.keyFrameRequests.Add(1)
		p.ticks.packets = append(p.ticks.packets, &rtcp.PictureLossIndication{SenderSSRC: p.seat, MediaSSRC: l.ssrc.Load()})
	}
	if asked {
		pub.asked = now
		pub.unanswered++
	}
}

// keyFrameInterval is how long to wait for an answer to the last request.
func (p *Publication) keyFrameInterval(now time.Duration) time.Duration {
	silent := true
	for _, l := range p.layers {
		if time.Duration(l.keySeen.Load()) >= p.asked {
			p.unanswered = 0
		}
		silent = silent && now-time.Duration(l.lastSeen.Load()) > keyFrameRetrySlow
	}
	if silent || p.unanswered >= keyFrameRetries {
		return keyFrameRetrySlow
	}
	return keyFrameRetry
}

// wantKey passes on a receiver's wish for a key frame. It reports false when the receiver has wished for too many.
func (s *Slot) wantKey(now time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil || s.now.wantKey.Load() != 0 {
		return true // a key frame is awaited already
	}
	if seen := time.Duration(s.now.keySeen.Load()); seen != 0 && now-seen <= keyFrameRest {
		return true
	}
	if !s.wishes.take(now, keyFrameWishEvery, keyFrameWishes) {
		return false
	}
	s.now.askKey(now - keyFrameGrace)
	return true
}
