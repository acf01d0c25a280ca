package chat

import (
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
)

// Action is something one may want to do with a channel or with a message in it.
type Action string

// Actions. Every way into a channel, from the socket, from REST or from a call, asks for one of them.
const (
	Read      Action = "read"       // see that it is there, its messages, its members
	Write     Action = "write"      // send a message
	Edit      Action = "edit"       // change a message
	Delete    Action = "delete"     // take a message's words away
	React     Action = "react"      // put an emoji under a message
	Pin       Action = "pin"        // pin a message, or no longer
	Invite    Action = "invite"     // add somebody to a channel that is not private
	Notify    Action = "notify"     // call everybody with @channel
	Manage    Action = "manage"     // name, description, settings, members and their roles
	Moderate  Action = "moderate"   // see reports and former words, silence members
	StartCall Action = "start-call" // ring its members
	JoinCall  Action = "join-call"  // take a seat in its call
)

// Actor is who wants to do it.
type Actor struct {
	Internal bool
	Role     auth.Role
	Member   *Member // their membership in the channel in question; nil for none
	Author   bool    // the message in question is theirs
	Blocked  bool    // the other person of this DM wants to hear nothing of them
	Now      time.Time
}

// Refusals that Can gives beside ErrNoChannel.
var (
	ErrArchived     = fault.New(fault.Forbidden, "channel_archived", "This channel is archived.")
	ErrReadOnly     = fault.New(fault.Forbidden, "channel_read_only", "Only the channel's owner and admins can write here.")
	ErrNotAuthor    = fault.New(fault.Forbidden, "not_author", "Only who wrote a message can change it.")
	ErrNotModerator = fault.New(fault.Forbidden, "not_moderator", "Only the channel's owner and admins can do this.")
	ErrSilenced     = fault.New(fault.Forbidden, "silenced", "A moderator has silenced you in this channel for now.")
	ErrNotDelivered = fault.New(fault.Forbidden, "not_delivered", "This message could not be delivered.")
)

// Can is the one place that decides what anybody may do with a channel: nil when they may, ErrNoChannel when they may
// not even know that it exists, and another fault when they may know why not. It is pure: the caller brings the facts.
func Can(a Actor, action Action, ch Channel) error {
	if (ch.Internal && !a.Internal) || a.Member == nil {
		return ErrNoChannel
	}
	if action == Read {
		return nil
	}
	if ch.Archived && ch.Type != DM && action != Manage && action != Moderate { // so that it can be restored
		return ErrArchived // a DM is archived for oneself, and writing in it brings it back
	}
	switch action {
	case Write, Edit, React, Notify:
		return canSpeak(a, action, ch)
	case Delete:
		if a.Author || moderates(a, ch) {
			return nil
		}
		return ErrNotModerator
	case Pin:
		if ch.Type == DM {
			return canReach(a)
		}
		if moderates(a, ch) {
			return nil
		}
		return ErrNotModerator
	case Invite:
		if a.Internal {
			return nil
		}
		return ErrNotModerator // else clients would learn by trying who works here
	case Manage, Moderate:
		if ch.Type != DM && moderates(a, ch) {
			return nil
		}
		return ErrNotModerator
	case StartCall:
		return canReach(a)
	}
	return nil
}

// canReach decides on what the other person of a DM sees or hears without being a message: who is blocked does nothing there
// that shows, but for taking their own words away.
func canReach(a Actor) error {
	if a.Blocked {
		return ErrNotDelivered
	}
	return nil
}

// canSpeak decides on everything by which a member is heard.
func canSpeak(a Actor, action Action, ch Channel) error {
	switch {
	case action == Edit && !a.Author:
		return ErrNotAuthor
	case a.Member.SilencedUntil != nil && a.Now.Before(*a.Member.SilencedUntil):
		return ErrSilenced
	case a.Blocked:
		return ErrNotDelivered
	case moderates(a, ch), action == React:
		return nil
	case ch.ReadOnly:
		return ErrReadOnly
	case action == Notify && ch.Type == General:
		return ErrNotModerator
	}
	return nil
}

// moderates: the channel's owner and admins, and the company's admins in all channels that they are in. A DM has no
// moderator, and a client of the company is none.
func moderates(a Actor, ch Channel) bool {
	if ch.Type == DM || !a.Internal {
		return false
	}
	return a.Member.Role == Owner || a.Member.Role == Admin || a.Role == auth.RoleAdmin
}
