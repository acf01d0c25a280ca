package call

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/digierapro/parley/internal/fault"
)

// records writes what happened in calls to the store, behind the calls' back: a call never waits for the database, and
// while that is down the newest state of each call waits here.
type records struct {
	store Store
	log   *slog.Logger
	wake  chan struct{}

	mu      sync.Mutex
	pending map[string]Call // the newest state of each call that is not written yet
	writing map[string]Call // what write has taken from it and not finished with; read only
}

const (
	recordTimeout = 5 * time.Second
	recordRetry   = 2 * time.Second
)

func newRecords(store Store, log *slog.Logger) *records {
	return &records{store: store, log: log, wake: make(chan struct{}, 1), pending: make(map[string]Call)}
}

func (r *records) put(c Call) {
	r.mu.Lock()
	r.pending[c.ID] = c
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *records) run(ctx context.Context) {
	for {
		select {
		case <-r.wake:
		case <-ctx.Done():
			return
		}
		for r.write(ctx) != nil {
			select {
			case <-time.After(recordRetry):
			case <-ctx.Done():
				return
			}
		}
	}
}

// flush makes one last attempt at everything that waits.
func (r *records) flush() error {
	if err := r.write(context.Background()); err != nil {
		return fmt.Errorf("write the records of calls: %w", err)
	}
	return nil
}

// write saves all that waits. What cannot be saved waits on, unless something newer has come meanwhile.
func (r *records) write(ctx context.Context) error {
	r.mu.Lock()
	batch := r.pending
	r.pending, r.writing = make(map[string]Call), maps.Clone(batch)
	r.mu.Unlock()

	var failed error
	for callID, c := range batch {
		saveCtx, cancel := context.WithTimeout(ctx, recordTimeout)
		err := r.store.Save(saveCtx, c)
		cancel()
		switch {
		case err == nil:
			delete(batch, callID)
		case fault.KindOf(err) == fault.Unavailable:
			failed = err
		default: // a defect: trying again would fail again, for ever
			r.log.Error("record of a call not written", "call", callID, "error", err)
			delete(batch, callID)
		}
	}
	if failed != nil {
		r.log.Warn("records of calls wait for the store", "calls", len(batch), "error", failed)
	}
	r.putBack(batch)
	return failed
}

// putBack ends a write: what it could not save waits on.
func (r *records) putBack(batch map[string]Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writing = nil
	for callID, c := range batch {
		if _, newer := r.pending[callID]; !newer {
			r.pending[callID] = c
		}
	}
}

// waiting returns the unwritten state of a call, so that history shows it before the store does.
func (r *records) waiting(callID string) (Call, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c, ok := r.pending[callID]; ok {
		return c, true
	}
	c, ok := r.writing[callID]
	return c, ok
}
