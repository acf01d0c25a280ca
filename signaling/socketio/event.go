package socketio

import (
	"errors"
	"sync/atomic"

	"github.com/digierapro/parley/signaling/socketio/engineio"
)

// ErrAcked is the answer to a second Ack of the same event.
var ErrAcked = errors.New("socketio: event is acknowledged already")

// Event is an event from a client.
type Event struct {
	Payload

	socket *Socket
	name   string
	id     int64
	acked  atomic.Bool
}

// Name is the event's name.
func (e *Event) Name() string { return e.name }

// WantsAck reports whether the client waits for an acknowledgement.
func (e *Event) WantsAck() bool { return e.id != noID }

// Ack answers the event. It may be called once, from any goroutine, at any time; when the client asked for no answer it
// does nothing. An answer that is larger than a message may be is engineio.ErrTooLarge, and another one can be given.
func (e *Event) Ack(args ...any) error {
	var m *engineio.Message
	if e.WantsAck() {
		if args == nil {
			args = []any{}
		}
		var err error
		if m, err = encodeArray(typeAck, typeBinaryAck, e.socket.ns.name, e.id, args); err != nil {
			return err
		}
	}
	if !e.acked.CompareAndSwap(false, true) {
		return ErrAcked
	}
	if m == nil {
		return nil
	}
	err := e.socket.send(m, engineio.Durable, "")
	if errors.Is(err, engineio.ErrTooLarge) {
		e.acked.Store(false)
	}
	return err
}
