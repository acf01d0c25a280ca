package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/digierapro/parley/internal/sioclient"
)

// attackPolling uses the other transport in ways that no client does.
func attackPolling(t *testing.T, p *process) {
	const path = "/api/socket/io/?EIO=4&transport=polling"
	open := func() string {
		_, body := p.get(path, "")
		_, rest, _ := strings.Cut(body, `"sid":"`)
		sid, _, _ := strings.Cut(rest, `"`)
		if sid == "" {
			t.Fatalf("no session: %s", body)
		}
		return path + "&sid=" + sid
	}
	for _, tt := range []struct{ method, path, body string }{
		{"GET", path + "&sid=none", ""}, {"POST", path, "40"}, {"DELETE", open(), ""},
		{"GET", strings.Replace(path, "EIO=4", "EIO=3", 1), ""}, {"GET", strings.Replace(path, "polling", "pigeon", 1), ""},
		{"POST", open(), strings.Repeat("4\x1e", 5000)}, {"POST", open(), strings.Repeat("x", 100<<10)},
		{"POST", open(), "b!!!"}, {"POST", open(), "42[\"sendMessage\",{}]\x1e\x1e"}, {"POST", open(), "2probe"}, {"POST", open(), "5"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), tt.method, p.url+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		const taken = 64 << 10 // of a larger body the rest is not read: the answer may come too late for who still writes
		if status, answer, err := try(request); status != 400 && status != 413 && (err == nil || len(tt.body) <= taken) {
			t.Errorf("%s %s with %.20q: %d %s %v", tt.method, tt.path, tt.body, status, answer, err)
		}
	}
	twice := open()
	var wg sync.WaitGroup
	for range 2 { // two polls at once end the session
		wg.Go(func() { p.get(twice, ""); p.get(twice, "") })
	}
	wg.Wait()
}

func attackFromForeignPage(t *testing.T, p *process) {
	for _, origin := range []string{"https://evil.example", "null", "http://127.0.0.1:1", "http://localhost.evil.example", "file://", "\x7f"} {
		_, response, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(p.url, "http")+"/api/socket/io/?EIO=4&transport=websocket",
			http.Header{"Origin": {origin}})
		if err == nil || response == nil || response.StatusCode != http.StatusForbidden && response.StatusCode != http.StatusBadRequest {
			t.Errorf("origin %q: %v %v", origin, response, err)
		}
	}
}

func attackTokens(t *testing.T, p *process) {
	good := tokenFor(t, "victim")
	for _, token := range []string{"", "x", "..", good + "x", good[:len(good)-2], "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIiwiZXhwIjo5OTk5OTk5OTk5fQ.", strings.Repeat("a", 60<<10)} {
		c, err := sioclient.Dial(within(t), p.url+"/api/socket/io", sioclient.Options{Token: token})
		var refused *sioclient.ConnectError
		if !errors.As(err, &refused) || !strings.Contains(string(refused.Data), "token_") {
			t.Errorf("token %.20q: %v", token, err)
		}
		if c != nil {
			c.Close()
		}
	}
}

// dialRaw opens a WebSocket and takes the handshake; with a token it connects too.
func dialRaw(t *testing.T, p *process, token string) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(p.url, "http")+"/api/socket/io/?EIO=4&transport=websocket", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetReadDeadline(time.Now().Add(patience))
	if _, _, err := c.ReadMessage(); err != nil {
		t.Fatal(err)
	}
	if token == "" {
		return c
	}
	if err := c.WriteMessage(websocket.TextMessage, []byte(`40{"token":"`+token+`"}`)); err != nil {
		t.Fatal(err)
	}
	if _, answer, err := c.ReadMessage(); err != nil || !bytes.HasPrefix(answer, []byte("40")) {
		t.Fatalf("connect: %s %v", answer, err)
	}
	return c
}

// closes reads until the server closes the connection.
func closes(t *testing.T, c *websocket.Conn, what string) {
	t.Helper()
	for {
		if _, _, err := c.ReadMessage(); isTimeout(err) {
			t.Errorf("%s: the connection stays open", what)
			return
		} else if err != nil {
			return
		}
	}
}

func attackBeforeConnect(t *testing.T, p *process) {
	for _, frame := range []string{
		`42["sendMessage",{}]`, `421["initiateCall",{}]`, `41`, `430[]`, `4`, `9`, ``, `2`, `5`, `40{`, `40[]`, `40"x"`, "40" + strings.Repeat("[", 40_000),
		"40" + strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100), `451-["x",{"_placeholder":true,"num":0}]`, "\xff\xfe", `40{"token":"` + "\x00" + `"}`,
	} {
		c := dialRaw(t, p, "")
		_ = c.WriteMessage(websocket.TextMessage, []byte(frame))
		closes(t, c, fmt.Sprintf("%.30q", frame))
	}
}

func attackAfterConnect(t *testing.T, p *process) {
	token := tokenFor(t, "mallory")
	for _, frames := range [][]string{
		{`40{"token":"` + token + `"}`}, {`42`}, {`42{}`}, {`42[]`}, {`42[{}]`}, {`42["connect"]`}, {`42["disconnect"]`}, {`42["x"`}, {`42/other,["x"]`},
		{`4299999999999999999999["x"]`}, {`42-1["x"]`}, {`43["x"]`}, {`44{"message":"x"}`}, {`4511-["x"]`}, {`45-["x"]`}, {`451-["x"]`}, {`461-1[]`},
		{`451-["x",{"_placeholder":true,"num":0}]`, `42["y"]`}, {`451-["x",{"_placeholder":true,"num":7}]`, "\x00binary"},
		{"420[\"sync\"," + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "]"}, {"42[\"" + strings.Repeat("n", 100_000) + `"]`, "4x"}, {"\x00binary"},
	} {
		c := dialRaw(t, p, token)
		for _, frame := range frames {
			kind, data := websocket.TextMessage, []byte(frame)
			if strings.HasPrefix(frame, "\x00") {
				kind = websocket.BinaryMessage
			}
			_ = c.WriteMessage(kind, data)
		}
		closes(t, c, fmt.Sprintf("%.50q", frames))
	}
}

func attackLargeFrame(t *testing.T, p *process) {
	for _, token := range []string{"", tokenFor(t, "mallory")} {
		c := dialRaw(t, p, token)
		_ = c.WriteMessage(websocket.TextMessage, bytes.Repeat([]byte("4"), 1<<20))
		closes(t, c, "a frame of a megabyte")
	}
}

func attackFragments(t *testing.T, p *process) {
	for _, fragment := range [][]byte{{0x00, 0x81, 0, 0, 0, 0, 'x'}, {0x89, 0x80, 0, 0, 0, 0}} { // parts of a message; pings
		c := dialRaw(t, p, tokenFor(t, "mallory"))
		flood := append([]byte{0x01, 0x81, 0, 0, 0, 0, '4'}, bytes.Repeat(fragment, 20_000)...)
		go func() { _, _ = c.NetConn().Write(flood) }() // ends with the connection
		closes(t, c, "a flood of fragments")
	}
}

func attackCrowd(t *testing.T, p *process) {
	refused := 0
	var open []*websocket.Conn
	for range 100 {
		c, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(p.url, "http")+"/api/socket/io/?EIO=4&transport=websocket", nil)
		if err != nil {
			refused++
			continue
		}
		open = append(open, c)
	}
	for _, c := range open {
		_ = c.Close()
	}
	if refused < 30 {
		t.Errorf("%d of 100 connections without a token were refused", refused)
	}
	eventually(t, "the crowd is gone", func() bool { return p.metric("parley_engineio_sessions") < 5 })
}
