package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/digierapro/parley/internal/obs"
	"github.com/digierapro/parley/sfu"
	"github.com/digierapro/parley/sfu/transport"
	"github.com/digierapro/parley/signaling"
	"github.com/digierapro/parley/signaling/socketio"
	"github.com/digierapro/parley/signaling/socketio/engineio"
	"github.com/digierapro/parley/store/postgres"
)

// register exports the counters of the node's parts.
func (n *node) register(m *obs.Metrics, db *database) {
	obs.Register(m, n.sizes,
		obs.Gauge("parley_sockets", "Sockets connected now.", func(s sizes) float64 { return s.sockets }),
		obs.Gauge("parley_calls", "Calls going on now.", func(s sizes) float64 { return s.calls }),
		obs.Gauge("parley_call_participants", "Seats taken in calls now.", func(s sizes) float64 { return s.seats }),
	)
	obs.Register(m, n.edge.Stats, edgeSeries()...)
	obs.Register(m, n.edge.IO().Stats, socketSeries()...)
	obs.Register(m, n.edge.IO().Stats, engineSeries()...)
	obs.Register(m, n.media.Stats, mediaSeries(n.media.Stats())...)
	obs.Register(m, n.media.Stats, transportSeries(n.media.Stats())...)
	n.turn.register(m)
	n.blobs.register(m)
	obs.Register(m, db.Stats, poolSeries()...)
	obs.Register(m, n.mux.Stats, tcpSeries()...)
	if n.redis != nil {
		obs.Register(m, n.redis.Stats, redisSeries()...)
	}
	if n.certs != nil {
		obs.Register(m, n.certs.Stats, certificateSeries()...)
	}
	if db.cluster != nil {
		obs.Register(m, db.cluster.State,
			obs.Gauge("parley_database_server_up", "1 while the Postgres that Parley runs itself answers.", func(s postgres.State) float64 {
				if s == postgres.Up {
					return 1
				}
				return 0
			}),
		)
	}
}

type sizes struct{ sockets, calls, seats float64 }

func (n *node) sizes() sizes {
	calls, seats := n.calls.Count()
	return sizes{sockets: float64(n.edge.Sockets()), calls: float64(calls), seats: float64(seats)}
}

func edgeSeries() []obs.Series[*signaling.Stats] {
	return []obs.Series[*signaling.Stats]{
		obs.Counter("parley_socket_refused_total", "Connections whose token did not verify.", func(s *signaling.Stats) uint64 { return s.Refused.Load() }),
		obs.Counter("parley_events_total", "Events that clients sent.", func(s *signaling.Stats) uint64 { return s.Events.Load() }),
		obs.Counter("parley_missed_changes_total", "Changes of channels that were found in the database, since nobody had told of them.", func(s *signaling.Stats) uint64 { return s.Missed.Load() }),
		obs.Counter("parley_unknown_events_total", "Events with a name that is not in the table.", func(s *signaling.Stats) uint64 { return s.UnknownEvents.Load() }),
		obs.Counter("parley_event_errors_total", "Events answered with an error.", func(s *signaling.Stats) uint64 { return s.Errors.Load() }),
		obs.Counter("parley_panics_total", "Requests that met a defect.", func(s *signaling.Stats) uint64 { return s.Panics.Load() }),
		obs.Counter("parley_http_requests_total", "Requests over REST.", func(s *signaling.Stats) uint64 { return s.Requests.Load() }),
	}
}

func socketSeries() []obs.Series[*socketio.Stats] {
	return []obs.Series[*socketio.Stats]{
		obs.Counter("parley_socketio_connected_total", "Sockets that connected.", func(s *socketio.Stats) uint64 { return uint64(s.Connected.Load()) }),
		obs.Counter("parley_socketio_refused_total", "Connects refused: token, limit or namespace.", func(s *socketio.Stats) uint64 { return uint64(s.Refused.Load()) }),
		obs.Counter("parley_socketio_recovered_total", "Connects that took up a lost connection.", func(s *socketio.Stats) uint64 { return uint64(s.Recovered.Load()) }),
		obs.Counter("parley_socketio_not_recovered_total", "Connects that asked to and could not.", func(s *socketio.Stats) uint64 { return uint64(s.NotRecovered.Load()) }),
		obs.Gauge("parley_socketio_recovery_bytes", "Kept now for clients that may come back.", func(s *socketio.Stats) float64 { return float64(s.RecoveryBytes.Load()) }),
		obs.Counter("parley_socketio_malformed_total", "Packets that closed their connection.", func(s *socketio.Stats) uint64 { return uint64(s.Malformed.Load()) }),
		obs.Counter("parley_socketio_stray_acks_total", "Acks of clients to nothing.", func(s *socketio.Stats) uint64 { return uint64(s.StrayAcks.Load()) }),
		obs.Counter("parley_socketio_panics_total", "Handlers that met a defect.", func(s *socketio.Stats) uint64 { return uint64(s.Panics.Load() + s.Engine.Panics.Load()) }),
	}
}

