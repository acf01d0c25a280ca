package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/loadtest"
)

// TestMetricsTellOfMedia reads /metrics of a whole server while a call goes on, and after it.
func TestMetricsTellOfMedia(t *testing.T) {
	p := startServer(t, dataFolder(t), "--media.maxParticipants=3")
	if status, body := p.get("/api/config", ""); status != 200 || !strings.Contains(body, `"callParticipants":3`) {
		t.Errorf("%d %s", status, body)
	}
	tokens := func(i int) (string, error) { return tokenFor(t, fmt.Sprint("caller-", i)), nil }
	c, err := loadtest.StartCall(t.Context(), p.url, false, tokens)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	report, err := loadtest.Run(t.Context(), loadtest.Config{
		Publishers: 2, Subscribers: 1, Duration: time.Second, WarmUp: time.Second, OnPhase: func(phase loadtest.Phase) {
			if phase == loadtest.Leaving {
				p.wantMetrics("during the call", duringACall)
			}
		},
	}, c.Take)
	if err != nil {
		t.Fatal(err)
	}
	if out := p.metric(`parley_media_packets_total{direction="out"}`); out < float64(report.Forwarded) {
		t.Errorf("%.0f packets forwarded, and clients have had %d", out, report.Forwarded)
	}
	eventually(t, "all have left", func() bool { return p.metric("parley_media_peers") == 0 })
	p.wantMetrics("after the call", map[string]bounds{
		"parley_media_bandwidth_estimated_peers": {0, 0}, "parley_media_slots": {0, 0}, "parley_transport_connections": {0, 0},
	})
}

// bounds of a series, both included.
type bounds struct{ least, most float64 }

const plenty = 1e12

var duringACall = map[string]bounds{
	"parley_media_rooms": {1, 1}, "parley_media_peers": {3, 3}, "parley_media_publications": {4, 4}, "parley_media_slots": {12, 12},
	`parley_media_packets_total{direction="in"}`:  {100, plenty},
	`parley_media_packets_total{direction="out"}`: {200, plenty},

	"parley_media_keyframe_requests_total": {0, 1000},
	"parley_media_switches_total":          {8, 1000},
	"parley_media_assignments_total":       {12, 1000},
	"parley_media_replays_total":           {0, 1000},
	"parley_media_forced_switches_total":   {0, 0},
	"parley_media_cut_offs_total":          {0, 0},
	"parley_media_holds_total":             {0, 0},
	"parley_media_uplink_caps_total":       {0, 0},
	"parley_media_retransmitted_total":     {0, 1000},
	"parley_media_requested_total":         {0, 1000},
	"parley_media_recovered_total":         {0, 1000},

	"parley_media_bandwidth_estimated_peers":                          {3, 3},
	`parley_media_bandwidth_estimate_bits_per_second{quantile="0.1"}`: {100_000, plenty},
	`parley_media_bandwidth_estimate_bits_per_second{quantile="0.5"}`: {100_000, plenty},
	`parley_media_bandwidth_estimate_bits_per_second{quantile="0.9"}`: {100_000, plenty},

	`parley_media_dropped_total{reason="payload"}`:         {0, 0},
	`parley_media_dropped_total{reason="no_codec"}`:        {0, 0},
	`parley_transport_dropped_total{reason="rate"}`:        {0, 0},
	`parley_transport_dropped_total{reason="stream_rate"}`: {0, 0},
	`parley_transport_dropped_total{reason="rtcp_rate"}`:   {0, 0},
	`parley_transport_dropped_total{reason="packet_rate"}`: {0, 0},
	`parley_transport_dropped_total{reason="rtp_auth"}`:    {0, 0},
	`parley_transport_feedback_total{direction="in"}`:      {3, plenty},
	`parley_transport_feedback_total{direction="out"}`:     {3, plenty},
	"parley_transport_silences_total":                      {0, 3},
	`parley_transport_handshakes_total{result="ok"}`:       {3, 3},
	`parley_transport_handshakes_total{result="failed"}`:   {0, 0},
	"parley_transport_connections":                         {3, 3},
	`parley_transport_bytes_total{direction="out"}`:        {100_000, plenty},
}

// wantMetrics reads series, each with a help text, and holds them against their bounds.
func (p *process) wantMetrics(when string, want map[string]bounds) {
	p.t.Helper()
	_, body := p.get("/metrics", "")
	for series, b := range want {
		name, _, _ := strings.Cut(series, "{")
		if !strings.Contains(body, "# HELP "+name+" ") {
			p.t.Errorf("%s has no help text", name)
		}
		if got := p.metric(series); got < b.least || got > b.most {
			p.t.Errorf("%s: %s is %v, want %v to %v", when, series, got, b.least, b.most)
		}
	}
}
