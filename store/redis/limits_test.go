package redis

import (
	"context"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/rate"
)

func TestLimitsAreShared(t *testing.T) {
	server, a, b := openTwo(t)
	limits := []*Limits{a.Limits(), b.Limits()}
	slow := rate.Every(time.Hour, 4)
	for i := range 4 {
		if wait, err := limits[i%2].Take(t.Context(), "messages:alice", slow); wait != 0 || err != nil {
			t.Fatalf("%d: %v %v", i, wait, err)
		}
	}
	for _, l := range limits {
		if wait, err := l.Take(t.Context(), "messages:alice", slow); wait < 14*time.Minute || wait > 15*time.Minute || err != nil {
			t.Errorf("%v %v", wait, err)
		}
		if wait, err := l.Take(t.Context(), "messages:bob", slow); wait != 0 || err != nil {
			t.Errorf("%v %v", wait, err)
		}
	}
	if wait, _ := limits[0].Take(t.Context(), "quick", rate.Limit{PerSecond: 1e6, Burst: 1}); wait != 0 {
		t.Error(wait)
	}
	if ttl := server.Do("PTTL", a.prefix+"limit:messages:alice"); ttl == ":-1" || ttl == ":-2" {
		t.Errorf("it expires after %s", ttl)
	}

	server.Freeze() // nobody waits for it longer than they want to, nor again and again
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := limits[0].Take(ctx, "messages:alice", slow); err == nil {
		t.Error("it answers")
	}
	for range 1000 {
		if _, err := limits[0].Take(t.Context(), "messages:alice", slow); err == nil {
			t.Error("it answers")
		}
	}
	if took := time.Since(began); took > 900*time.Millisecond {
		t.Errorf("it took %v", took)
	}
	server.Thaw()
}
