package socketio

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/signaling/socketio/engineio"
)

func TestConnect(t *testing.T) {
	s := startServer(t, Config{}, nil)
	s.Of("custom").OnConnect(func(sock *Socket) { _ = sock.Emit("auth", sock.Handshake().Auth) })
	c := s.connect(t, `{"token":"x"}`)
	sock := <-s.sockets
	h := sock.Handshake()
	if string(h.Auth) != `{"token":"x"}` || h.URL != "/socket.io/" || h.Header.Get("X-Test") != "yes" || h.Header.Get("Cookie") != "" ||
		!h.RemoteAddr.IsLoopback() || time.Since(h.Time) > time.Minute {
		t.Errorf("handshake %+v", h)
	}
	if c.sid != sock.ID() || c.pid != "" || sock.Recovered() || sock.Namespace() != s.Of("/") {
		t.Errorf("client knows %q %q, server %q", c.sid, c.pid, sock.ID())
	}
	c.write("40/custom,")
	if text := c.read(); !strings.HasPrefix(text, `40/custom,{"sid":"`) || strings.Contains(text, c.sid) {
		t.Errorf("custom namespace: %q", text)
	}
	c.want(`42/custom,["auth",{}]`)
	c.write("40/random")
	c.want(`44/random,{"message":"Invalid namespace"}`)
	c.wantEcho()
	if n := s.stats.Connected.Load(); n != 2 {
		t.Errorf("%d connected", n)
	}
}

func TestForgetRequest(t *testing.T) {
	sockets := make(chan *Socket, 1)
	s := startServer(t, Config{}, func(ns *Namespace) {
		ns.OnConnect(func(sock *Socket) {
			sock.ForgetRequest()
			sockets <- sock
		})
	})
	s.connect(t, `{"token":"x"}`)
	sock := <-sockets
	if h := sock.Handshake(); h.Auth != nil || h.Header != nil || sock.client.handshake.Header != nil || !h.RemoteAddr.IsLoopback() {
		t.Errorf("handshake %+v", h)
	}
}

func TestMiddleware(t *testing.T) {
	s := startServer(t, Config{}, func(ns *Namespace) {
		ns.Use(func(_ context.Context, sock *Socket) error {
			switch auth := string(sock.Handshake().Auth); {
			case strings.Contains(auth, "told"):
				return &ConnectError{Message: "expired", Data: map[string]int{"after": 5}}
			case strings.Contains(auth, "wrapped"):
				return errors.Join(errors.New("inner"), &ConnectError{Message: "plain"})
			case strings.Contains(auth, "hidden"):
				return errors.New("the password is 123")
			}
			sock.Set("alice")
			return nil
		})
		ns.Use(func(_ context.Context, sock *Socket) error {
			if sock.Get() != "alice" || sock.ID() != "" {
				return errors.New("called out of order")
			}
			_, err := sock.EmitWithAck(t.Context(), "too early")
			if !errors.Is(err, ErrClosed) || !errors.Is(sock.Emit("too early"), ErrClosed) || sock.Rooms() != nil {
				return errors.New("can be used before it is connected")
			}
			sock.Join("too early")
			sock.Disconnect(false)
			return nil
		})
	})
	c := s.dial(t)
	c.write(`40{"x":"told"}`)
	c.want(`44{"message":"expired","data":{"after":5}}`)
	c.write(`40{"x":"wrapped"}`)
	c.want(`44{"message":"plain"}`)
	c.write(`40{"x":"hidden"}`)
	c.want(`44{"message":"Connection refused"}`)
	c.write(`40{"x":"fine"}`)
	c.wantConnected()
	if sock := <-s.sockets; sock.Get() != "alice" {
		t.Errorf("value %v", sock.Get())
	}
	if n := s.stats.Refused.Load(); n != 3 {
		t.Errorf("%d refused", n)
	}
}

