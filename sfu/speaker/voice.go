// Package speaker finds out from audio levels who speaks: the one dominant speaker of a room, everyone who is speaking,
// and in which order microphones deserve a limited number of places. It is arithmetic over a stream of levels, one a
// Frame, with no clock of its own.
//
// The method is that of Volfin and Cohen, "Dominant speaker identification for multipoint videoconferencing" (Computer
// Speech and Language 27, 2013): how active a voice was is looked at over an immediate, a medium and a long time, and who
// is to take over must be ahead in all three. The immediate tells that they speak now, the long one that it is more than
// a cough. Where the paper compares the likelihoods of the three counts of active frames, the counts themselves are
// compared with a margin, which orders them alike.
package speaker

import (
	"math/bits"
	"time"
)

// Frame is the time that one level stands for.
const Frame = 20 * time.Millisecond

// Windows of the activity that is remembered, in frames: 100 ms, 400 ms and 1 s.
const (
	immediate = 5
	medium    = 20
	long      = 50
)

// Loudness is a level on a scale that rises: 0 for silence at -127 dBov up to 127 for overload at 0 dBov. RFC 6464 writes
// the negated level, without a sign, in the lower seven bits.
func Loudness(rfc6464 uint8) uint8 { return 127 - rfc6464&0x7f }

const (
	// A frame counts as active when it is margin above the noise of its microphone, in dB. A noisy room is not speech,
	// but what is louder than loudFloor always is, and what is quieter than quietFloor never.
	margin     = 12
	quietFloor = 127 - 60
	loudFloor  = 127 - 38

	noiseFall = 0.2  // of the way down a quieter frame takes the estimate of the noise
	noiseRise = 0.04 // dB that a louder frame takes it up: 2 dB a second

	levelRise = 0.25 // of the way that an active frame takes the level up
	levelFall = 0.05 // and down: a syllable is not a change of voice
)

// Voice follows the levels of one microphone. The zero value is one that has never been heard.
type Voice struct {
	active   uint64 // one bit a frame, the newest lowest
	noise    float64
	level    float64 // of the active frames, smoothed
	heard    bool    // a level has come
	speaking bool
}

// Add takes in the loudness of the next frame.
func (v *Voice) Add(loudness uint8) {
	x := float64(loudness)
	if !v.heard {
		v.heard, v.noise = true, min(x, quietFloor-margin)
	}
	active := loudness >= v.Threshold()
	if x < v.noise {
		v.noise -= (v.noise - x) * noiseFall
	} else {
		v.noise += noiseRise
	}
	v.active <<= 1
	if active {
		v.active |= 1
		step := levelFall
		if x > v.level {
			step = levelRise
		}
		v.level += (x - v.level) * step
	}
	v.decide()
}

// decide follows the beginning and the end of speech: 160 ms of it within 400 begin it, 800 ms of silence end it, so
// that neither a click nor a pause between words counts.
func (v *Voice) decide() {
	if v.speaking {
		v.speaking = v.count(40) > 0
	} else {
		v.speaking = v.count(immediate) >= 3 && v.count(medium) >= 8
	}
	if !v.speaking && v.count(long) == 0 {
		v.level = 0
	}
}

// Threshold is the loudness from which on the microphone's sound counts as a voice.
func (v *Voice) Threshold() uint8 {
	return uint8(min(max(v.noise+margin, quietFloor), loudFloor))
}

// Silence forgets what was heard, as of a microphone that was switched off; what is known of its noise stays.
func (v *Voice) Silence() { v.active, v.level, v.speaking = 0, 0, false }

// Speaking tells whether the voice speaks; pauses between words do not end it.
func (v *Voice) Speaking() bool { return v.speaking }

// Level is how loud the voice is, from 0 at -60 dBov to 1 at -10 dBov.
func (v *Voice) Level() float64 { return min(max((v.level-quietFloor)/50, 0), 1) }

// Quiet tells that nothing was to be heard for a second.
func (v *Voice) Quiet() bool { return v.count(long) == 0 }

// count is how many of the last n frames were active.
func (v *Voice) count(n int) int { return bits.OnesCount64(v.active & (1<<n - 1)) }

// Begun tells whether the voice speaks, or seems to begin to: sooner than Speaking, as who waits for a place needs it.
func (v *Voice) Begun() bool { return v.speaking || v.count(immediate) >= 3 }
