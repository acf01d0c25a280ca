package bwe

import "time"

const (
	// A packet that is later by surgeBusy than the luckiest, or by surgeJitter times the jitter of the way, has stood
	// behind others. A train of such packets that has come later by surgeRise than what was before it, up to surgeLeast,
	// and does not catch up, is a sign that more is sent than passes.
	surgeBusy   = 10 * time.Millisecond
	surgeJitter = 3
	surgeRise   = 15 * time.Millisecond
	surgeLeast  = 20 * time.Millisecond
	// What leaves a queue of 200 kbit/s and more has no longer gaps. Whoever reads packets late, having other things to do,
	// has, and then finds many at once.
	surgeGap   = 50 * time.Millisecond
	surgeTrain = 500 * time.Millisecond // a longer one begins anew: the way itself has become longer
	surgeMost  = 320 * time.Millisecond
	// It is judged by the rate at which so much of the train came out of the queue. Below surgeShare of what was sent the
	// sign was right.
	surgeSpan  = 60 * time.Millisecond
	surgeBytes = 4000
	surgeShare = 0.85
	// A hold ends when the queue is gone, and after so long in any case: undecided, and found right.
	surgeDrained = 20 * time.Millisecond
	surgePatient = 200 * time.Millisecond
	surgeLongest = 300 * time.Millisecond
	// After a hold the next one waits, and after a wrong one the signs must be twice as large, which fades.
	surgePause  = time.Second
	surgeForget = time.Minute
)

// surge notices out of one report that the way has become much narrower than what is sent into it, long before the trend
// of the delays does: a queue of 300 ms is full a tenth of a second after a cut to a quarter. The first sign only holds
// back what can wait; what the train's packets then show, coming out of the queue one by one, is the rate of the way.
type surge struct {
	least     time.Duration // delay of the luckiest packet of this epoch, between two clocks
	leastPrev time.Duration // of the one before
	epoch     time.Duration // when this one began, by the client's clock
	started   bool

	train     train
	busy      time.Duration // delay above which a packet belongs to a train
	passed    int           // rate of the train before, when it ended
	threshold time.Duration

	held    bool
	since   time.Duration // by our clock, as the next two
	ended   time.Duration
	wrong   time.Duration
	usual   int // bits per second that have been sent lately: the most, fading
	offered int // usual, when the hold began
	before  int // the estimate then
	right   bool
}

// train is packets that came out of a queue one after the other.
type train struct {
	packets     int
	bytes       int // of all but the first
	began, last time.Duration
	before      time.Duration // delay of the last packet before it, above the luckiest
	first, late time.Duration // and of its first and last
}

// rising tells that it came later and later.
func (t *train) rising() bool {
	return t.packets > 1 && t.late >= t.first && t.late >= t.before+surgeRise
}

// rate is at how many bits per second the train came; 0 while that cannot be told by so many bytes and so long.
func (t *train) rate(bytes int, least time.Duration) int {
	span := t.last - t.began
	if t.bytes < bytes || span < least {
		return 0
	}
	return int(int64(t.bytes) * 8 * int64(time.Second) / int64(span))
}

// reset begins anew with other delays, as after a jump of the client's clock.
func (s *surge) reset() {
	s.started, s.train, s.held = false, train{}, false
}

// add takes in one packet, in the order in which they were sent, and the mean jitter of the way.
func (s *surge) add(r *Result, jitter time.Duration) {
	delay := r.Arrival - r.Sent
	switch {
	case !s.started:
		s.started, s.least, s.leastPrev, s.epoch = true, delay, delay, r.Arrival
	case r.Arrival-s.epoch > queueEpoch:
		s.leastPrev, s.least, s.epoch = s.least, delay, r.Arrival
	}
	s.least = min(s.least, delay)
	delay -= min(s.least, s.leastPrev)
	t := &s.train
	if t.packets == 0 {
		s.busy = max(surgeBusy, surgeJitter*jitter)
	}
	switch {
	case r.Arrival < t.last: // overtaken
		t.bytes += r.Size
	case delay < s.busy:
		if t.packets > 0 {
			s.passed = t.rate(surgeBytes, surgeSpan)
		}
		*t = train{last: r.Arrival, before: delay}
	case t.packets == 0 || r.Arrival-t.last > surgeGap || !s.held && r.Arrival-t.began > surgeTrain:
		before := t.before
		if t.packets > 0 {
			before = delay
		}
		*t = train{packets: 1, began: r.Arrival, last: r.Arrival, before: before, first: delay, late: delay}
	default:
		t.packets++
		t.bytes += r.Size
		t.last, t.late = r.Arrival, delay
	}
}

// reported draws the conclusion after each report. sent is what is being sent, in bits per second. fallen is the rate of
// the way when it was found to be much less, once.
func (s *surge) reported(sent, estimate int, now time.Duration) (fallen int) {
	s.usual = max(sent, s.usual-s.usual/16)
	if !s.held {
		s.suspect(estimate, now)
		return 0
	}
	if s.right {
		if s.train.packets == 0 || s.train.late < surgeDrained {
			s.held, s.ended = false, now
		}
		return 0
	}
	rate := s.train.rate(surgeBytes, surgeSpan)
	if s.train.packets == 0 {
		rate = s.passed
	}
	switch {
	case rate == 0 && s.train.packets > 0: // not enough has come
	case rate > 0 && float64(rate) < surgeShare*float64(s.offered):
		s.right = true
		return rate
	default:
		s.mistaken(now)
	}
	return 0
}

func (s *surge) suspect(estimate int, now time.Duration) {
	if s.threshold == 0 || s.threshold > surgeLeast && now-s.wrong > surgeForget {
		s.threshold, s.wrong = max(s.threshold/2, surgeLeast), now
	}
	if s.train.late < s.threshold || !s.train.rising() || s.ended > 0 && now-s.ended < surgePause {
		return
	}
	s.held, s.right, s.since, s.offered, s.before, s.passed = true, false, now, s.usual, estimate, 0
}

func (s *surge) mistaken(now time.Duration) {
	s.held, s.ended, s.wrong = false, now, now
	s.threshold = min(2*s.threshold, surgeMost)
}

// holding tells whether what can wait is to wait.
func (s *surge) holding(now time.Duration) bool {
	longest := surgePatient
	if s.right {
		longest = surgeLongest
	}
	if s.held && now-s.since > longest {
		s.held, s.ended = false, now
	}
	return s.held
}
