package bwe

import "time"

const (
	queueRecent = 6 // groups, whose least delay is the queue that stands
	queueFew    = 3 // are enough for one of at least queueLong
	queueLong   = 50 * time.Millisecond
	queueEpoch  = 5 * time.Second // the least delay of one or two epochs is the empty path
)

// queue follows how long packets stand in a queue on the way: the least delay of the last few groups above the least of
// the last five to ten seconds. A queue that one spike or a burst fills and that drains at once does not stand, as in
// RFC 8289 (CoDel); clocks that run apart by 100 ppm make a millisecond of difference in that time.
type queue struct {
	delay     time.Duration // accumulated since the beginning
	recent    [queueRecent]time.Duration
	n         int
	least     time.Duration // of this epoch
	leastPrev time.Duration // of the one before
	epoch     time.Duration // when this one began
}

func (q *queue) reset() { *q = queue{} }

func (q *queue) add(s spacing) {
	q.delay += s.variation()
	if q.n == 0 {
		q.least, q.leastPrev, q.epoch = q.delay, q.delay, s.at
	}
	if s.at-q.epoch > queueEpoch {
		q.leastPrev, q.least, q.epoch = q.least, q.delay, s.at
	}
	q.least = min(q.least, q.delay)
	q.recent[q.n%queueRecent] = q.delay
	q.n++
}

// standing is the delay that even the luckiest of the last few groups had on top of the empty path.
func (q *queue) standing() time.Duration {
	if q.n < queueRecent {
		return 0
	}
	base := min(q.least, q.leastPrev)
	if few := q.leastOf(queueFew) - base; few >= queueLong {
		return few
	}
	return q.leastOf(queueRecent) - base
}

// leastOf is the least delay of the last n groups.
func (q *queue) leastOf(n int) time.Duration {
	least := q.recent[(q.n-1)%queueRecent]
	for i := 2; i <= n; i++ {
		least = min(least, q.recent[(q.n-i)%queueRecent])
	}
	return least
}
