package main

import (
	"github.com/digierapro/parley/internal/certs"
	"github.com/digierapro/parley/internal/obs"
	"github.com/digierapro/parley/internal/portmux"
)

func tcpSeries() []obs.Series[portmux.Stats] {
	series := []obs.Series[portmux.Stats]{
		obs.Gauge("parley_tcp_connections", "TCP connections open now.", func(s portmux.Stats) float64 { return float64(s.Open) }),
		obs.Gauge("parley_tcp_undecided", "Of these, those that have not said yet what they speak.", func(s portmux.Stats) float64 { return float64(s.Undecided) }),
		obs.Counter("parley_tcp_accept_errors_total", "Times that no connection could be accepted, such as for want of file descriptors.", func(s portmux.Stats) uint64 { return s.AcceptErrors }),
	}
	for _, protocol := range portmux.Protocols() {
		series = append(series, obs.Counter("parley_tcp_connections_total", "TCP connections, by what is spoken on them.",
			func(s portmux.Stats) uint64 { return s.Connections(protocol) }, "protocol", protocol.String()))
	}
	for _, reason := range portmux.Reasons() {
		series = append(series, obs.Counter("parley_tcp_refused_total", "TCP connections closed before anything served them, by reason.",
			func(s portmux.Stats) uint64 { return s.Refused(reason) }, "reason", reason.String()))
	}
	return series
}

func certificateSeries() []obs.Series[certs.Stats] {
	return []obs.Series[certs.Stats]{
		obs.Gauge("parley_tls_certificate_expiry_timestamp_seconds", "When the certificate in use expires, in seconds since 1970; 0 without one.", func(s certs.Stats) float64 {
			if s.NotAfter.IsZero() {
				return 0
			}
			return float64(s.NotAfter.Unix())
		}),
		obs.Counter("parley_tls_certificate_renewals_total", "New certificates taken into use.", func(s certs.Stats) uint64 { return s.Renewed }),
		obs.Counter("parley_tls_certificate_failures_total", "New certificates that could not be got or used.", func(s certs.Stats) uint64 { return s.Failed }),
	}
}
