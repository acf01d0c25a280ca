package signaling

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/rate"
)

// TestLimitedNamesExist: a limit on an event or a path that is spelled otherwise would limit nothing.
func TestLimitedNamesExist(t *testing.T) {
	known := make(map[string]bool)
	for name := range requests {
		known[name] = true
	}
	for _, p := range slices.Concat(paths, streamPaths) {
		known[p.pattern] = true
	}
	limits := NewLimits(LimitConfig{MessagesPerSecond: 1, MessageBurst: 1, ConnectsPerAddress: 1})
	for what, name := range limited {
		if !known[what] {
			t.Errorf("there is no event or path %q", what)
		}
		if limits[name].Burst == 0 || limits[name].PerSecond == 0 {
			t.Errorf("%s is limited by %q, which limits nothing", what, name)
		}
	}
}

// common is what all nodes count together, for one test.
type common struct {
	wait time.Duration
	err  error
}

func (c *common) Take(context.Context, string, rate.Limit) (time.Duration, error) {
	return c.wait, c.err
}

// What all nodes together refuse is not counted here either; what they cannot be asked is.
func TestWhatIsRefusedInCommonIsNotTaken(t *testing.T) {
	with := &common{wait: time.Second}
	l := &limiter{limits: NewLimits(LimitConfig{MessagesPerSecond: 1, MessageBurst: 4}), shared: with}
	for range 10 {
		if l.take("alice", limitMessages) == nil {
			t.Fatal("what was refused is let through")
		}
	}
	with.wait, with.err = 0, errors.New("away")
	for i := range 5 {
		if err := l.take("alice", limitMessages); (err == nil) != (i < 4) {
			t.Errorf("number %d without the others: %v", i, err)
		}
	}
}
