// Package fault is the one error type that crosses from the domain to a client: a kind that says what to do about it,
// a stable code for programs, and a sentence for people. The edge maps kinds to HTTP statuses and acks in one place.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of failure it is, and so what the caller can do about it.
type Kind uint8

const (
	// Internal is a fault of ours; its message is never shown to a client.
	Internal Kind = iota
	// Invalid: the request is malformed or breaks a rule; sending it again unchanged cannot help.
	Invalid
	// Unauthenticated: who is asking is not known, or no longer.
	Unauthenticated
	// Forbidden: known, and may know that the thing exists, but may not do this.
	Forbidden
	// NotFound: does not exist, or the caller may not know that it does.
	NotFound
	// Conflict: the request disagrees with the present state.
	Conflict
	// TooLarge: over a size or count limit.
	TooLarge
	// RateLimited: too many, too fast; RetryAfter says when to come back.
	RateLimited
	// Unavailable: a part we depend on is down; the same request may succeed later.
	Unavailable
)

var kindNames = [...]string{
	"internal", "invalid", "unauthenticated", "forbidden", "not_found", "conflict", "too_large", "rate_limited", "unavailable",
}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Error is a failure that a client is told about.
type Error struct {
	Kind       Kind
	Code       string         // stable, snake_case; the kind's name when there is nothing more exact to say
	Message    string         // one sentence for people
	Details    map[string]any // facts a program can use, for example the field and its limit
	RetryAfter time.Duration  // with RateLimited and Unavailable; 0 when not known
	cause      error
}

// New returns an error of a kind with a stable code and a sentence for people.
func New(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// Newf is New with a formatted sentence.
func Newf(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap is New with the error that caused it, which goes to the log and not to the client.
func Wrap(cause error, kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message, cause: cause}
}

// With returns a copy with one more detail.
func (e *Error) With(key string, value any) *Error {
	c := *e
	c.Details = make(map[string]any, len(e.Details)+1)
	for k, v := range e.Details {
		c.Details[k] = v
	}
	c.Details[key] = value
	return &c
}

// After returns a copy that tells the client when to come back.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

func (e *Error) Error() string {
	if e.cause != nil {
		return e.Message + ": " + e.cause.Error()
	}
	return e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is match on the code, so that a package can export a fault as its sentinel.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code && t.Kind == e.Kind
}

// From finds the fault in err's chain. Any other error becomes an Internal one that says nothing of its cause to the
// client and keeps it for the log.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return Wrap(err, Internal, "internal", "Something went wrong on the server.")
}

// KindOf returns the kind of the fault in err's chain; Internal when there is none.
func KindOf(err error) Kind { return From(err).Kind }
