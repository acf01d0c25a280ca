package chat

import (
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
)

// Action is something one may want to do with a channel.
type Action string

// Actions. Every way into a channel, from the socket, from REST or from a call, asks for one of them.
const (
	Read      Action = "read"       // see that it is there, its messages, its members
	Write     Action = "write"      // send a message
	StartCall Action = "start-call" // ring its members
	JoinCall  Action = "join-call"  // take a seat in its call
)

// Actor is who wants to do it.
type Actor struct {
	Internal bool
	Role     auth.Role
	Member   *Member // their membership in the channel in question; nil for none
}

// Refusals that Can gives beside ErrNoChannel.
var (
	ErrArchived = fault.New(fault.Forbidden, "channel_archived", "This channel is archived.")
	ErrReadOnly = fault.New(fault.Forbidden, "channel_read_only", "Only the channel's owner and admins can write here.")
)

// Can is the one place that decides what anybody may do with a channel: nil when they may, ErrNoChannel when they may
// not even know that it exists, and another fault when they may know why not. It is pure: the caller brings the facts.
func Can(a Actor, action Action, ch Channel) error {
	if ch.Internal && !a.Internal {
		return ErrNoChannel
	}
	if a.Member == nil {
		return ErrNoChannel
	}
	if action == Read {
		return nil
	}
	if ch.Archived {
		return ErrArchived
	}
	if action == Write && ch.ReadOnly && a.Member.Role != Owner && a.Member.Role != Admin {
		return ErrReadOnly
	}
	return nil
}
