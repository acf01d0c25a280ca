package transport

import "time"

const (
	// burstTime is how much of its sustained rate a client may send at once: the key frames of all its layers.
	burstTime = 500 * time.Millisecond
	// smallestCharge is what a packet counts for at least, since a small one costs us as much as a large one.
	smallestCharge = 256
)

// bucket bounds a rate: it holds the bytes that may come at once and fills with time. What is charged may overdraw it;
// then it is empty until that is made up for. The zero bucket is full.
type bucket struct {
	used int64 // bytes
	at   time.Time
}

// room tells whether there is anything left of a rate in bit/s.
func (b *bucket) room(rate int, now time.Time) bool {
	perSecond := int64(rate) / 8
	if passed := now.Sub(b.at); passed >= time.Second {
		b.used = max(b.used-perSecond*int64(passed/time.Second), 0)
		b.at = b.at.Add(passed.Truncate(time.Second))
	}
	if refill := perSecond * int64(now.Sub(b.at)) / int64(time.Second); refill > 0 {
		b.used, b.at = max(b.used-refill, 0), now
	}
	return b.used < perSecond*int64(burstTime)/int64(time.Second)
}

func (b *bucket) charge(size int) { b.used += int64(max(size, smallestCharge)) }