func engineSeries() []obs.Series[*socketio.Stats] {
	series := []obs.Series[*socketio.Stats]{
		obs.Gauge("parley_engineio_sessions", "Connections open now.", func(s *socketio.Stats) float64 { return float64(s.Engine.Sessions.Load()) }),
		obs.Gauge("parley_engineio_websockets", "Of these, on a WebSocket.", func(s *socketio.Stats) float64 { return float64(s.Engine.WebSockets.Load()) }),
		obs.Counter("parley_engineio_opened_total", "Connections opened.", func(s *socketio.Stats) uint64 { return uint64(s.Engine.Opened.Load()) }),
		obs.Counter("parley_engineio_refused_total", "Requests refused.", func(s *socketio.Stats) uint64 { return uint64(s.Engine.RefusedOrigin.Load()) }, "reason", "origin"),
		obs.Counter("parley_engineio_refused_total", "Requests refused.", func(s *socketio.Stats) uint64 { return uint64(s.Engine.RefusedRequest.Load()) }, "reason", "request"),
		obs.Counter("parley_engineio_refused_total", "Requests refused.", func(s *socketio.Stats) uint64 { return uint64(s.Engine.RefusedLimit.Load()) }, "reason", "limit"),
		obs.Counter("parley_engineio_upgrades_lost_total", "Upgrades to a WebSocket that were begun and not finished.", func(s *socketio.Stats) uint64 { return uint64(s.Engine.UpgradeLost.Load()) }),
		obs.Counter("parley_engineio_packets_total", "Packets.", func(s *socketio.Stats) uint64 { return uint64(s.Engine.PacketsIn.Load()) }, "direction", "in"),
		obs.Counter("parley_engineio_packets_total", "Packets.", func(s *socketio.Stats) uint64 { return uint64(s.Engine.PacketsOut.Load()) }, "direction", "out"),
		obs.Counter("parley_engineio_bytes_total", "Bytes of packets.", func(s *socketio.Stats) uint64 { return uint64(s.Engine.BytesIn.Load()) }, "direction", "in"),
		obs.Counter("parley_engineio_bytes_total", "Bytes of packets.", func(s *socketio.Stats) uint64 { return uint64(s.Engine.BytesOut.Load()) }, "direction", "out"),
		obs.Counter("parley_engineio_dropped_total", "Packets not sent to slow clients.", func(s *socketio.Stats) uint64 { return uint64(s.Engine.DroppedEphemeral.Load()) }, "reason", "ephemeral"),
		obs.Counter("parley_engineio_dropped_total", "Packets not sent to slow clients.", func(s *socketio.Stats) uint64 { return uint64(s.Engine.CoalescedState.Load()) }, "reason", "coalesced"),
	}
	for _, reason := range engineio.Reasons() {
		series = append(series, obs.Counter("parley_engineio_closed_total", "Connections ended, by reason.",
			func(s *socketio.Stats) uint64 { return uint64(s.Engine.Closed(reason)) }, "reason", strings.ReplaceAll(reason.String(), " ", "_")))
	}
	return series
}

