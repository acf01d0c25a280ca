package socketio

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

const patience = 5 * time.Second

// testServer is a server with what its namespaces report.
type testServer struct {
	*Server
	http    *httptest.Server
	sockets chan *Socket
	reasons chan Reason
}

// startServer starts a server; setUp may set handlers of the default namespace before it serves.
func startServer(t *testing.T, cfg Config, setUp func(ns *Namespace)) *testServer {
	t.Helper()
	server, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := &testServer{Server: server, sockets: make(chan *Socket, 100), reasons: make(chan Reason, 100)}
	ns := server.Of("/")
	ns.OnConnect(func(sock *Socket) {
		sock.OnDisconnect(func(r Reason) { s.reasons <- r })
		s.sockets <- sock
	})
	ns.On("echo", func(_ *Socket, ev *Event) { _ = ev.Ack(ev.Values()...) })
	if setUp != nil {
		setUp(ns)
	}
	s.http = httptest.NewServer(server)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := server.Close(ctx); err != nil {
			t.Error(err)
		}
		s.http.Close()
		http.DefaultClient.CloseIdleConnections()
		if n := server.stats.Sockets.Load(); n != 0 {
			t.Errorf("%d sockets are left", n)
		}
		if n := server.stats.RecoveryBytes.Load(); n != 0 && server.stats.Lost.Load() == 0 {
			t.Errorf("%d bytes are kept for nobody", n)
		}
	})
	return s
}

// wantReason waits for a socket of the default namespace to be disconnected.
func (s *testServer) wantReason(t *testing.T, want Reason) {
	t.Helper()
	select {
	case got := <-s.reasons:
		if got != want {
			t.Fatalf("disconnected for %q, want %q", got, want)
		}
	case <-time.After(patience):
		t.Fatalf("not disconnected for %q", want)
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// client is a raw client on a WebSocket.
type rawClient struct {
	t *testing.T
	*websocket.Conn
	sid, pid string
}

// dial opens a connection without a namespace.
func (s *testServer) dial(t *testing.T) *rawClient {
	t.Helper()
	url := "ws" + strings.TrimPrefix(s.http.URL, "http") + "/socket.io/?EIO=4&transport=websocket&token=secret"
	conn, _, err := websocket.DefaultDialer.DialContext(t.Context(), url, http.Header{"Cookie": {"a=b"}, "X-Test": {"yes"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	c := &rawClient{t: t, Conn: conn}
	if open := c.read(); !strings.HasPrefix(open, "0{") {
		t.Fatalf("opened with %q", open)
	}
	return c
}

// connect opens a connection and the default namespace with an auth payload.
func (s *testServer) connect(t *testing.T, auth string) *rawClient {
	t.Helper()
	c := s.dial(t)
	c.write("40" + auth)
	c.wantConnected()
	return c
}

// wantConnected reads a CONNECT packet.
func (c *rawClient) wantConnected() {
	c.t.Helper()
	text := c.read()
	var body struct{ SID, PID string }
	if !strings.HasPrefix(text, "40{") || json.Unmarshal([]byte(text[2:]), &body) != nil || body.SID == "" {
		c.t.Fatalf("not connected: %q", text)
	}
	c.sid, c.pid = body.SID, body.PID
}

func (c *rawClient) read() string {
	c.t.Helper()
	for {
		kind, data, err := c.ReadMessage()
		switch {
		case err != nil:
			c.t.Fatalf("read: %v", err)
		case kind == websocket.BinaryMessage:
			return "binary " + string(data)
		case string(data) == "2":
			c.write("3")
		default:
			return string(data)
		}
	}
}

func (c *rawClient) write(text string) {
	c.t.Helper()
	if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

func (c *rawClient) writeBinary(data ...byte) {
	c.t.Helper()
	if err := c.WriteMessage(websocket.BinaryMessage, data); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

func (c *rawClient) want(texts ...string) {
	c.t.Helper()
	for _, want := range texts {
		if got := c.read(); got != want {
			c.t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// wantEcho makes sure that nothing else has come before.
func (c *rawClient) wantEcho() {
	c.t.Helper()
	c.write(`42987["echo"]`)
	c.want(`43987[]`)
}

// wantClose reads until the connection ends, with a close code, or for 0 in any way.
func (c *rawClient) wantClose(code int) {
	c.t.Helper()
	for {
		_, _, err := c.ReadMessage()
		if err == nil {
			continue
		}
		if code != 0 && !websocket.IsCloseError(err, code) || strings.Contains(err.Error(), "timeout") {
			c.t.Fatalf("closed with %v, want code %d", err, code)
		}
		return
	}
}
