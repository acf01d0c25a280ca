// Package socketio_test runs the real socket.io-client from npm against package signaling/socketio.
package socketio_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/digierapro/parley/signaling/socketio"
	"github.com/digierapro/parley/signaling/socketio/engineio"
)

const scenarioTimeout = 30 * time.Second

// TestSocketIOClient runs each scenario of client.mjs in a process of its own against a server of its own.
func TestSocketIOClient(t *testing.T) {
	node := needNode(t)
	scenarios := strings.Fields(runNode(t, node, "client.mjs", "http://unused.invalid", "--list"))
	if len(scenarios) < 15 {
		t.Fatalf("client.mjs lists only %d scenarios: %v", len(scenarios), scenarios)
	}
	for _, name := range scenarios {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			server := newTestServer(t)
			defer server.close(t)
			runNode(t, node, "client.mjs", server.http.URL, name)
			if n := server.io.Stats().Panics.Load(); n != 0 {
				t.Errorf("%d handlers panicked", n)
			}
		})
	}
}

// needNode finds Node.js and installs the client if it is not there. Without either the test fails: a client that was
// not tried has not passed.
func needNode(t *testing.T) string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("this test drives the real socket.io-client and needs Node.js (Debian: apt-get install nodejs npm)")
	}
	if _, err := os.Stat("node_modules/socket.io-client/package.json"); err == nil {
		return node
	}
	out, err := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts").CombinedOutput()
	if err != nil {
		t.Fatalf("npm ci in e2e/socketio: %v\n%s", err, out)
	}
	return node
}

func runNode(t *testing.T, node string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), scenarioTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, args...)
	var out, problems bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		t.Fatalf("node %s: %v\n%s%s", strings.Join(args, " "), errors.Join(err, ctx.Err()), out.String(), problems.String())
	}
	return out.String()
}

// testServer is a server for one scenario, with a listener whose connections can be cut.
type testServer struct {
	io   *socketio.Server
	http *httptest.Server
	cut  *cutListener

	closing sync.WaitGroup
}

func newTestServer(t *testing.T) *testServer {
	t.Helper()
	io, err := socketio.New(socketio.Config{
		Engine: engineio.Config{
			PingInterval:   200 * time.Millisecond,
			PingTimeout:    5 * time.Second,
			AllowedOrigins: []string{"*"},
		},
		Recovery: socketio.RecoveryConfig{Window: time.Minute},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", io)
	s := &testServer{io: io, http: httptest.NewUnstartedServer(mux)}
	s.cut = &cutListener{Listener: s.http.Listener, conns: map[net.Conn]struct{}{}}
	s.http.Listener = s.cut
	s.setUp(io.Of("/"))
	s.setUp(io.Of("/custom"))
	s.http.Start()
	return s
}

func (s *testServer) close(t *testing.T) {
	t.Helper()
	s.closing.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.io.Close(ctx); err != nil {
		t.Error(err)
	}
	s.http.Close()
	if n := s.io.Stats().Engine.Sessions.Load(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

func (s *testServer) setUp(ns *socketio.Namespace) {
	ns.Use(func(_ context.Context, sock *socketio.Socket) error {
		var auth struct{ Token string }
		if err := json.Unmarshal(sock.Handshake().Auth, &auth); err != nil {
			return err
		}
		if auth.Token != "good" {
			return &socketio.ConnectError{Message: "unauthorized", Data: map[string]any{"code": "unauthorized", "retry": false}}
		}
		return nil
	})
	ns.On("echo", func(_ *socketio.Socket, ev *socketio.Event) { _ = ev.Ack(ev.Values()) })
	ns.On("rooms", func(sock *socketio.Socket, ev *socketio.Event) { _ = ev.Ack(sock.Rooms()) })
	ns.On("push", func(sock *socketio.Socket, ev *socketio.Event) {
		_ = sock.Emit(ev.Values()[0].(string), strings.Repeat("x", number(ev, 1)))
	})
	ns.On("subscribe", s.subscribe)
	ns.On("news", func(sock *socketio.Socket, ev *socketio.Event) { _ = ns.To("news").Emit("news", number(ev, 0)) })
	ns.On("cut", func(*socketio.Socket, *socketio.Event) { s.cut.all() })
	ns.On("kick", func(sock *socketio.Socket, _ *socketio.Event) {
		_ = sock.Emit("bye", "now")
		sock.Disconnect(true)
	})
	ns.On("ask-me", s.askMe)
	ns.On("close-server", func(*socketio.Socket, *socketio.Event) {
		s.closing.Go(func() { _ = s.io.Close(context.Background()) })
	})
}

// subscribe lets a client join a room that gets so many events as soon as the client is lost.
func (s *testServer) subscribe(sock *socketio.Socket, ev *socketio.Event) {
	missed := number(ev, 0)
	sock.Join("news")
	sock.OnDisconnect(func(socketio.Reason) {
		for i := range missed {
			_ = sock.Namespace().To("news").Emit("news", i+1)
		}
	})
	_ = ev.Ack()
}

// askMe asks the client back and answers with what it said.
func (s *testServer) askMe(sock *socketio.Socket, ev *socketio.Event) {
	ctx, cancel := context.WithTimeout(sock.Context(), 5*time.Second)
	defer cancel()
	answer, err := sock.EmitWithAck(ctx, "question", number(ev, 0), []byte{1, 2, 3})
	if err != nil {
		_ = ev.Ack(err.Error())
		return
	}
	values := answer.Values()
	_ = ev.Ack([]any{values[0], len(values[1].([]byte))})
}

func number(ev *socketio.Event, i int) int {
	n, err := ev.Values()[i].(json.Number).Int64()
	if err != nil {
		return 0
	}
	return int(n)
}

// cutListener can cut every connection it has accepted, as a lost network would.
type cutListener struct {
	net.Listener

	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

func (l *cutListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.mu.Lock()
		l.conns[c] = struct{}{}
		l.mu.Unlock()
	}
	return c, err
}

func (l *cutListener) all() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, not a polite end, once the server closes it
			_ = tcp.CloseWrite()
			_ = tcp.CloseRead() // it is the server's to close, and to notice
		}
	}
	clear(l.conns)
}