func mediaSeries(now sfu.Stats) []obs.Series[sfu.Stats] {
	series := []obs.Series[sfu.Stats]{
		obs.Gauge("parley_media_rooms", "Rooms open now.", func(s sfu.Stats) float64 { return float64(s.Rooms) }),
		obs.Gauge("parley_media_peers", "Peers in rooms now.", func(s sfu.Stats) float64 { return float64(s.Peers) }),
		obs.Gauge("parley_media_publications", "Tracks published now.", func(s sfu.Stats) float64 { return float64(s.Publications) }),
		obs.Gauge("parley_media_slots", "Slots negotiated now.", func(s sfu.Stats) float64 { return float64(s.Slots) }),
		obs.Counter("parley_media_packets_total", "RTP packets.", func(s sfu.Stats) uint64 { return s.PacketsIn }, "direction", "in"),
		obs.Counter("parley_media_packets_total", "RTP packets.", func(s sfu.Stats) uint64 { return s.PacketsOut }, "direction", "out"),
		obs.Counter("parley_media_retransmitted_total", "Packets sent again to subscribers.", func(s sfu.Stats) uint64 { return s.Retransmitted }),
		obs.Counter("parley_media_requested_total", "Packets asked again from publishers.", func(s sfu.Stats) uint64 { return s.PacketsRequested }),
		obs.Counter("parley_media_recovered_total", "Of these, those that came.", func(s sfu.Stats) uint64 { return s.Recovered }),
		obs.Counter("parley_media_keyframe_requests_total", "Key frames asked from publishers.", func(s sfu.Stats) uint64 { return s.KeyFrameRequests }),
		obs.Counter("parley_media_switches_total", "Sources and layers switched into slots.", func(s sfu.Stats) uint64 { return s.Switches }),
		obs.Counter("parley_media_forced_switches_total", "Switches given up for another layer after two seconds without a key frame.", func(s sfu.Stats) uint64 { return s.ForcedSwitches }),
		obs.Counter("parley_media_cut_offs_total", "Layers stopped at once, since the way to a receiver had no room for them.", func(s sfu.Stats) uint64 { return s.CutOffs }),
		obs.Counter("parley_media_holds_total", "Times that video was held back, since a queue seemed to build up on the way to a client.", func(s sfu.Stats) uint64 { return s.Transport.Holds }),
		obs.Counter("parley_media_uplink_caps_total", "Times that a publisher was told that its way had become narrow.", func(s sfu.Stats) uint64 { return s.UplinkCaps }),
		obs.Counter("parley_media_replays_total", "Switches that began with a key frame that was kept.", func(s sfu.Stats) uint64 { return s.Replays }),
		obs.Counter("parley_media_assignments_total", "Slots looked at because somebody came, left or looked elsewhere.", func(s sfu.Stats) uint64 { return s.Assignments }),
	}
	series = append(series, bandwidthSeries()...)
	for _, reason := range slices.Sorted(maps.Keys(now.Dropped)) {
		series = append(series, obs.Counter("parley_media_dropped_total", "Packets thrown away above the transport, by reason.",
			func(s sfu.Stats) uint64 { return s.Dropped[reason] }, "reason", reason))
	}
	return series
}

func bandwidthSeries() []obs.Series[sfu.Stats] {
	quantile := func(q string, of func(sfu.Bandwidth) int) obs.Series[sfu.Stats] {
		return obs.Gauge("parley_media_bandwidth_estimate_bits_per_second", "What peers can receive now, by the last estimates.",
			func(s sfu.Stats) float64 { return float64(of(s.Bandwidth)) }, "quantile", q)
	}
	return []obs.Series[sfu.Stats]{
		obs.Gauge("parley_media_bandwidth_estimated_peers", "Peers whose bandwidth is estimated now.", func(s sfu.Stats) float64 { return float64(s.Bandwidth.Peers) }),
		quantile("0.1", func(b sfu.Bandwidth) int { return b.Low }),
		quantile("0.5", func(b sfu.Bandwidth) int { return b.Median }),
		quantile("0.9", func(b sfu.Bandwidth) int { return b.High }),
	}
}

