package engineio

import (
	"net/http"
	"strings"
	"testing"
)

func TestHandshake(t *testing.T) {
	e := startServer(t, Config{SessionIDPrefix: "node1."})
	_, text := e.do(t, "GET", "EIO=4&transport=polling&t=x", "", nil)
	h := parseHandshake(t, text)
	if len(h.SID) < 20 || !strings.HasPrefix(h.SID, "node1.") || len(h.Upgrades) != 1 || h.Upgrades[0] != "websocket" ||
		h.PingInterval != 25000 || h.PingTimeout != 20000 || h.MaxPayload != 1000000 {
		t.Errorf("polling handshake %s", text)
	}
	text = e.dial(t, "EIO=4&transport=websocket").read()
	if h = parseHandshake(t, text); !strings.Contains(text, `"upgrades":[]`) || h.MaxPayload != 1000000 {
		t.Errorf("WebSocket handshake %s", text)
	}
}

func TestRequestErrors(t *testing.T) {
	e := startServer(t, Config{})
	for _, tt := range []struct {
		method, query string
		status, code  int
	}{
		{"GET", "EIO=4", 400, 0},
		{"GET", "EIO=4&transport=abc", 400, 0},
		{"GET", "EIO=4&transport=websocket", 400, 3}, // without the upgrade
		{"GET", "EIO=4&transport=polling&sid=none", 400, 1},
		{"GET", "EIO=4&transport=polling&sid=", 400, 1},
		{"POST", "EIO=4&transport=polling", 400, 2},
		{"PUT", "EIO=4&transport=polling", 400, 2},
		{"GET", "transport=polling", 400, 5},
		{"GET", "EIO=3&transport=polling", 400, 5},
		{"DELETE", e.openPoll(t), 400, 3},
	} {
		e.wantError(t, tt.method, tt.query, tt.status, tt.code)
	}
}

func TestDisabledTransports(t *testing.T) {
	e := startServer(t, Config{DisablePolling: true})
	e.wantError(t, "GET", "EIO=4&transport=polling", 400, 0)
	e.openWS(t)
	e = startServer(t, Config{DisableWebSocket: true})
	if _, text := e.do(t, "GET", "EIO=4&transport=polling", "", nil); !strings.Contains(text, `"upgrades":[]`) {
		t.Errorf("offers an upgrade: %s", text)
	}
	if _, err := New(Config{DisablePolling: true, DisableWebSocket: true}, nil); err == nil {
		t.Error("a server without transports is made")
	}
}

func TestPollingEcho(t *testing.T) {
	e := startServer(t, Config{})
	q := e.openPoll(t)
	e.wantPost(t, q, "4one\x1e4zwei ü\x1ebAQIDBA==\x1e6")
	e.wantPoll(t, q, "4one\x1e4zwei ü\x1ebAQIDBA==")

	polled := make(chan string)
	go func() {
		_, text := e.do(t, "GET", q, "", nil)
		polled <- text
	}()
	eventually(t, "poll waits", func() bool { s := e.last(); s.mu.Lock(); defer s.mu.Unlock(); return s.poll != nil })
	e.wantPost(t, q, "4late")
	if text := <-polled; text != "4late" {
		t.Errorf("waiting poll got %q", text)
	}
}

func TestPollingHeaders(t *testing.T) {
	e := startServer(t, Config{AllowedOrigins: []string{"https://crm.example.com"}})
	origin := http.Header{"Origin": {"https://crm.example.com"}}
	resp, _ := e.request(t, "GET", "EIO=4&transport=polling", "", origin)
	for name, want := range map[string]string{
		"Content-Type":                     "text/plain; charset=UTF-8",
		"Cache-Control":                    "no-store",
		"Access-Control-Allow-Origin":      "https://crm.example.com",
		"Access-Control-Allow-Credentials": "",
		"Vary":                             "Origin",
		"Set-Cookie":                       "",
	} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	resp, _ = e.request(t, "OPTIONS", "EIO=4&transport=polling", "", origin)
	if resp.StatusCode != 204 || resp.Header.Get("Access-Control-Allow-Methods") != "GET, POST" {
		t.Errorf("preflight: %d %v", resp.StatusCode, resp.Header)
	}
	status, _ := e.do(t, "GET", "EIO=4&transport=polling", "", http.Header{"Origin": {"https://evil.example"}})
	if status != 403 || e.stats.RefusedOrigin.Load() != 1 {
		t.Errorf("foreign origin: %d", status)
	}
}

