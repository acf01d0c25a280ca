package main

import (
	"github.com/digierapro/parley/internal/obs"
	"github.com/digierapro/parley/signaling"
)

// register exports the counters of the node's parts.
func (n *node) register(m *obs.Metrics, db *database) {
	obs.Register(m, n.edge.Stats,
		obs.Counter("parley_socket_refused_total", "Connections whose token did not verify.", func(s *signaling.Stats) uint64 { return s.Refused.Load() }),
		obs.Counter("parley_events_total", "Events that clients sent.", func(s *signaling.Stats) uint64 { return s.Events.Load() }),
		obs.Counter("parley_unknown_events_total", "Events with a name that is not in the table.", func(s *signaling.Stats) uint64 { return s.UnknownEvents.Load() }),
		obs.Counter("parley_event_errors_total", "Events answered with an error.", func(s *signaling.Stats) uint64 { return s.Errors.Load() }),
		obs.Counter("parley_panics_total", "Requests that met a defect.", func(s *signaling.Stats) uint64 { return s.Panics.Load() }),
		obs.Counter("parley_http_requests_total", "Requests over REST.", func(s *signaling.Stats) uint64 { return s.Requests.Load() }),
	)
	obs.Register(m, n.sizes,
		obs.Gauge("parley_sockets", "Sockets connected now.", func(s sizes) float64 { return s.sockets }),
		obs.Gauge("parley_calls", "Calls going on now.", func(s sizes) float64 { return s.calls }),
		obs.Gauge("parley_call_participants", "Seats taken in calls now.", func(s sizes) float64 { return s.seats }),
	)
}

type sizes struct{ sockets, calls, seats float64 }

func (n *node) sizes() sizes {
	calls, seats := n.calls.Count()
	return sizes{sockets: float64(n.edge.Sockets()), calls: float64(calls), seats: float64(seats)}
}