func transportSeries(now sfu.Stats) []obs.Series[sfu.Stats] {
	series := []obs.Series[sfu.Stats]{
		obs.Gauge("parley_transport_connections", "Media connections now.", func(s sfu.Stats) float64 { return float64(s.Transport.Conns) }),
		obs.Counter("parley_transport_datagrams_total", "Datagrams of the media port.", func(s sfu.Stats) uint64 { return s.Transport.PacketsIn }, "direction", "in"),
		obs.Counter("parley_transport_datagrams_total", "Datagrams of the media port.", func(s sfu.Stats) uint64 { return s.Transport.PacketsOut }, "direction", "out"),
		obs.Counter("parley_transport_bytes_total", "Their bytes.", func(s sfu.Stats) uint64 { return s.Transport.BytesIn }, "direction", "in"),
		obs.Counter("parley_transport_bytes_total", "Their bytes.", func(s sfu.Stats) uint64 { return s.Transport.BytesOut }, "direction", "out"),
		obs.Counter("parley_transport_send_errors_total", "Datagrams that the kernel did not take.", func(s sfu.Stats) uint64 { return s.Transport.SendErrors }),
		obs.Counter("parley_transport_feedback_total", "Transport-wide feedback packets.", func(s sfu.Stats) uint64 { return s.Transport.FeedbackIn }, "direction", "in"),
		obs.Counter("parley_transport_feedback_total", "Transport-wide feedback packets.", func(s sfu.Stats) uint64 { return s.Transport.FeedbackOut }, "direction", "out"),
		obs.Counter("parley_transport_silences_total", "Times that a client ceased to report on what it is sent, or never began.", func(s sfu.Stats) uint64 { return s.Transport.Silences }),
		obs.Counter("parley_transport_handshakes_total", "DTLS handshakes.", func(s sfu.Stats) uint64 { return s.Transport.Handshakes }, "result", "ok"),
		obs.Counter("parley_transport_handshakes_total", "DTLS handshakes.", func(s sfu.Stats) uint64 { return s.Transport.HandshakeFail }, "result", "failed"),
		obs.Counter("parley_transport_address_moves_total", "Clients whose media moved to another of their addresses.", func(s sfu.Stats) uint64 { return s.Transport.AddressMoves }),
	}
	series = append(series, iceTCPSeries()...)
	for _, reason := range slices.Sorted(maps.Keys(now.Transport.Dropped)) {
		series = append(series, obs.Counter("parley_transport_dropped_total", "Datagrams thrown away, by reason.",
			func(s sfu.Stats) uint64 { return s.Transport.Dropped[reason] }, "reason", reason))
	}
	return series
}

func iceTCPSeries() []obs.Series[sfu.Stats] {
	ended := func(reason string, n func(transport.TCPStats) uint64) obs.Series[sfu.Stats] {
		return obs.Counter("parley_ice_tcp_ended_total", "Connections of ICE-TCP that we ended, by reason.",
			func(s sfu.Stats) uint64 { return n(s.Transport.TCP) }, "reason", reason)
	}
	return []obs.Series[sfu.Stats]{
		obs.Gauge("parley_ice_tcp_connections", "Connections of ICE-TCP now.", func(s sfu.Stats) float64 { return float64(s.Transport.TCP.Links) }, "state", "client"),
		obs.Gauge("parley_ice_tcp_connections", "Connections of ICE-TCP now.", func(s sfu.Stats) float64 { return float64(s.Transport.TCP.Strangers) }, "state", "stranger"),
		obs.Counter("parley_ice_tcp_accepted_total", "Connections of ICE-TCP that showed a client's credentials.", func(s sfu.Stats) uint64 { return s.Transport.TCP.Accepted }),
		ended("refused", func(t transport.TCPStats) uint64 { return t.Refused }),
		ended("unproven", func(t transport.TCPStats) uint64 { return t.Unproven }),
		ended("malformed", func(t transport.TCPStats) uint64 { return t.Malformed }),
		ended("stalled", func(t transport.TCPStats) uint64 { return t.Stalled }),
	}
}

func poolSeries() []obs.Series[postgres.Stats] {
	return []obs.Series[postgres.Stats]{
		obs.Gauge("parley_database_connections", "Connections to the database now.", func(s postgres.Stats) float64 { return float64(s.BusyConns) }, "state", "busy"),
		obs.Gauge("parley_database_connections", "Connections to the database now.", func(s postgres.Stats) float64 { return float64(s.IdleConns) }, "state", "idle"),
		obs.Gauge("parley_database_connections_max", "The most there can be.", func(s postgres.Stats) float64 { return float64(s.MaxConns) }),
		obs.Counter("parley_database_acquires_total", "Connections taken from the pool.", func(s postgres.Stats) uint64 { return uint64(s.Acquires) }),
		obs.Counter("parley_database_waits_total", "Of these, those that had to wait for one.", func(s postgres.Stats) uint64 { return uint64(s.EmptyAcquires) }),
		obs.Counter("parley_database_wait_milliseconds_total", "The time spent taking connections.", func(s postgres.Stats) uint64 { return uint64(s.Waited.Milliseconds()) }),
	}
}
