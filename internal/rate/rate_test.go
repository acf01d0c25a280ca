package rate

import (
	"testing"
	"time"
)

func TestABurstAndThenTheSustainedRate(t *testing.T) {
	var b Buckets[string]
	now := time.Unix(1000, 0)
	limit := Limit{PerSecond: 2, Burst: 10}
	for i := range 10 {
		if wait := b.Take("alice", limit, now); wait != 0 {
			t.Fatalf("number %d of the burst has to wait %v", i+1, wait)
		}
	}
	if wait := b.Take("alice", limit, now); wait != 500*time.Millisecond {
		t.Fatalf("after the burst: %v", wait)
	}
	if wait := b.Take("bob", limit, now); wait != 0 {
		t.Fatalf("another key has to wait %v", wait)
	}
	taken := 0
	for ms := range 10_000 {
		if b.Take("alice", limit, now.Add(time.Duration(ms)*time.Millisecond)) == 0 {
			taken++
		}
	}
	if taken != 19 {
		t.Fatalf("%d in ten seconds after the burst, want 19", taken)
	}
	if wait := b.Take("alice", limit, now.Add(time.Hour)); wait != 0 {
		t.Fatalf("after a pause: %v", wait)
	}
}

func TestWhatIsRefusedTakesNothing(t *testing.T) {
	var b Buckets[string]
	now := time.Unix(1000, 0)
	limit := Every(time.Minute, 1)
	b.Take("k", limit, now)
	for range 100 {
		if wait := b.Take("k", limit, now.Add(59*time.Second)); wait <= 0 || wait > time.Second+time.Millisecond {
			t.Fatalf("wait %v", wait)
		}
	}
	if wait := b.Take("k", limit, now.Add(61*time.Second)); wait != 0 {
		t.Fatalf("wait %v", wait)
	}
}

func TestATokenCanBeGivenBack(t *testing.T) {
	var b Buckets[string]
	now := time.Unix(1000, 0)
	limit := Every(time.Minute, 2)
	for range 100 {
		if wait := b.Take("k", limit, now); wait != 0 {
			t.Fatalf("wait %v", wait)
		}
		b.Return("k", now)
	}
	b.Return("k", now) // never more than full
	b.Take("k", limit, now)
	b.Take("k", limit, now)
	if b.Take("k", limit, now) == 0 {
		t.Fatal("a bucket of two gave three")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	var b Buckets[int]
	now := time.Unix(1000, 0)
	limit := Every(time.Hour, 1)
	for i := range maxBuckets + 10 {
		b.Take(i, limit, now)
	}
	if n := len(b.all); n > maxBuckets {
		t.Fatalf("%d buckets", n)
	}
	for i := range 10_000 {
		b.Take(i, Limit{PerSecond: 1000, Burst: 1}, now.Add(time.Duration(i)*time.Minute))
	}
	if n := len(b.all); n > 2048 && n >= maxBuckets {
		t.Fatalf("%d buckets, most of which are full", n)
	}
}

func TestNoneLimitsNothing(t *testing.T) {
	var b Buckets[string]
	for range 1000 {
		if b.Take("k", None, time.Unix(1, 0)) != 0 {
			t.Fatal("limited")
		}
	}
}
