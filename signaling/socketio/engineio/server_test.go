package engineio

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

const patience = 5 * time.Second

// echoServer is a server whose sessions send everything back.
type echoServer struct {
	*Server
	http *httptest.Server

	mu       sync.Mutex
	sessions []*Session
	closed   chan Reason
	handle   func(s *Session, data []byte, binary bool) error
}

// startServer starts a server whose heartbeat does not come in the way of a test, unless cfg says otherwise.
func startServer(t *testing.T, cfg Config) *echoServer {
	t.Helper()
	e := &echoServer{closed: make(chan Reason, 1000)}
	server, err := New(cfg, func(s *Session, _ *http.Request) Receiver {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.sessions = append(e.sessions, s)
		return &echoReceiver{e, s}
	})
	if err != nil {
		t.Fatal(err)
	}
	e.Server = server
	e.http = httptest.NewServer(server)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := server.Close(ctx); err != nil {
			t.Error(err)
		}
		e.http.Close()
		http.DefaultClient.CloseIdleConnections()
		if n := server.stats.Sessions.Load(); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
		if n := server.stats.WebSockets.Load(); n != 0 {
			t.Errorf("%d WebSockets are left", n)
		}
		if len(server.admission.addrs) != 0 {
			t.Errorf("addresses are still counted: %v", server.admission.addrs)
		}
	})
	return e
}

type echoReceiver struct {
	server  *echoServer
	session *Session
}

func (r *echoReceiver) Message(data []byte, binary bool) error {
	if r.server.handle != nil {
		return r.server.handle(r.session, data, binary)
	}
	m := NewText(string(data))
	if binary {
		m = NewBinary(data)
	}
	_ = r.session.Send(m, Durable, "")
	return nil
}

func (r *echoReceiver) Closed(reason Reason) { r.server.closed <- reason }

// last is the session that was opened last.
func (e *echoServer) last() *Session {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sessions[len(e.sessions)-1]
}

// wantClosed waits for the next session to end.
func (e *echoServer) wantClosed(t *testing.T, want Reason) {
	t.Helper()
	select {
	case got := <-e.closed:
		if got != want {
			t.Fatalf("session ended for %q, want %q", got, want)
		}
	case <-time.After(patience):
		t.Fatalf("session has not ended for %q", want)
	}
}

func (e *echoServer) do(t *testing.T, method, query, body string, header http.Header) (int, string) {
	t.Helper()
	resp, text := e.request(t, method, query, body, header)
	return resp.StatusCode, text
}

func (e *echoServer) request(t *testing.T, method, query, body string, header http.Header) (*http.Response, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, e.http.URL+"/any/path?"+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		r.Header[k] = v
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

type handshake struct {
	SID          string
	Upgrades     []string
	PingInterval int
	PingTimeout  int
	MaxPayload   int
}

func parseHandshake(t *testing.T, text string) handshake {
	t.Helper()
	var h handshake
	if !strings.HasPrefix(text, "0") {
		t.Fatalf("%q is no handshake", text)
	}
	if err := json.Unmarshal([]byte(text[1:]), &h); err != nil {
		t.Fatal(err)
	}
	return h
}

// openPoll opens a session and returns the query for its requests.
func (e *echoServer) openPoll(t *testing.T) string {
	t.Helper()
	status, text := e.do(t, "GET", "EIO=4&transport=polling", "", nil)
	if status != 200 {
		t.Fatalf("handshake: %d %s", status, text)
	}
	return "EIO=4&transport=polling&sid=" + parseHandshake(t, text).SID
}

func (e *echoServer) wantPoll(t *testing.T, query, want string) {
	t.Helper()
	if status, text := e.do(t, "GET", query, "", nil); status != 200 || text != want {
		t.Fatalf("poll: %d %q, want %q", status, text, want)
	}
}

func (e *echoServer) wantPost(t *testing.T, query, body string) {
	t.Helper()
	if status, text := e.do(t, "POST", query, body, nil); status != 200 || text != "ok" {
		t.Fatalf("post: %d %q", status, text)
	}
}

// wantError expects an error of the protocol.
func (e *echoServer) wantError(t *testing.T, method, query string, status, code int) {
	t.Helper()
	got, text := e.do(t, method, query, "", nil)
	var body struct {
		Code    *int
		Message string
	}
	if err := json.Unmarshal([]byte(text), &body); err != nil || body.Code == nil || body.Message == "" {
		t.Fatalf("%s %s: %d %q is no error of the protocol", method, query, got, text)
	}
	if got != status || *body.Code != code {
		t.Errorf("%s %s: %d with code %d, want %d with %d", method, query, got, *body.Code, status, code)
	}
}

// eventually waits for something that the server does a moment later.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// wsClient is a raw WebSocket.
type wsClient struct {
	t *testing.T
	*websocket.Conn
}

func (e *echoServer) dial(t *testing.T, query string) *wsClient {
	t.Helper()
	c, resp, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(e.http.URL, "http")+"/?"+query, nil)
	if err != nil {
		t.Fatalf("dial: %v (%v)", err, resp)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetReadDeadline(time.Now().Add(patience))
	return &wsClient{t, c}
}

// openWS opens a session on a WebSocket.
func (e *echoServer) openWS(t *testing.T) *wsClient {
	t.Helper()
	c := e.dial(t, "EIO=4&transport=websocket")
	parseHandshake(t, c.read())
	return c
}

func (c *wsClient) read() string {
	c.t.Helper()
	kind, data, err := c.ReadMessage()
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	if kind == websocket.BinaryMessage {
		return "binary " + string(data)
	}
	return string(data)
}

func (c *wsClient) write(text string) {
	c.t.Helper()
	if err := c.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

func (c *wsClient) want(want string) {
	c.t.Helper()
	if got := c.read(); got != want {
		c.t.Fatalf("got %q, want %q", got, want)
	}
}

// wantClose reads until the connection ends, with a close code, or for 0 in any way.
func (c *wsClient) wantClose(code int) {
	c.t.Helper()
	for {
		_, _, err := c.ReadMessage()
		if err == nil {
			continue
		}
		if code != 0 && !websocket.IsCloseError(err, code) {
			c.t.Fatalf("closed with %v, want code %d", err, code)
		}
		if strings.Contains(err.Error(), "timeout") {
			c.t.Fatal("not closed")
		}
		return
	}
}
