package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"

	"github.com/digierapro/parley/internal/fault"
)

// Codes of SQL errors that mean something to us.
const (
	uniqueViolation      = "23505"
	foreignKeyViolation  = "23503"
	checkViolation       = "23514"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	badEncoding          = "22021" // a NUL or bytes that are no UTF-8
)

const maxAttempts = 3

// do runs one operation with a deadline, again when the server undid it to resolve a conflict or the connection was lost
// under it, and turns its error into what callers expect. All operations of this package may be repeated: the second
// time, one that had been done after all finds it done.
func (db *DB) do(ctx context.Context, what string, op func(context.Context) error, alsoRetry ...string) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, callTimeout)
		defer cancel()
	}
	for attempt := 1; ; attempt++ {
		err := op(ctx)
		if err == nil {
			return nil
		}
		if attempt == maxAttempts || ctx.Err() != nil || !retryable(err, alsoRetry) || !pause(ctx, attempt) {
			return translate(ctx, what, err)
		}
	}
}

// pause waits a random while that grows with the attempts; false when the context ends before.
func pause(ctx context.Context, attempt int) bool {
	timer := time.NewTimer(time.Duration(attempt)*5*time.Millisecond + rand.N(10*time.Millisecond))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func retryable(err error, also []string) bool {
	code := sqlCode(err)
	if code == serializationFailure || code == deadlockDetected {
		return true
	}
	for _, c := range also {
		if code == c {
			return true
		}
	}
	var refused *pgconn.ConnectError
	return code == "" && !errors.As(err, &refused) && connectionLost(err)
}

// translate maps an error to what the domain is promised: its own faults unchanged, Unavailable for a server that cannot
// be reached or does not answer, and the error itself for a defect.
func translate(ctx context.Context, what string, err error) error {
	var f *fault.Error
	switch {
	case errors.As(err, &f):
		return err
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("%s: %w", what, context.Canceled)
	case ctx.Err() != nil, connectionLost(err), unavailableCode(sqlCode(err)):
		return unavailable(fmt.Errorf("%s: %w", what, err))
	case sqlCode(err) == badEncoding:
		return fault.Wrap(err, fault.Invalid, "invalid_text", "The text holds characters that cannot be stored.")
	}
	return fmt.Errorf("%s: %w", what, err)
}

func unavailable(cause error) error {
	return fault.Wrap(cause, fault.Unavailable, "database_unavailable",
		"The message store is not available right now. Try again in a moment.").After(time.Second)
}

func sqlCode(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

func connectionLost(err error) bool {
	var (
		refused *pgconn.ConnectError
		network net.Error
		system  syscall.Errno
	)
	return errors.As(err, &refused) || errors.As(err, &network) || errors.As(err, &system) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, puddle.ErrClosedPool) || pgconn.SafeToRetry(err) || goingAway(sqlCode(err))
}

// goingAway: the server ended this connection itself, because it shuts down or restarts.
func goingAway(code string) bool { return code == "57P01" || code == "57P02" }

// unavailableCode: classes 08 (connection), 53 (out of resources), 57 (operator: shutting down, starting up, cancelled),
// 58 (the system under it failed); a server that has become a standby; conflicts that did not resolve themselves.
func unavailableCode(code string) bool {
	if len(code) != 5 {
		return false
	}
	switch code {
	case "25006", serializationFailure, deadlockDetected:
		return true
	}
	return strings.Contains("08 53 57 58", code[:2])
}
