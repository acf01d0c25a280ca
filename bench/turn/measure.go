package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/digierapro/parley/loadtest"
	"github.com/digierapro/parley/turn"
)

type bench struct {
	options
	parley, coturn string // programs
	dir            string
}

const (
	secret   = "for a benchmark on this machine alone"
	startFor = time.Minute
)

// measure starts the processes, fills a call and takes the CPU times of the window.
func (b *bench) measure(ctx context.Context, w way) (s sample, err error) {
	port, err := freePort()
	if err != nil {
		return s, err
	}
	address := "127.0.0.1:" + strconv.Itoa(port)
	server, err := start(ctx, b.parley, b.serverFlags(address)...)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	if err := server.answers(ctx, "http://"+address+"/api/health"); err != nil {
		return s, err
	}
	relay := ""
	var other *process
	switch w {
	case ownRelay:
		if relay, err = ownCredentials(address); err != nil {
			return s, err
		}
	case otherRelay:
		if other, relay, err = b.startCoturn(ctx); err != nil {
			return s, err
		}
		defer func() { err = errors.Join(err, other.stop()) }()
	}
	load, err := startLoad(ctx, b.parley, b.loadFlags(address, relay)...)
	if err != nil {
		return s, err
	}
	s, err = b.window(ctx, "http://"+address, server, other, load)
	report, loadErr := load.finish()
	if err = errors.Join(err, loadErr); err == nil {
		s.lost = report.LossPercent
	}
	return s, err
}

func (b *bench) serverFlags(address string) []string {
	const plenty = "1000000000"
	return []string{
		"serve", "--dev", "--listen", address, "--data-dir", b.dir + "/data", "--log.level", "warn", "--turn.secret", secret,
		"--turn.allocationsPerUser", "10000", "--turn.allocationsPerAddress", "10000",
		"--turn.bytesPerSecondPerUser", plenty, "--turn.bytesPerSecondPerAddress", plenty,
	}
}

func (b *bench) loadFlags(address, relay string) []string {
	flags := []string{
		"loadtest", "--dev", "--data-dir", b.dir + "/data", "--url", "http://" + address, "--json", "--subscribers", strconv.Itoa(b.subscribers),
		"--video-bitrate", strconv.Itoa(b.bitrate), "--duration", (b.options.window + 2*time.Second).String(),
	}
	if relay != "" {
		flags = append(flags, "--turn", relay)
	}
	return flags
}

// ownCredentials are made as the server makes them, with its secret.
func ownCredentials(address string) (string, error) {
	server, err := turn.New(turn.Config{Secret: []byte(secret)})
	if err != nil {
		return "", err
	}
	c := server.Issue("bench", "bench")
	return c.Username + ":" + c.Password + "@" + address, nil
}

func (b *bench) startCoturn(ctx context.Context) (*process, string, error) {
	port, err := freePort()
	if err != nil {
		return nil, "", err
	}
	p, err := start(ctx, b.coturn, "-n", "--no-cli", "--no-tls", "--no-dtls", "--no-tcp", "--no-tcp-relay", "--lt-cred-mech",
		"--user", "bench:bench", "--realm", "bench", "--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1",
		"--listening-port", strconv.Itoa(port), "--allow-loopback-peers", "--userdb", filepath.Join(b.dir, "turndb"),
		"--pidfile", filepath.Join(b.dir, "turn.pid"), "--log-file", "stdout", "--simple-log")
	return p, "bench:bench@127.0.0.1:" + strconv.Itoa(port), err
}

// window waits until the load measures, and then takes the difference of the counters over its time.
func (b *bench) window(ctx context.Context, url string, server, other *process, load *load) (s sample, err error) {
	if err := load.await(loadtest.Measuring); err != nil {
		return s, err
	}
	before, err := take(ctx, url, server, other)
	if err != nil {
		return s, err
	}
	select {
	case <-time.After(b.options.window):
	case <-ctx.Done():
		return s, ctx.Err()
	}
	after, err := take(ctx, url, server, other)
	if err != nil {
		return s, err
	}
	packets := after.packets - before.packets
	return sample{
		rate:   packets / after.at.Sub(before.at).Seconds(),
		parley: (after.parley - before.parley).Seconds() * 1e6 / packets,
		coturn: (after.coturn - before.coturn).Seconds() * 1e6 / packets,
	}, nil
}

// counters at a moment. Packets are those of clients, in and out, which the server counts alike on every way.
type counters struct {
	at             time.Time
	packets        float64
	parley, coturn time.Duration
}

func take(ctx context.Context, url string, server, other *process) (c counters, err error) {
	if c.packets, err = packets(ctx, url); err != nil {
		return c, err
	}
	c.at = time.Now()
	if c.parley, err = server.cpuTime(); err != nil || other == nil {
		return c, err
	}
	c.coturn, err = other.cpuTime()
	return c, err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// load is a `parley loadtest` process.
type load struct {
	cmd    *exec.Cmd
	lines  *json.Decoder
	stderr bytes.Buffer
}

type line struct {
	Event  string           `json:"event"`
	Phase  loadtest.Phase   `json:"phase"`
	Report *loadtest.Report `json:"report"`
}

func startLoad(ctx context.Context, program string, args ...string) (*load, error) {
	l := &load{cmd: exec.CommandContext(ctx, program, args...)}
	l.cmd.Stderr = &l.stderr
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	l.lines = json.NewDecoder(out)
	return l, l.cmd.Start()
}

func (l *load) await(phase loadtest.Phase) error {
	for {
		var got line
		if err := l.lines.Decode(&got); err != nil {
			return fmt.Errorf("the load ended before it was %s: %w", phase, err)
		}
		if got.Phase == phase {
			return nil
		}
	}
}

// finish reads the report. It must be called.
func (l *load) finish() (*loadtest.Report, error) {
	var report *loadtest.Report
	for got := (line{}); l.lines.Decode(&got) == nil; {
		if got.Report != nil {
			report = got.Report
		}
	}
	if err := l.cmd.Wait(); err != nil {
		return nil, fmt.Errorf("the load: %w\n%s", err, &l.stderr)
	}
	if report == nil {
		return nil, errors.New("the load has no report")
	}
	return report, nil
}
