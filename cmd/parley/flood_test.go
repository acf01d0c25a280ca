package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/digierapro/parley/loadtest"
)

// flooding is one way to molest a server.
type flooding struct {
	name    string
	start   func(ctx context.Context) *sync.WaitGroup
	sent    func() int64 // connections or datagrams, so far
	least   int64        // of them, or it is no flood
	counted []string     // beginnings of the series that must have counted most of them
	memory  int          // MiB that the server may take meanwhile, with the race detector's share
}

const floodTime = 3 * time.Second

// A call does not notice thousands of connections that say nothing, half a ClientHello or a whole one that has to be
// answered with a signature; nor 10,000 datagrams a second from strangers that mean nothing, want a relay, or begin a
// handshake. The server's memory stays where it was, and /metrics tells of all of it.
func TestCallUnderFlood(t *testing.T) {
	files := t.TempDir()
	certFile, keyFile := filepath.Join(files, "cert.pem"), filepath.Join(files, "key.pem")
	trust(t, &tls.Config{RootCAs: writePair(t, certFile, keyFile, "a.example")})
	p := startServer(t, dataFolder(t), "--server.tls.cert", certFile, "--server.tls.key", keyFile)
	address := strings.TrimPrefix(p.url, "https://")
	for _, f := range []flooding{
		floodOfConnections(address, tlsHello(t)),
		floodOfDatagrams(t, "TURN allocates", address, 2000, allocates, "parley_turn_dropped_total"),
		floodOfDatagrams(t, "DTLS ClientHello", address, 2000, hellos(t), `parley_transport_dropped_total{reason="unknown_address"}`),
		floodOfDatagrams(t, "garbage", address, 10_000, garbage, "parley_transport_dropped_total", "parley_turn_dropped_total"),
	} {
		t.Run(f.name, func(t *testing.T) { p.endure(t, f) })
	}
}

// endure runs a call while the flood comes.
func (p *process) endure(t *testing.T, f flooding) {
	call, err := loadtest.StartCall(within(t), p.url, true, func(i int) (string, error) { return tokenFor(t, "loadtest-"+string(rune('a'+i))), nil })
	if err != nil {
		t.Fatal(err)
	}
	defer call.Close()
	before, memory := p.sum(f.counted), p.resident(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	running := &sync.WaitGroup{}
	report, err := loadtest.Run(within(t), loadtest.Config{
		Publishers: 2, AudioOnly: true, WarmUp: time.Millisecond, Duration: floodTime,
		OnPhase: func(phase loadtest.Phase) {
			if phase == loadtest.Measuring {
				running = f.start(ctx)
			}
		},
	}, call.Take)
	if err != nil {
		t.Fatal(err)
	}
	grown := p.resident(t) - memory
	stop()
	running.Wait()
	sent := f.sent()
	t.Logf("%d sent; %.2f %% of %d packets lost, %.1f ms at p99; %d MiB more memory", sent, report.LossPercent, report.Sent, report.Latency.P99, grown>>20)
	// What is lost shows as gaps; what is on its way at the end is not lost, and on a busy machine may be a tenth of a second's.
	if report.Streams != 2 || report.SilentStreams > 0 || report.LossPercent > 0.5 || report.Forwarded < report.Sent*9/10 {
		t.Errorf("media under the flood: %+v", report)
	}
	if sent < f.least {
		t.Errorf("%d are no flood", sent)
	}
	if grown > f.memory<<20 {
		t.Errorf("the server has %d MiB more memory", grown>>20)
	}
	// What the kernel has dropped before it reached us is not ours to count.
	if n := p.sum(f.counted) - before; n < float64(sent)/2 {
		t.Errorf("%.0f of %d were counted", n, sent)
	}
	if n := p.metric("parley_tcp_undecided"); n > 64 {
		t.Errorf("%.0f connections are undecided", n)
	}
}

// sum adds all series that begin so.
func (p *process) sum(beginnings []string) (total float64) {
	p.t.Helper()
	_, body := p.get("/metrics", "")
	for line := range strings.Lines(body) {
		for _, b := range beginnings {
			if fields := strings.Fields(line); strings.HasPrefix(line, b) && len(fields) == 2 {
				v, err := strconv.ParseFloat(fields[1], 64)
				if err != nil {
					p.t.Fatal(err)
				}
				total += v
			}
		}
	}
	return total
}

// resident is the memory of the server's process, in bytes.
func (p *process) resident(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "statm"))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// trust has this process's clients of HTTP and WebSocket use a configuration, until the test ends.
func trust(t *testing.T, cfg *tls.Config) {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		t.Fatal("another transport")
	}
	before, beforeSocket := transport.TLSClientConfig, websocket.DefaultDialer.TLSClientConfig
	transport.TLSClientConfig, websocket.DefaultDialer.TLSClientConfig = cfg, cfg
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		transport.TLSClientConfig, websocket.DefaultDialer.TLSClientConfig = before, beforeSocket
	})
}

// connections opens connections as fast as it can and leaves them open for a while.
type connections struct {
	address string
	hello   []byte
	opened  atomic.Int64
}

const floodOpen = 100 // connections of one flooder

func floodOfConnections(address string, hello []byte) flooding {
	f := &connections{address: address, hello: hello}
	return flooding{
		name: "half-open TCP and TLS", sent: f.opened.Load, least: 600, memory: 200,
		counted: []string{"parley_tcp_connections_total", "parley_tcp_refused_total"},
		start: func(ctx context.Context) *sync.WaitGroup {
			running := &sync.WaitGroup{}
			for range 4 {
				running.Go(func() { f.run(ctx) })
			}
			return running
		},
	}
}

func (f *connections) run(ctx context.Context) {
	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close()
		}
	}()
	starts := [][]byte{f.hello, nil, f.hello[:len(f.hello)/2], f.hello}
	for i := 0; ctx.Err() == nil; i++ {
		c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", f.address)
		if err != nil {
			continue
		}
		f.opened.Add(1)
		_, _ = c.Write(starts[i%len(starts)]) // it may be closed already
		if open = append(open, c); len(open) > floodOpen {
			_ = open[0].Close()
			open = open[1:]
		}
	}
}
