package engineio

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// rawRequest writes bytes to the server's port.
func (e *echoServer) rawRequest(t *testing.T, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", e.http.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWebSocketEcho(t *testing.T) {
	e := startServer(t, Config{})
	c := e.openWS(t)
	for _, n := range []int{0, 1, 124, 125, 126, 65534, 65535} {
		text := "4" + strings.Repeat("ü", n/2) + strings.Repeat("x", n%2)
		c.write(text)
		c.want(text)
	}
	if err := c.WriteMessage(websocket.BinaryMessage, []byte{1, 2, 0xff}); err != nil {
		t.Fatal(err)
	}
	c.want("binary \x01\x02\xff")
	e.last().Establish()
	big := "4" + strings.Repeat("x", 900_000)
	c.write(big)
	c.want(big)
	_ = c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), noDeadline)
	c.wantClose(1000)
	e.wantClosed(t, TransportClose)
}

func TestWebSocketBadMessages(t *testing.T) {
	text := func(s string) func(*wsClient) { return func(c *wsClient) { c.write(s) } }
	for _, tt := range []struct {
		name   string
		send   func(*wsClient)
		code   int
		reason Reason
	}{
		{"unknown type", text("abc"), 1002, ParseError},
		{"empty", text(""), 1002, ParseError},
		{"not UTF-8", text("4\xc3\x28"), 1002, ParseError},
		{"open", text("0"), 1002, ParseError},
		{"ping", text("2"), 1002, ParseError},
		{"probe", text("2probe"), 1002, ParseError},
		{"upgrade", text("5"), 1002, ParseError},
		{"close", text("1"), 0, TransportClose},
		{"refused by the receiver", text("4refuse"), 1002, ParseError},
		{"panic in the receiver", text("4panic"), 1011, HandlerPanic},
		{"too large", text("4" + strings.Repeat("x", 1000)), 1009, TooLarge},
		{"too large in fragments", func(c *wsClient) {
			w, err := c.NextWriter(websocket.TextMessage)
			if err != nil {
				c.t.Fatal(err)
			}
			for range 40 {
				_, _ = fmt.Fprint(w, "4", strings.Repeat("y", 5000))
			}
			_ = w.Close() // the server may have closed already
		}, 0, TooLarge},
		{"a bad frame", func(c *wsClient) { _, _ = c.NetConn().Write([]byte{0x83, 0x80, 0, 0, 0, 0}) }, 0, TransportError},
		{"an unmasked frame", func(c *wsClient) { _, _ = c.NetConn().Write([]byte{0x81, 0x01, '4'}) }, 0, TransportError},
		{"a cut", func(c *wsClient) { _ = c.NetConn().Close() }, 0, TransportClose},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := startServer(t, Config{MaxPayload: 1000})
			e.handle = func(_ *Session, data []byte, _ bool) error {
				switch string(data) {
				case "refuse":
					return errNotAllowed
				case "panic":
					panic("on purpose")
				}
				return nil
			}
			c := e.openWS(t)
			tt.send(c)
			e.wantClosed(t, tt.reason)
			c.wantClose(tt.code)
		})
	}
}

// TestFrameFloods are floods of which no message is too large.
func TestFrameFloods(t *testing.T) {
	for name, frame := range map[string][]byte{
		"empty fragments": clientFrame(0x00, nil),
		"control frames":  clientFrame(0x8a, nil),
		"messages":        clientFrame(0x81, []byte("6")),
	} {
		t.Run(name, func(t *testing.T) {
			e := startServer(t, Config{PacketsPerSecond: 1, PacketBurst: 100})
			c := e.openWS(t)
			if name == "empty fragments" {
				_, _ = c.NetConn().Write(clientFrame(0x01, nil))
			}
			for range 200 {
				if _, err := c.NetConn().Write(frame); err != nil {
					break
				}
			}
			e.wantClosed(t, RateLimit)
			c.wantClose(1008)
		})
	}
}

func TestPendingSessionsMaySendLess(t *testing.T) {
	e := startServer(t, Config{MaxPayloadPending: 100})
	c := e.openWS(t)
	c.write("4" + strings.Repeat("x", 100))
	e.wantClosed(t, TooLarge)
	q := e.openPoll(t)
	if status, _ := e.do(t, "POST", q, "4"+strings.Repeat("x", 100), nil); status != 413 {
		t.Errorf("answered %d", status)
	}
	e.wantClosed(t, TooLarge)

	c = e.openWS(t)
	if !e.last().Establish() {
		t.Fatal("not established")
	}
	c.write("4" + strings.Repeat("x", 100))
	c.want("4" + strings.Repeat("x", 100))
}

func TestWebSocketRefusals(t *testing.T) {
	e := startServer(t, Config{MaxPendingPerAddr: 2})
	for query, status := range map[string]int{
		"EIO=3&transport=websocket":          400,
		"EIO=4&transport=polling":            400,
		"transport=websocket":                400,
		"EIO=4&transport=websocket&sid=none": 400,
	} {
		if _, resp, err := websocket.DefaultDialer.Dial("ws"+e.http.URL[4:]+"/?"+query, nil); err == nil || resp.StatusCode != status {
			t.Errorf("%s: %v %v", query, resp, err)
		}
	}
	foreign := http.Header{"Origin": {"https://evil.example"}}
	_, resp, err := websocket.DefaultDialer.Dial("ws"+e.http.URL[4:]+"/?EIO=4&transport=websocket", foreign)
	if err == nil || resp.StatusCode != 403 {
		t.Errorf("foreign origin: %v %v", resp, err)
	}
	c := e.rawRequest(t, "GET /?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
	answer := make([]byte, 12)
	if _, err := c.Read(answer); err != nil || string(answer) != "HTTP/1.1 400" {
		t.Errorf("half a handshake: %q %v", answer, err)
	}
	eventually(t, "refused handshakes are forgotten", func() bool { return e.stats.Sessions.Load() == 0 })
}
