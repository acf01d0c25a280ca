// Package mos estimates how good media sounds and looks to its receiver, as a mean opinion score from 1 (bad) to 5
// (excellent), out of what the network did to it.
//
// Sound is rated by the E-model of ITU-T G.107 (06/2015) with that recommendation's default values, for which its
// equation 7-1 comes to
//
//	R = 93.2 − Idd − Ie,eff
//
// The delay impairment is Idd alone (7-27 and 7-28): the terms for talker and listener echo are left out, since browsers
// cancel it. Ie,eff is that of 7-29. For Opus G.113 has no values; these are taken:
//
//	Ie  = 0   Opus at the 24 kbit/s and more of a browser is not worse than the G.711 that G.107's scale ends with.
//	Bpl = 20  With concealment and in-band redundancy it stands loss as well as the best that G.113 appendix I lists:
//	          G.729A 19.0, G.711 with concealment 25.1.
//	BurstR = 1
package mos

import (
	"math"
	"time"
)

// Constants of the rating, see the package's description.
const (
	best = 93.2

	OpusIe  = 0
	OpusBpl = 20
)

// Audio is what sound met on its way.
type Audio struct {
	Delay   time.Duration // from mouth to ear
	Loss    float64       // packets that were not there when they were to be played, 0 to 1
	Ie, Bpl float64       // of the codec
}

// Opus describes sound in Opus.
func Opus(delay time.Duration, loss float64) Audio {
	return Audio{Delay: delay, Loss: loss, Ie: OpusIe, Bpl: OpusBpl}
}

// Rating is the E-model's R, 0 to 93.2.
func (a Audio) Rating() float64 {
	return max(best-delayImpairment(a.Delay)-a.equipmentImpairment(), 0)
}

// MOS is the score of the rating.
func (a Audio) MOS() float64 { return FromRating(a.Rating()) }

// delayImpairment is Idd (G.107 equations 7-27 and 7-28).
func delayImpairment(delay time.Duration) float64 {
	ms := delay.Seconds() * 1000
	if ms <= 100 {
		return 0
	}
	x := math.Log2(ms / 100)
	sixth := func(v float64) float64 { return math.Pow(1+math.Pow(v, 6), 1.0/6) }
	return 25 * (sixth(x) - 3*sixth(x/3) + 2)
}

// equipmentImpairment is Ie,eff (G.107 equation 7-29) for random loss.
func (a Audio) equipmentImpairment() float64 {
	percent := min(max(a.Loss, 0), 1) * 100
	return a.Ie + (95-a.Ie)*percent/(percent+a.Bpl)
}

// FromRating converts R to a score (G.107 annex B, equation B-4).
func FromRating(r float64) float64 {
	switch {
	case r <= 0:
		return 1
	case r >= 100:
		return 4.5
	}
	return max(1+0.035*r+r*(r-60)*(100-r)*7e-6, 1)
}

// Parts of the delay between mouth and ear that are not the network's: an Opus frame and its look-ahead, and what a jitter
// buffer holds at least; else three times the mean deviation.
const (
	codecDelay  = 26500 * time.Microsecond
	leastBuffer = 40 * time.Millisecond
)

// Delay estimates the delay from mouth to ear over one leg of a call: half its round trip, the receiver's buffer for its
// jitter, and the codec. The other leg is another's matter.
func Delay(rtt, jitter time.Duration) time.Duration {
	return rtt/2 + max(leastBuffer, 3*jitter) + codecDelay
}
