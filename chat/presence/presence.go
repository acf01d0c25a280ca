// Package presence knows who is online, away, busy or offline, and tells those who look.
//
// A user is online while one of their devices is in use, away when none was for five minutes, and offline twenty seconds
// after the last of them went: a reloaded page is not noticed. What a user has chosen counts before that. Changes are told
// together, every two seconds, and only to connections that watch the user.
package presence

import (
	"context"
	"time"

	"github.com/digierapro/parley/internal/fault"
)

// Status is what others see of a user.
type Status string

// Statuses.
const (
	Online  Status = "online"
	Away    Status = "away"
	Busy    Status = "dnd"
	Offline Status = "offline"
)

// Times of presence.
const (
	awayAfter    = 5 * time.Minute  // without input on any device
	offlineAfter = 20 * time.Second // without a connection
	tellEvery    = 2 * time.Second
	quietStart   = 5 * time.Second // after a start, in which everybody comes back
	seenEvery    = time.Minute     // at most so often is it written when a user was last seen
)

// MaxWatched is how many users one connection may watch.
const MaxWatched = 200

// MaxCustomStatus is the longest status text, in characters.
const MaxCustomStatus = 100

// EventStatusChanged is the push that tells of a user's presence.
const EventStatusChanged = "userStatusChanged"

// Presence is what others see of a user.
type Presence struct {
	UserID       string     `json:"userId"`
	Status       Status     `json:"status"`
	Since        time.Time  `json:"since"`
	CustomStatus string     `json:"customStatus"`
	ExpiresAt    *time.Time `json:"expiresAt,omitempty"`  // of the custom status and of what was chosen
	LastSeenAt   *time.Time `json:"lastSeenAt,omitempty"` // of who is offline, unless they hide it
}

// Choice is what a user says of themselves.
type Choice struct {
	Chosen       Status // Away, Busy or Offline (to look so); empty or Online for what the devices say
	CustomStatus string
	ExpiresAt    *time.Time // then it is over; nil for never
	HideLastSeen bool
	HideTyping   bool
}

// Store keeps choices and when users were last seen.
type Store interface {
	// Choices returns the choices of those of the users that made one, and when each was last seen.
	Choices(ctx context.Context, userIDs []string) (map[string]Kept, error)
	// SaveChoice keeps a choice.
	SaveChoice(ctx context.Context, userID string, c Choice) error
	// Seen notes that users were here at a time.
	Seen(ctx context.Context, userIDs []string, at time.Time) error
}

// Kept is what a Store has of a user.
type Kept struct {
	Choice
	LastSeenAt *time.Time
}

// Refusals.
var (
	errTooManyWatched = fault.Newf(fault.TooLarge, "too_many_watched", "A connection watches at most %d people.", MaxWatched).With("limit", MaxWatched)
	errBadStatus      = fault.New(fault.Invalid, "bad_request", "status is online, away, dnd or offline.").With("field", "status")
	errBadText        = fault.Newf(fault.Invalid, "bad_request", "A status text is at most %d characters.", MaxCustomStatus).With("field", "customStatus")
	errBadExpiry      = fault.New(fault.Invalid, "bad_request", "expiresAt lies within the next year.").With("field", "expiresAt")
)