func TestBadPosts(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		header     http.Header
		status     int
		reason     Reason
		stays      bool
	}{
		{name: "unknown type", body: "abc", status: 400, reason: ParseError},
		{name: "empty", body: "", status: 400, reason: ParseError},
		{name: "empty packet", body: "4a\x1e", status: 400, reason: ParseError},
		{name: "not base64", body: "b!", status: 400, reason: ParseError},
		{name: "not UTF-8", body: "4\xff", status: 400, reason: ParseError},
		{name: "open", body: "0", status: 400, reason: ParseError},
		{name: "ping", body: "2", status: 400, reason: ParseError},
		{name: "upgrade", body: "5", status: 400, reason: ParseError},
		{name: "too large", body: "4" + strings.Repeat("x", 1000), status: 413, reason: TooLarge},
		{name: "too many", body: strings.Repeat("4\x1e", 60) + "4", status: 400, reason: RateLimit},
		{name: "octet stream", body: "4a", header: http.Header{"Content-Type": {"application/octet-stream"}}, status: 400, stays: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := startServer(t, Config{MaxPayload: 1000, PacketBurst: 50})
			q := e.openPoll(t)
			if status, text := e.do(t, "POST", q, tt.body, tt.header); status != tt.status {
				t.Errorf("answered %d %q, want %d", status, text, tt.status)
			}
			if tt.stays {
				e.wantPost(t, q, "4still")
				e.wantPoll(t, q, "4still")
				return
			}
			e.wantClosed(t, tt.reason)
			e.wantError(t, "GET", q, 400, 1)
			if n := e.stats.Closed(tt.reason); n != 1 {
				t.Errorf("counted %d times", n)
			}
		})
	}
}

// TestChunkedPostTooLarge is a body whose length is not announced.
func TestChunkedPostTooLarge(t *testing.T) {
	e := startServer(t, Config{MaxPayload: 1000})
	q := e.openPoll(t)
	body := struct{ *strings.Reader }{strings.NewReader("4" + strings.Repeat("x", 5000))} // a type without known length
	resp, err := http.Post(e.http.URL+"/?"+q, "text/plain", body)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != 413 {
		t.Errorf("answered %d", resp.StatusCode)
	}
	e.wantClosed(t, TooLarge)
}

func TestSecondPollClosesSession(t *testing.T) {
	e := startServer(t, Config{})
	q := e.openPoll(t)
	first := make(chan string)
	go func() {
		_, text := e.do(t, "GET", q, "", nil)
		first <- text
	}()
	eventually(t, "poll waits", func() bool { s := e.last(); s.mu.Lock(); defer s.mu.Unlock(); return s.poll != nil })
	e.wantError(t, "GET", q, 400, 3)
	if text := <-first; text != "1" {
		t.Errorf("first poll got %q", text)
	}
	e.wantClosed(t, TransportError)
	e.wantError(t, "GET", q, 400, 1)
}

func TestSecondPostClosesSession(t *testing.T) {
	e := startServer(t, Config{})
	held, release := make(chan struct{}), make(chan struct{})
	e.handle = func(*Session, []byte, bool) error {
		close(held)
		<-release
		return nil
	}
	q := e.openPoll(t)
	first := make(chan int)
	go func() {
		status, _ := e.do(t, "POST", q, "4slow", nil)
		first <- status
	}()
	<-held
	e.wantError(t, "POST", q, 400, 3)
	e.wantClosed(t, TransportError)
	close(release)
	<-first
}

func TestAbandonedPollClosesSession(t *testing.T) {
	e := startServer(t, Config{})
	q := e.openPoll(t)
	c := e.rawRequest(t, "GET /?"+q+" HTTP/1.1\r\nHost: x\r\n\r\n")
	eventually(t, "poll waits", func() bool { s := e.last(); s.mu.Lock(); defer s.mu.Unlock(); return s.poll != nil })
	_ = c.Close()
	e.wantClosed(t, TransportError)
}
