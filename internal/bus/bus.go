// Package bus carries small events between the nodes of one Parley: what was committed here and must be shown there.
//
// Promise: at most once, in the order in which one publisher published on one topic. An event may be lost; whoever
// needs all of them numbers them and asks for what is missing (a channel's eventSeq and the sync request).
package bus

import (
	"context"
	"encoding/json"
	"strings"
)

// Event is one thing that happened, as clients are told of it.
type Event struct {
	Name  string          // the name of the push on the wire, for example "newMessage"
	Data  json.RawMessage // its payload, encoded once for all receivers
	Class Class           // what may happen to it on the way to a slow client
	Key   string          // with State: only the newest of a key matters
	Here  bool            // is for this node alone
}

// Class says how much a slow client's queue may do to an event.
type Class uint8

const (
	// Durable events are delivered in order, or the connection is closed so that the client comes back and syncs.
	Durable Class = iota
	// State events replace an older one of the same Key that still waits.
	State
	// Ephemeral events are the first to be dropped.
	Ephemeral
)

// Bus is what the parts of a Parley publish on and subscribe to. Topics are made by the functions of this package.
type Bus interface {
	// Publish hands the event to every subscriber of the topic: to those of this node before it returns, and to those of
	// other nodes when it can. It waits for no other node, and for the other nodes to be there at all neither.
	Publish(ctx context.Context, topic string, e Event) error
	// Subscribe calls fn for every event on the topic until the returned function is called. fn must not block; calls
	// for one topic come one at a time.
	Subscribe(topic string, fn func(Event)) (unsubscribe func())
	// Settle waits until this node hears, also from other nodes, what was subscribed to before; or ctx ends, or the other
	// nodes cannot be heard now anyway.
	Settle(ctx context.Context)
	// Up tells whether the nodes hear each other now. Where there is one node alone, they do.
	Up() bool
}

// EventLost says, on the topic Losses, that events of any topic may have been lost, or are lost from now on: other nodes
// cannot be heard, or can be heard again, or have dropped something. Whoever needs all of them asks the database.
const EventLost = "eventsLost"

// Losses is the topic of EventLost.
func Losses() string { return "losses" }

// Channel is the topic of what happens in a chat channel.
func Channel(channelID string) string { return "channel:" + channelID }

// User is the topic of what concerns one user, on all devices.
func User(userID string) string { return "user:" + userID }

// Presence is the topic of whether a user is online, for those who look.
func Presence(userID string) string { return "presence:" + userID }

// Directory is the topic of what every node must know of users: who was deactivated, and that the directory says something
// else of somebody than before.
func Directory() string { return "directory" }

// People is the topic of how people look to others, for all who are internal. Each node tells its own sockets.
func People() string { return "people" }

// Call is the topic of what everyone in a call is told.
func Call(callID string) string { return "call:" + callID }

// Seat is the topic of what one participant of a call is told.
func Seat(participantID string) string { return "seat:" + participantID }

// Shared tells whether a topic is for other nodes at all. A call is owned by one node, which has the sockets of all who are
// in it; and each node tells its own sockets who is online, and how people look.
func Shared(topic string) bool {
	for _, own := range []string{Call(""), Seat(""), Presence(""), People()} {
		if strings.HasPrefix(topic, own) {
			return false
		}
	}
	return true
}

// OnLoss gives a channel that has something in it once events may have been lost, until stop is called.
func OnLoss(b Bus) (lost <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	return c, b.Subscribe(Losses(), func(Event) {
		select {
		case c <- struct{}{}:
		default: // it is known already
		}
	})
}

// Devices is the topic on which nodes tell each other of a user's devices, and of what the user says of themselves.
func Devices(userID string) string { return "devices:" + userID }
