package blob

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	watchEvery   = 30 * time.Second
	watchTimeout = 15 * time.Second
)

// Watch knows how a store is without asking it each time: others wait for that answer, and each question to S3 costs money.
type Watch struct {
	check func(context.Context) error
	log   *slog.Logger
	known chan struct{} // closed after the first check

	mu     sync.Mutex
	looked bool  // guarded by mu
	err    error // of the last check; guarded by mu
}

// NewWatch returns a Watch that Run keeps going by a store's Check.
func NewWatch(check func(context.Context) error, log *slog.Logger) *Watch {
	return &Watch{check: check, log: log, known: make(chan struct{})}
}

// Run checks until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	ticks := time.NewTicker(watchEvery)
	defer ticks.Stop()
	w.note(ctx, w.once(ctx))
	close(w.known)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
			w.note(ctx, w.once(ctx))
		}
	}
}

func (w *Watch) once(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	return w.check(ctx)
}

// note keeps what a check said, and tells the operator when that has changed.
func (w *Watch) note(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	w.mu.Lock()
	before := w.err
	w.looked, w.err = true, err
	w.mu.Unlock()
	switch {
	case err != nil && before == nil:
		w.log.Warn("blobs cannot be reached; all else goes on", "reason", Explain(err))
	case err == nil && before != nil:
		w.log.Info("blobs can be reached again")
	}
}

// Up tells whether the last check went well.
func (w *Watch) Up() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.looked && w.err == nil
}

// Ask says how the store was when last looked at, and waits for the first look until ctx ends.
func (w *Watch) Ask(ctx context.Context) error {
	select {
	case <-w.known:
	case <-ctx.Done():
		return ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}
