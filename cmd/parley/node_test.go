package main

import (
	"bytes"
	"log/slog"
	"testing"
)

func TestLimitsOfMediaReachIt(t *testing.T) {
	t.Setenv("PARLEY_CONFIG", "")
	cfg, code := loadConfig("serve", []string{
		"--auth.secret", tokenSecret, "--media.maxParticipants=7", "--media.maxTalkers=3", "--media.maxUplink=40",
	}, new(bytes.Buffer), new(bytes.Buffer))
	if code != 0 {
		t.Fatal(code)
	}
	m := mediaConfig(cfg, nil, slog.New(slog.DiscardHandler))
	if m.MaxPeers != 7 || m.Talkers != 3 || m.Transport.Limits.InboundBitrate != 40_000_000 {
		t.Errorf("got %+v", m)
	}
}
