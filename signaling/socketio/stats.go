package socketio

import (
	"sync/atomic"

	"github.com/digierapro/parley/signaling/socketio/engineio"
)

// Stats counts what a Server did. All fields only grow, except those that say "now".
type Stats struct {
	Engine *engineio.Stats

	Sockets       atomic.Int64 // connected to a namespace now
	Connected     atomic.Int64
	Refused       atomic.Int64 // by middleware, by a limit, or for a namespace that does not exist
	Recovered     atomic.Int64
	NotRecovered  atomic.Int64 // asked for recovery and got a new session
	Lost          atomic.Int64 // clients whose session is kept for recovery now
	RecoveryBytes atomic.Int64 // kept for recovery now

	Events        atomic.Int64
	UnknownEvents atomic.Int64 // for which there is no handler
	Acks          atomic.Int64 // of the client, to events of the server
	StrayAcks     atomic.Int64 // of the client, to nothing
	Malformed     atomic.Int64 // packets that closed their connection
	Panics        atomic.Int64 // recovered from handlers
}
