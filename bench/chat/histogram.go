package main

import (
	"sync/atomic"
	"time"
)

const (
	bucketWidth = 100 * time.Microsecond
	buckets     = 100_000 // 10 s; what is later counts as that
)

// histogram counts durations. It may be added to by many at the same time.
type histogram struct {
	counts [buckets]atomic.Uint32
}

func (h *histogram) add(d time.Duration) {
	h.counts[min(int(d/bucketWidth), buckets-1)].Add(1)
}

// quantile is the time that a part of all did not exceed, to the width of a bucket.
func (h *histogram) quantile(part float64) time.Duration {
	total := 0
	for i := range h.counts {
		total += int(h.counts[i].Load())
	}
	rank, below := int(part*float64(total)), 0
	for i := range h.counts {
		if below += int(h.counts[i].Load()); below > rank {
			return time.Duration(i+1) * bucketWidth
		}
	}
	return buckets * bucketWidth
}
