package blob

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			said   strings.Builder
			away   atomic.Bool
			asked  atomic.Int32
			broken = errors.New("the disk is gone")
		)
		w := NewWatch(func(ctx context.Context) error {
			asked.Add(1)
			if away.Load() {
				return broken
			}
			return nil
		}, slog.New(slog.NewTextHandler(&said, nil)))
		short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := w.Ask(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("before it was looked at: %v", err)
		}
		up := []bool{w.Up()}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		must(t, w.Ask(t.Context()))
		up = append(up, w.Up())
		away.Store(true)
		must(t, w.Ask(t.Context()))
		time.Sleep(3 * watchEvery)
		if err := w.Ask(t.Context()); !errors.Is(err, broken) {
			t.Errorf("%v", err)
		}
		up = append(up, w.Up())
		away.Store(false)
		time.Sleep(2 * watchEvery)
		must(t, w.Ask(t.Context()))
		stop()
		must(t, <-done)
		if !slices.Equal(up, []bool{false, true, false}) {
			t.Errorf("up: %v", up)
		}
		if n := asked.Load(); n != 6 {
			t.Errorf("%d checks", n)
		}
		if warnings := strings.Count(said.String(), "level=WARN"); warnings != 1 || strings.Count(said.String(), "level=INFO") != 1 {
			t.Errorf("%s", said.String())
		}
	})
}

// A check that never returns by itself does not keep a Watch from knowing.
func TestWatchOfAStoreThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := NewWatch(func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		if err := w.Ask(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		stop()
		must(t, <-done)
	})
}
