package bwe

import (
	"math"
	"time"
)

const (
	// draft-ietf-rmcat-gcc-02 section 6: up to 2 % is no loss, above 10 % there is no doubt.
	lossLow  = 0.02
	lossHigh = 0.10

	lossSampleTime    = 500 * time.Millisecond
	lossSamplePackets = 50
	lossSampleLongest = 3 * time.Second // with fewer packets

	lossPatience  = 4    // samples between the marks before a decrease is tried
	lossHaste     = 2    // samples above the upper mark, so that one spike is none
	lossTrial     = 2    // samples that judge it
	lossHelped    = 0.5  // the loss must fall below this share of what it was,
	lossCertain   = 2    // by this many standard deviations
	lossFollowed  = 0.95 // what is sent must fall below this share for a trial to tell anything
	lossBelieved  = 0.3  // more than this is never taken for the nature of the path
	lossInherence = 0.05
	lossVaries    = 0.6 // a path that loses packets by nature loses this share more at times
)

// lossControl holds a ceiling on the rate as long as packets are lost because of it. Some paths lose packets whatever is
// sent (radio); sending them less would gain nothing. So every decrease is a trial: if the loss does not fall with the
// rate, it is taken for the nature of the path, the ceiling is lifted, and from then on only loss beyond that counts.
type lossControl struct {
	ceiling  float64 // bits per second; 0 for none
	inherent float64 // share of packets that the path loses anyway
	proven   float64 // what inherent was when a trial found it; it does not rise above that by itself

	lost, total int // of the sample being taken
	began       time.Duration
	loss        float64 // smoothed
	samples     int     // since the last decrease or since loss was low
	skipUntil   time.Duration

	trial  bool
	before float64 // loss, when the trial began
	from   float64 // ceiling or rate, when the trial began
	gave   int     // what was sent, when the trial began
	during float64 // packets lost in the trial
	of     float64 // out of so many
}

// reset forgets what was lost, after an outage: none of it says anything about the rate.
func (l *lossControl) reset(now time.Duration) {
	l.lost, l.total, l.began, l.samples = 0, 0, now, 0
	l.loss = 0
	l.trial = false
	l.skipUntil = now
}

// forgive leaves out what is lost up to a moment: it is known already that too much was sent.
func (l *lossControl) forgive(until time.Duration) {
	l.samples, l.loss = 0, min(l.loss, l.inherent)
	l.skipUntil = max(l.skipUntil, until)
}

// add counts packets reported on. recovered are such that had been counted as lost and have arrived after all.
func (l *lossControl) add(received, lost, recovered int) {
	l.total += received + lost - recovered
	l.lost += lost - recovered
}

// update takes a step. rate is the present estimate without the ceiling.
func (l *lossControl) update(rate float64, p path, now time.Duration) {
	if now < l.skipUntil { // packets from before the last change
		l.lost, l.total, l.began = 0, 0, now
		return
	}
	since := now - l.began
	if l.total == 0 || since < lossSampleTime || (l.total < lossSamplePackets && since < lossSampleLongest) {
		return
	}
	share, packets := min(max(float64(l.lost)/float64(l.total), 0), 1), l.total
	l.lost, l.total, l.began = 0, 0, now
	l.sample(share, packets, rate, p, since, now)
}

// sample takes in one measured share of lost packets, and of how many.
func (l *lossControl) sample(share float64, packets int, rate float64, p path, took, now time.Duration) {
	l.loss += (share - l.loss) / 2
	l.samples++
	if l.trial {
		l.judge(share, packets, p.offered)
		return
	}
	l.inherent = min(l.proven, l.inherent+lossInherence*(l.loss-l.inherent))
	excess := l.loss - l.inherent
	switch {
	case excess <= max(lossLow, lossVaries*l.inherent):
		l.samples = 0
		l.grow(rate, took)
	case min(l.loss, share)-l.inherent > lossHigh && l.samples >= lossHaste || l.samples >= lossPatience:
		l.decrease(rate, p, now)
	}
}

func (l *lossControl) grow(rate float64, took time.Duration) {
	if l.ceiling == 0 {
		return
	}
	l.ceiling *= math.Pow(1+growPerSecond, took.Seconds())
	if l.ceiling >= rate {
		l.ceiling = 0
	}
}

// decrease begins a trial at a rate a little below what arrives, or stays at what is allowed if that is less.
func (l *lossControl) decrease(rate float64, p path, now time.Duration) {
	l.from = l.limit(rate)
	l.ceiling = l.from * (1 - l.loss/2)
	if p.acked > 0 {
		l.ceiling = min(l.from, decreaseFactor*float64(p.acked))
	}
	l.trial, l.before, l.samples, l.gave = true, l.loss, 0, p.offered
	l.during, l.of = 0, 0
	l.skipUntil = now + p.rtt + reactionTime
}

// judge ends the trial when it has its samples. Less must have been sent, or it was none; and the loss must have fallen by
// more than chance.
func (l *lossControl) judge(share float64, packets, offered int) {
	l.during += share * float64(packets)
	l.of += float64(packets)
	if l.samples < lossTrial {
		return
	}
	expected, after := l.before*l.of, l.during/max(l.of, 1)
	helped := l.during < lossHelped*expected && expected-l.during > lossCertain*math.Sqrt(expected)
	followed := float64(offered) < lossFollowed*float64(l.gave)
	l.trial, l.samples, l.loss = false, 0, after
	if followed && !helped && after <= lossBelieved {
		l.inherent = max(l.inherent, after)
		l.proven = l.inherent
		l.ceiling = l.from
	}
}

// probed takes in that a probe has shown a rate: there is no ceiling below it, unless packets are being lost.
func (l *lossControl) probed(rate float64) {
	if l.ceiling > 0 && !l.trial && l.loss-l.inherent <= lossLow {
		l.ceiling = max(l.ceiling, rate)
	}
}

// limit applies the ceiling to a rate.
func (l *lossControl) limit(rate float64) float64 {
	if l.ceiling > 0 {
		return min(rate, l.ceiling)
	}
	return rate
}