func TestMiddlewareEndsWithConnection(t *testing.T) {
	entered, ended := make(chan struct{}), make(chan struct{})
	s := startServer(t, Config{}, func(ns *Namespace) {
		ns.Use(func(ctx context.Context, _ *Socket) error {
			close(entered)
			<-ctx.Done()
			close(ended)
			return ctx.Err()
		})
	})
	c := s.dial(t)
	c.write("40")
	<-entered
	_ = c.Close()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("context did not end")
	}
}

func TestConnectTimeout(t *testing.T) {
	s := startServer(t, Config{ConnectTimeout: 30 * time.Millisecond}, nil)
	s.dial(t).wantClose(0)
	s.connect(t, "")
	if sock := <-s.sockets; s.timers.Pending(&sock.client.timer) {
		t.Error("a connected client has still to connect")
	}
}

// TestBadPackets are packets that close the connection.
func TestBadPackets(t *testing.T) {
	for _, tt := range []struct {
		name string
		send func(c *rawClient)
	}{
		{"event before connect", func(c *rawClient) { c.write(`42["a"]`) }},
		{"ack before connect", func(c *rawClient) { c.write(`431[]`) }},
		{"disconnect before connect", func(c *rawClient) { c.write(`41`) }},
		{"binary before connect", func(c *rawClient) { c.writeBinary(1) }},
		{"unknown type", func(c *rawClient) { c.write(`4abc`) }},
		{"nothing", func(c *rawClient) { c.write(`4`) }},
		{"connect twice", func(c *rawClient) { c.write(`40`); c.wantConnected(); c.write(`40`) }},
		{"not an array", func(c *rawClient) { c.write(`40`); c.wantConnected(); c.write(`42{}`) }},
		{"bad ack id", func(c *rawClient) { c.write(`40`); c.wantConnected(); c.write(`42abc["a"]`) }},
		{"reserved name", func(c *rawClient) { c.write(`40`); c.wantConnected(); c.write(`42["disconnect"]`) }},
		{"other namespace", func(c *rawClient) { c.write(`40`); c.wantConnected(); c.write(`42/other,["a"]`) }},
		{"attachment without packet", func(c *rawClient) { c.write(`40`); c.wantConnected(); c.writeBinary(1) }},
		{"packet in place of attachment", func(c *rawClient) {
			c.write(`40`)
			c.wantConnected()
			c.write(`451-["a",{"_placeholder":true,"num":0}]`)
			c.write(`42["a"]`)
		}},
		{"placeholder without attachment", func(c *rawClient) {
			c.write(`40`)
			c.wantConnected()
			c.write(`451-["a",{"b":[{"_placeholder":true,"num":1}]}]`)
			c.writeBinary(1)
		}},
		{"eleven attachments", func(c *rawClient) { c.write(`40`); c.wantConnected(); c.write(`4511-["a"]`) }},
		{"too deep", func(c *rawClient) {
			c.write(`40`)
			c.wantConnected()
			c.write(`42["a",` + strings.Repeat(`{"x":`, 32) + "1" + strings.Repeat("}", 32) + "]")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := startServer(t, Config{}, nil)
			c := s.dial(t)
			tt.send(c)
			c.wantClose(1002)
			if n := s.stats.Malformed.Load(); n != 1 {
				t.Errorf("%d packets counted as malformed", n)
			}
		})
	}
}

func TestTooManySockets(t *testing.T) {
	s := startServer(t, Config{Engine: engineio.Config{MaxPerAddr: 1}}, nil)
	s.connect(t, "")
	c := s.dial(t)
	c.write("40")
	c.want(`44{"message":"Too many connections","data":{"code":"too_many_connections"}}`)
}

func TestConfigErrors(t *testing.T) {
	for name, cfg := range map[string]Config{
		"timeout":  {ConnectTimeout: -1},
		"depth":    {MaxDepth: -1},
		"recovery": {Recovery: RecoveryConfig{Window: -1}},
		"engine":   {Engine: engineio.Config{MaxPayload: -1}},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
