package main

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

// TestEcho goes through the exchanges that the public test suites look at, on both layers.
func TestEcho(t *testing.T) {
	defer goleak.VerifyNone(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, l, options{path: "/socket.io/", connectTimeout: time.Minute}) }()

	engine := dial(t, l, "/engine.io/")
	engine.exchange("4hello", "4hello")

	c := dial(t, l, "/socket.io/")
	for _, ns := range []string{"", "/custom,"} {
		if text := c.exchange("40"+ns+`{"token":"123"}`, ""); !strings.HasPrefix(text, "40"+ns+`{"sid":"`) {
			t.Errorf("connected with %q", text)
		}
		c.exchange("", "42"+ns+`["auth",{"token":"123"}]`)
		c.exchange("42"+ns+`["message",1,"2",{"3":[true]}]`, "42"+ns+`["message-back",1,"2",{"3":[true]}]`)
		c.exchange("42"+ns+`456["message-with-ack",1,"2",{"3":[false]}]`, "43"+ns+`456[1,"2",{"3":[false]}]`)
		c.exchange("451-"+ns+`["message",{"_placeholder":true,"num":0}]`, "")
	}

	_ = engine.Close()
	_ = c.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

type client struct {
	t *testing.T
	*websocket.Conn
}

func dial(t *testing.T, l net.Listener, path string) client {
	t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial("ws://"+l.Addr().String()+path+"?EIO=4&transport=websocket", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	c := client{t, conn}
	if open := c.exchange("", ""); !strings.HasPrefix(open, "0{") {
		t.Fatalf("opened with %q", open)
	}
	return c
}

// exchange sends one message, if it is not empty, and reads one. A message with an attachment gets it.
func (c client) exchange(send, want string) string {
	c.t.Helper()
	if send != "" {
		if err := c.WriteMessage(websocket.TextMessage, []byte(send)); err != nil {
			c.t.Fatal(err)
		}
	}
	if strings.HasPrefix(send, "451-") {
		return c.attach(send)
	}
	_, got, err := c.ReadMessage()
	if err != nil || want != "" && string(got) != want {
		c.t.Fatalf("sent %q, got %q %v, want %q", send, got, err, want)
	}
	return string(got)
}

func (c client) attach(sent string) string {
	c.t.Helper()
	if err := c.WriteMessage(websocket.BinaryMessage, []byte{1, 2}); err != nil {
		c.t.Fatal(err)
	}
	want := strings.Replace(sent, "message", "message-back", 1)
	got := c.exchange("", want)
	if bytes := c.exchange("", ""); bytes != "\x01\x02" {
		c.t.Fatalf("attachment is %q", bytes)
	}
	return got
}
