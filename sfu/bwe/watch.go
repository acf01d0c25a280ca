package bwe

import "time"

// Watch notices a cut of the way from a client, where the client estimates by itself and we are only the receiver, by
// packets that tell when they were sent. The zero value is ready.
type Watch struct {
	surge  surge
	all    rateMeter
	last   time.Duration // arrival of the last packet
	delay  time.Duration // of it
	jitter time.Duration
	due    time.Duration
}

const (
	watchEvery = 10 * time.Millisecond
	watchGap   = time.Second // a longer one begins anew
	// So late, and so much of a train: more than for a hold, since it has its effect at once; and less than that takes in
	// the end, since nothing is held back meanwhile.
	watchLeast = 40 * time.Millisecond
	watchBytes = 3000
	watchSpan  = 45 * time.Millisecond
)

// Received takes in a packet that was sent at some time of the client's, and returns the rate of the way, in bits per
// second, when that was just found to be much less than what comes usually; else 0.
func (w *Watch) Received(sent, now time.Duration, size int) (rate int) {
	w.all.add(now, size)
	delay := now - sent
	off := max(delay-w.delay, w.delay-delay)
	if w.last == 0 || off > watchGap || now-w.last > watchGap {
		w.surge.reset() // begun, or sent by another clock
	} else {
		w.surge.add(&Result{Sent: sent, Arrival: now, Size: size}, w.jitter)
		w.jitter += (off - w.jitter) / 16
	}
	w.last, w.delay = now, delay
	if now < w.due {
		return 0
	}
	w.due = now + watchEvery
	return w.surge.seen(w.all.bps(), now)
}

// seen is reported without a hold: the way is judged by the train as soon as it is long enough.
func (s *surge) seen(sent int, now time.Duration) (rate int) {
	s.usual = max(sent, s.usual-s.usual/64)
	t := &s.train
	if t.late < watchLeast || !t.rising() || s.ended > 0 && now-s.ended < surgePause {
		return 0
	}
	if rate = t.rate(watchBytes, watchSpan); rate == 0 || float64(rate) >= surgeShare*float64(s.usual) {
		return 0
	}
	s.ended, s.usual = now, rate
	return rate
}
