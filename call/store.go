package call

import (
	"context"
	"time"
)

// Store keeps the record of calls. A call does not depend on it: what it cannot take now is offered again.
type Store interface {
	// Save writes a call with all its participants over what it had of them.
	Save(ctx context.Context, c Call) error
	// Get returns one call, or ErrNoCall.
	Get(ctx context.Context, callID string) (Call, error)
	// List returns up to limit calls, newest first, of the channels that the user is a member of; ChannelID narrows it,
	// Before (a call's id, exclusive) pages. hasMore says whether there are older ones.
	List(ctx context.Context, q ListQuery) (calls []Call, hasMore bool, err error)
	// CloseOrphans ends, as failed at the given time, the calls that are still open, not among the live ones, and not of
	// another server that lives: those of one that died.
	CloseOrphans(ctx context.Context, live []string, at time.Time) (n int, err error)
}

// ListQuery asks for a page of call records.
type ListQuery struct {
	UserID    string
	Internal  bool   // also of internal channels
	ChannelID string // empty for all
	Before    string // empty for the newest
	Limit     int
}
