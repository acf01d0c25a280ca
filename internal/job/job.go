// Package job names work that outlives the request that caused it, is done once however many nodes there are, and is
// tried again until it succeeds. The store keeps the list of it (store/postgres); domains say what is to be done.
package job

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Handler does the work of one kind.
type Handler struct {
	Kind string
	// Work does one job. It may be called again for a job that it had done, when the node died before that was noted.
	// An error means again later, after Final not.
	Work func(ctx context.Context, args json.RawMessage) error
	// Every makes one job without args that is done again so long after its end; 0 for a kind whose jobs are made one by one.
	Every time.Duration

	Timeout  time.Duration // of Work; 0 for DefaultTimeout
	Attempts int           // before a job counts as failed; 0 for DefaultAttempts. One with Every never fails
	Slots    int           // done at the same time on one node; 0 for 1
}

// Defaults of a Handler.
const (
	DefaultTimeout  = 30 * time.Second
	DefaultAttempts = 8
)

// WithDefaults fills in what is zero.
func (h Handler) WithDefaults() Handler {
	if h.Timeout <= 0 {
		h.Timeout = DefaultTimeout
	}
	if h.Attempts <= 0 {
		h.Attempts = DefaultAttempts
	}
	if h.Slots <= 0 {
		h.Slots = 1
	}
	return h
}

type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// Final marks an error after which trying again is of no use.
func Final(err error) error { return finalError{err} }

// IsFinal tells whether err was marked by Final.
func IsFinal(err error) bool { return errors.As(err, new(finalError)) }

// Backoff is the wait before the next attempt, after so many: 2 seconds, doubled each time, up to ten minutes.
func Backoff(attempts int) time.Duration {
	return min(time.Second<<min(max(attempts, 1), 20), 10*time.Minute)
}
