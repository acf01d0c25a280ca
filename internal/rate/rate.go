// Package rate limits how often something may be done, by token buckets: one for each user and action, or whatever else
// the key is.
package rate

import (
	"math"
	"sync"
	"time"
)

// Limit is how many may come at once, and how many in the long run.
type Limit struct {
	PerSecond float64
	Burst     int
}

// None limits nothing, as does every limit without a burst.
var None = Limit{}

// Every is a limit of n in a time, all of which may come at once.
func Every(d time.Duration, n int) Limit {
	return Limit{PerSecond: float64(n) / d.Seconds(), Burst: n}
}

// bucket is full again at the time refilled; each token taken moves that time on.
type bucket struct {
	refilled time.Time
	limit    Limit
}

// maxBuckets bounds what is remembered. Full buckets are forgotten first, since a new one is full; when none is full, then
// those that have been emptied are forgotten too, which lets a few more through.
const maxBuckets = 200_000

// Buckets holds a bucket for each key.
type Buckets[K comparable] struct {
	mu    sync.Mutex
	all   map[K]bucket // guarded by mu
	swept int          // how many were left after the last sweep; guarded by mu
}

// Take takes a token out of a key's bucket. When there is none, it takes nothing and says when there will be one.
func (b *Buckets[K]) Take(key K, limit Limit, now time.Time) (wait time.Duration) {
	if limit.Burst <= 0 {
		return 0
	}
	token := time.Duration(math.Ceil(float64(time.Second) / limit.PerSecond))
	b.mu.Lock()
	defer b.mu.Unlock()
	refilled := b.all[key].refilled
	if refilled.Before(now) {
		refilled = now
	}
	refilled = refilled.Add(token)
	if over := refilled.Sub(now) - time.Duration(limit.Burst)*token; over > 0 {
		return over
	}
	b.makeRoom(now)
	b.all[key] = bucket{refilled, limit}
	return 0
}

// Return puts a token back.
func (b *Buckets[K]) Return(key K, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old, ok := b.all[key]
	if !ok {
		return
	}
	old.refilled = old.refilled.Add(-time.Duration(math.Ceil(float64(time.Second) / old.limit.PerSecond)))
	if !old.refilled.After(now) {
		delete(b.all, key)
		return
	}
	b.all[key] = old
}

// makeRoom forgets full buckets whenever there are twice as many as were left the last time, so that it costs little for
// each token.
func (b *Buckets[K]) makeRoom(now time.Time) {
	if b.all == nil {
		b.all = make(map[K]bucket)
	}
	if len(b.all) < max(1024, 2*b.swept) && len(b.all) < maxBuckets {
		return
	}
	for key, old := range b.all {
		if !old.refilled.After(now) {
			delete(b.all, key)
		}
	}
	if len(b.all) >= maxBuckets {
		clear(b.all)
	}
	b.swept = len(b.all)
}
