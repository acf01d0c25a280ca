package mos

import "math"

// Video is a picture and what it met on its way. It is rated by a model of our own:
//
//	Q   = 6.4 + 0.7 · ln(g · bitrate / (width · height · frames per second)), not above 4.6 and not below 3.5
//	Q'  = max(Q − 0.6 · log2(shown height / height), 1)
//	MOS = 1 + (Q' − 1) · √min(frames per second / 15, 1) · e^(−6 · frozen) · e^(−12 · loss)
//
// Q is what the bits allow: 4.2 for 1280×720 at 30 frames and 1.2 Mbit/s of VP8; g is what the codec makes of them. It
// does not fall below 3.5, since a picture that stands still needs few bits. Q' takes away what enlarging costs, when the
// receiver shows more than it gets. The factors are for a picture that does not move, that stops, and that breaks. Frozen
// is the share of the time in which it stood still, loss the share of packets that never came.
//
// The form, bits per pixel on a logarithmic scale and factors for frame rate and breaks, is that of ITU-T G.1070; the
// constants are set for browsers' codecs at the bitrates at which they send.
type Video struct {
	Bitrate       float64 // bit/s
	Width, Height int     // 0 when not known: then the bits are not judged
	ShownHeight   int     // 0 for as it comes
	FrameRate     float64
	Gain          float64 // of the codec, against VP8's 1; 0 counts as 1
	Frozen, Loss  float64 // shares, 0 to 1
	// Still leaves out bits, frame rate and freezes: of a screen, which may stand still because nothing happens.
	Still bool
}

const (
	bestPicture  = 4.6
	leastPicture = 3.5
	smooth       = 15 // frames a second
)

// MOS is the picture's score.
func (v Video) MOS() float64 {
	q := bestPicture
	if pixels := float64(v.Width*v.Height) * v.FrameRate; pixels > 0 && v.Bitrate > 0 && !v.Still {
		gain := v.Gain
		if gain == 0 {
			gain = 1
		}
		q = min(max(6.4+0.7*math.Log(gain*v.Bitrate/pixels), leastPicture), bestPicture)
	}
	if v.Height > 0 && v.ShownHeight > v.Height {
		q = max(q-0.6*math.Log2(float64(v.ShownHeight)/float64(v.Height)), 1)
	}
	q = (q - 1) * math.Exp(-12*min(max(v.Loss, 0), 1))
	if !v.Still {
		q *= math.Sqrt(min(max(v.FrameRate, 0)/smooth, 1)) * math.Exp(-6*min(max(v.Frozen, 0), 1))
	}
	return 1 + q
}
