package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/loadtest"
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

// startTrial runs a whole server with --dev until the test ends, and returns its address and data folder.
func startTrial(t *testing.T) (url, data string) {
	t.Helper()
	t.Setenv("PARLEY_CONFIG", "")
	data = t.TempDir()
	var complaints bytes.Buffer
	cfg, code := loadConfig("serve", []string{
		"--dev", "--listen", "127.0.0.1:0", "--data-dir", data, "--database.url", testkit.EmptyPostgresURL(t),
	}, io.Discard, &complaints)
	if code != 0 {
		t.Fatal(complaints.String())
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- serve(ctx, cfg, testkit.Logger(t), func(address string) { ready <- address }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	select {
	case url = <-ready:
		return url, data
	case err := <-done:
		done <- nil
		t.Fatalf("serve: %v", err)
		return "", ""
	}
}

// Through the front door, signaling and all, twice: the first must leave nothing behind that the second trips over.
func TestLoadtestAgainstAWholeServer(t *testing.T) {
	url, data := startTrial(t)
	args := []string{"--dev", "--data-dir", data, "--url", url, "--json", "--duration", "1s", "--warm-up", "1ms"}
	for _, more := range [][]string{
		{"--publishers", "1", "--subscribers", "2"},
		{"--publishers", "2", "--subscribers", "0", "--simulcast", "--view", "320x180"},
	} {
		var stdout, stderr bytes.Buffer
		if code := runLoadtest(append(args, more...), &stdout, &stderr); code != 0 {
			t.Fatalf("%v: exit code %d: %s", more, code, &stderr)
		}
		var phases []loadtest.Phase
		var report *loadtest.Report
		for lines := json.NewDecoder(&stdout); lines.More(); {
			var line struct {
				Phase  loadtest.Phase
				Report *loadtest.Report
			}
			if err := lines.Decode(&line); err != nil {
				t.Fatal(err)
			}
			if line.Phase != "" {
				phases = append(phases, line.Phase)
			}
			report = line.Report
		}
		if want := []loadtest.Phase{loadtest.Connecting, loadtest.WarmingUp, loadtest.Measuring, loadtest.Leaving}; !slices.Equal(phases, want) {
			t.Errorf("%v: phases %q", more, phases)
		}
		if report == nil || report.Forwarded == 0 || report.Lost != 0 || report.SilentStreams != 0 {
			t.Errorf("%v: report %+v", more, report)
		}
	}
	var stdout, stderr bytes.Buffer
	if code := runLoadtest([]string{"--secret", tokenSecret, "--url", url}, &stdout, &stderr); code != 1 || !strings.Contains(stderr.String(), "token") {
		t.Errorf("with another server's secret: %d, %s", code, &stderr)
	}
}
