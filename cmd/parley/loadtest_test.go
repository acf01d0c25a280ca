package main

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"

	"github.com/digierapro/parley/internal/auth"
)

func TestLoadtestRefusesBadFlags(t *testing.T) {
	t.Setenv("PARLEY_CONFIG", "")
	t.Setenv("PARLEY_AUTH_SECRET", "")
	for _, tt := range []struct{ args, says string }{
		{"--publishers 0", "publishers"},
		{"--publishers 1 --subscribers 0", "2 participants"},
		{"--duration 2h", "duration"},
		{"--duration 10ms", "duration"},
		{"--video-bitrate 1", "video-bitrate"},
		{"--talkers 2", "talkers"},
		{"--audio-only --simulcast", "audio-only"},
		{"--view big", "view"},
		{"--view 0x0", "view"},
		{"--url ftp://127.0.0.1", "url"},
		{"--url http://198.51.100.7:8080", "--i-own-this-server"},
		{"--publishers=many", "invalid"},
		{"now", "is not a flag"},
		{"", "auth.secret"},
		{"--secret short", "secret"},
	} {
		var stdout, stderr bytes.Buffer
		if code := runLoadtest(strings.Fields(tt.args), &stdout, &stderr); code != 2 {
			t.Errorf("%q: exit code %d", tt.args, code)
		}
		if !strings.Contains(stderr.String(), tt.says) || stdout.Len() > 0 {
			t.Errorf("%q: says %q, want something about %q", tt.args, stderr.String(), tt.says)
		}
	}
	var stdout, stderr bytes.Buffer
	if code := runLoadtest([]string{"--help"}, &stdout, &stderr); code != 0 || !strings.Contains(stdout.String(), "--i-own-this-server") {
		t.Errorf("--help: %d, %s", code, &stdout)
	}
}

// A name counts as this machine only when all its addresses do.
func TestLoadtestLooksWhereANameLeads(t *testing.T) {
	for addresses, allowed := range map[string]bool{"127.0.0.1 ::1": true, "127.0.0.1 192.0.2.1": false, "10.0.0.1": false} {
		r := &loadtestRequest{url: "http://host.example", lookups: func(context.Context, string) (found []net.IPAddr, _ error) {
			for _, a := range strings.Fields(addresses) {
				found = append(found, net.IPAddr{IP: net.ParseIP(a)})
			}
			return found, nil
		}}
		if err := r.checkURL(t.Context()); (err == nil) != allowed {
			t.Errorf("%s: %v", addresses, err)
		}
		r.ownsIt = true
		if err := r.checkURL(t.Context()); err != nil {
			t.Errorf("%s is mine: %v", addresses, err)
		}
	}
}

func TestLoadtestSignsForManyUsers(t *testing.T) {
	r := &loadtestRequest{}
	cfg, code := loadConfig("loadtest", []string{"--auth.secret", tokenSecret}, new(bytes.Buffer), new(bytes.Buffer))
	if code != 0 {
		t.Fatal(code)
	}
	tokens, err := r.signing(cfg)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i := range 3 {
		token, err := tokens(i)
		if err != nil {
			t.Fatal(err)
		}
		id := verifyToken(t, auth.Config{Secret: tokenSecret}, token)
		if !id.Internal {
			t.Errorf("%+v is not let into the general channel", id)
		}
		seen[id.UserID] = true
	}
	if len(seen) != 3 {
		t.Errorf("users %v", seen)
	}
}
