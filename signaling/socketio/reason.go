package socketio

import "github.com/digierapro/parley/signaling/socketio/engineio"

// Reason says why a socket was disconnected, in the words of the reference implementation where it has the case.
type Reason string

// The reasons of a namespace; the others are the texts of engineio's reasons.
const (
	ClientDisconnect Reason = "client namespace disconnect"
	ServerDisconnect Reason = "server namespace disconnect"
)

func reasonOf(r engineio.Reason) Reason { return Reason(r.String()) }

// recoverable says whether a client whose session ended this way may take it up again: nobody meant to end it, and the
// client did nothing wrong.
func (r Reason) recoverable() bool {
	switch r {
	case reasonOf(engineio.TransportClose), reasonOf(engineio.TransportError), reasonOf(engineio.PingTimeout),
		reasonOf(engineio.SlowConsumer), reasonOf(engineio.ForcedClose):
		return true
	default:
		return false
	}
}
