package signaling

import (
	"sync/atomic"

	"github.com/digierapro/parley/signaling/socketio"
)

// Stats counts what went through the edge.
type Stats struct {
	Refused       atomic.Uint64 // connections whose token did not verify
	Events        atomic.Uint64 // from clients
	UnknownEvents atomic.Uint64
	Errors        atomic.Uint64 // requests answered with an error
	Panics        atomic.Uint64
	Requests      atomic.Uint64 // over REST
	Missed        atomic.Uint64 // changes of channels that the database had and nobody had told of
}

// Stats returns the counters.
func (s *Server) Stats() *Stats { return &s.stats }

// Sockets gives the number of connected sockets.
func (s *Server) Sockets() int { return s.io.Of("/").Len() }

// IO returns the Socket.IO server, for its counters.
func (s *Server) IO() *socketio.Server { return s.io }
