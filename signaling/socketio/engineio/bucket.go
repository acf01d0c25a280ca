package engineio

import "time"

// bucket is a token bucket that starts full.
type bucket struct {
	last  time.Time
	spent float64
}

// take takes n tokens and reports whether they were there.
func (b *bucket) take(n int, now time.Time, perSecond float64, burst int) bool {
	if !b.last.IsZero() {
		b.spent = max(0, b.spent-now.Sub(b.last).Seconds()*perSecond)
	}
	b.last = now
	b.spent += float64(n)
	return b.spent <= float64(burst)
}
