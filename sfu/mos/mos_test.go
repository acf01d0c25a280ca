package mos

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s: %.3f, want %.3f", what, got, want)
	}
}

// TestScoresOfRatings: the pairs of G.107 annex B, table B.1 and of G.109, table 1.
func TestScoresOfRatings(t *testing.T) {
	for r, want := range map[float64]float64{93.2: 4.41, 90: 4.34, 80: 4.03, 70: 3.60, 60: 3.10, 50: 2.58, 0: 1, -5: 1, 100: 4.5, 120: 4.5} {
		near(t, "score", FromRating(r), want, 0.011)
	}
}

// TestDelayImpairment: points of G.107's equation 7-27, worked out by hand.
func TestDelayImpairment(t *testing.T) {
	for ms, want := range map[int]float64{0: 0, 100: 0, 150: 0.16, 200: 3.01, 400: 24.07} {
		near(t, "Idd", delayImpairment(time.Duration(ms)*time.Millisecond), want, 0.05)
	}
}

// TestCodecsOfG113: what the E-model says of codecs that G.113 appendix I has values for.
func TestCodecsOfG113(t *testing.T) {
	for _, tt := range []struct {
		name          string
		ie, bpl, loss float64
		rating        float64
	}{
		{"G.711 with concealment", 0, 25.1, 0, 93.2},
		{"G.711 with concealment, 5 %", 0, 25.1, 0.05, 93.2 - 15.78},
		{"G.711 without, 5 %", 0, 4.3, 0.05, 93.2 - 51.08},
		{"G.729A", 11, 19, 0, 82.2},
		{"G.729A, 2 %", 11, 19, 0.02, 93.2 - 19},
		{"G.723.1, 3 %", 15, 16.1, 0.03, 93.2 - 27.57},
	} {
		near(t, tt.name, Audio{Ie: tt.ie, Bpl: tt.bpl, Loss: tt.loss}.Rating(), tt.rating, 0.01)
	}
}

func TestOpus(t *testing.T) {
	for _, tt := range []struct {
		name        string
		rtt, jitter time.Duration
		loss        float64
		low, high   float64
	}{
		{"a good line", 40 * time.Millisecond, 3 * time.Millisecond, 0, 4.40, 4.42},
		{"the customer's targets", 100 * time.Millisecond, 50 * time.Millisecond, 0.01, 4.1, 4.35},
		{"5 % loss", 40 * time.Millisecond, 5 * time.Millisecond, 0.05, 3.7, 3.9},
		{"14 % loss", 40 * time.Millisecond, 5 * time.Millisecond, 0.14, 2.6, 3.0},
		{"half is lost", 40 * time.Millisecond, 5 * time.Millisecond, 0.5, 1, 1.6},
		{"a satellite", 600 * time.Millisecond, 10 * time.Millisecond, 0, 3.5, 3.8},
	} {
		if got := Opus(Delay(tt.rtt, tt.jitter), tt.loss).MOS(); got < tt.low || got > tt.high {
			t.Errorf("%s: %.2f, want %.2f to %.2f", tt.name, got, tt.low, tt.high)
		}
	}
}

func TestVideo(t *testing.T) {
	hd := Video{Bitrate: 1.2e6, Width: 1280, Height: 720, FrameRate: 30}
	with := func(f func(*Video)) Video { v := hd; f(&v); return v }
	for _, tt := range []struct {
		name      string
		v         Video
		low, high float64
	}{
		{"720p at 1.2 Mbit/s", hd, 4.15, 4.25},
		{"360p at 500 kbit/s", Video{Bitrate: 5e5, Width: 640, Height: 360, FrameRate: 30}, 4.5, 4.6},
		{"starved", with(func(v *Video) { v.Bitrate = 5e4 }), 3.5, 3.5},
		{"a better codec", with(func(v *Video) { v.Gain = 1.5 }), 4.45, 4.55},
		{"six frames a second", with(func(v *Video) { v.FrameRate = 6 }), 3.1, 3.4},
		{"a tenth frozen", with(func(v *Video) { v.Frozen = 0.1 }), 2.6, 2.9},
		{"5 % gone", with(func(v *Video) { v.Loss = 0.05 }), 2.6, 2.9},
		{"shown twice as large", with(func(v *Video) { v.ShownHeight = 1440 }), 3.55, 3.65},
		{"a still screen", Video{Still: true, Bitrate: 100, Width: 1920, Height: 1080}, 4.6, 4.6},
		{"nothing known", Video{FrameRate: 30}, 4.6, 4.6},
		{"no frame at all", Video{}, 1, 1},
	} {
		if got := tt.v.MOS(); got < tt.low || got > tt.high {
			t.Errorf("%s: %.3f, want %.2f to %.2f", tt.name, got, tt.low, tt.high)
		}
	}
}

// TestBounds: whatever comes in, a score is a score, and more loss, delay or freezing never makes it better.
func TestBounds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		loss, more := r.Float64()*1.5-0.2, r.Float64()*0.3
		delay := time.Duration(r.Int64N(int64(5 * time.Second)))
		a, worse := Opus(delay, loss).MOS(), Opus(delay+time.Duration(more*1e9), loss+more).MOS()
		v := Video{Bitrate: r.Float64() * 5e6, Width: r.IntN(4000), Height: r.IntN(4000), ShownHeight: r.IntN(9000),
			FrameRate: r.Float64() * 60, Frozen: r.Float64(), Loss: loss}
		w := v
		w.Frozen, w.Loss = v.Frozen+more, v.Loss+more
		for _, m := range []float64{a, worse, v.MOS(), w.MOS()} {
			if !(m >= 1 && m <= 5) {
				t.Fatalf("a score of %v: %+v", m, v)
			}
		}
		if worse > a+1e-9 || w.MOS() > v.MOS()+1e-9 {
			t.Fatalf("more loss is better: %v after %v, %v after %v", worse, a, w.MOS(), v.MOS())
		}
	}
}
