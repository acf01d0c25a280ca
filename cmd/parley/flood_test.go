package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/digierapro/parley/loadtest"
)

// A call does not notice that thousands of connections say nothing, half a ClientHello or a whole one that has to be
// answered with a signature.
func TestCallUnderTCPFlood(t *testing.T) {
	files := t.TempDir()
	certFile, keyFile := filepath.Join(files, "cert.pem"), filepath.Join(files, "key.pem")
	roots := writePair(t, certFile, keyFile, "a.example")
	trust(t, &tls.Config{RootCAs: roots})
	p := startServer(t, dataFolder(t), "--server.tls.cert", certFile, "--server.tls.key", keyFile)
	call, err := loadtest.StartCall(within(t), p.url, true, func(i int) (string, error) { return tokenFor(t, "loadtest-"+string(rune('a'+i))), nil })
	if err != nil {
		t.Fatal(err)
	}
	defer call.Close()

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	flood := &flood{address: strings.TrimPrefix(p.url, "https://"), hello: tlsHello(t)}
	report, err := loadtest.Run(within(t), loadtest.Config{
		Publishers: 2, AudioOnly: true, WarmUp: time.Millisecond, Duration: 5 * time.Second,
		OnPhase: func(phase loadtest.Phase) {
			if phase == loadtest.Measuring {
				flood.start(ctx)
			}
		},
	}, call.Take)
	if err != nil {
		t.Fatal(err)
	}
	stop()
	flood.running.Wait()
	t.Logf("%d connections; %.2f %% of %d packets lost, %.1f ms at p99", flood.opened.Load(), report.LossPercent, report.Sent, report.Latency.P99)
	if report.Streams != 2 || report.SilentStreams > 0 || report.LossPercent > 0.5 || report.Forwarded < report.Sent*99/100 {
		t.Errorf("media under the flood: %+v", report)
	}
	if n := flood.opened.Load(); n < 1000 {
		t.Errorf("%d connections are no flood", n)
	}
	if n := p.metric("parley_tcp_undecided"); n > 64 {
		t.Errorf("%.0f connections are undecided", n)
	}
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

// flood opens connections as fast as it can and leaves them open for a while.
type flood struct {
	address string
	hello   []byte
	opened  atomic.Int64
	running sync.WaitGroup
}

const floodOpen = 100 // connections of one flooder

func (f *flood) start(ctx context.Context) {
	for range 4 {
		f.running.Go(func() { f.run(ctx) })
	}
}

func (f *flood) run(ctx context.Context) {
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
