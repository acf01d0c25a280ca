package socketio

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digierapro/parley/signaling/socketio/engineio"
)

// recoverable is a server with recovery whose sockets join the room "news".
func recoverable(t *testing.T, window time.Duration, setUp func(ns *Namespace)) *testServer {
	t.Helper()
	return startServer(t, Config{Recovery: RecoveryConfig{Window: window, Packets: 10, Clients: 3}}, setUp)
}

// lose cuts a connection and waits until the server knows.
func (s *testServer) lose(t *testing.T, c *rawClient) {
	t.Helper()
	_ = c.NetConn().Close()
	select {
	case r := <-s.reasons: // with unread data, the connection is reset
		if r != reasonOf(engineio.TransportClose) && r != reasonOf(engineio.TransportError) {
			t.Fatalf("lost for %q", r)
		}
	case <-time.After(patience):
		t.Fatal("not lost")
	}
}

// comeBack connects with the recovery id of another connection.
func (s *testServer) comeBack(t *testing.T, old *rawClient, offset string) *rawClient {
	t.Helper()
	c := s.dial(t)
	c.write(fmt.Sprintf(`40{"pid":%q,"offset":%q,"token":"t"}`, old.pid, offset))
	return c
}

func TestRecovery(t *testing.T) {
	s := recoverable(t, time.Minute, nil)
	ns := s.Of("/")
	c := s.connect(t, "")
	sock := <-s.sockets
	sock.Join("news")
	if c.pid == "" || c.pid == c.sid {
		t.Fatalf("pid %q, sid %q", c.pid, c.sid)
	}
	_ = ns.To("news").Emit("n", 1)
	c.want(`42["n",1,"1"]`)
	_ = sock.Emit("n", 2)                        // sent, but lost on the way
	_ = ns.To("news").Ephemeral().Emit("typing") // not kept
	s.lose(t, c)
	_ = ns.To("news").Emit("n", 3)
	_ = ns.To("news").State("k").Emit("state") // not kept
	_ = ns.To("other").Emit("n", "not for this client")
	if n := s.stats.Lost.Load(); n != 1 || ns.Len() != 0 {
		t.Errorf("%d lost, %d connected", n, ns.Len())
	}

	back := s.comeBack(t, c, "1")
	back.want(`42["n",2,"2"]`, `42["n",3,"3"]`)
	back.wantConnected()
	if back.sid != c.sid || back.pid != c.pid {
		t.Error("another session")
	}
	again := <-s.sockets
	if !again.Recovered() || again == sock || again.Rooms()[0] != "news" {
		t.Errorf("recovered %t, rooms %v", again.Recovered(), again.Rooms())
	}
	_ = ns.To("news").Emit("n", 5)
	back.want(`42["n",5,"5"]`)
	if n := s.stats.Recovered.Load(); n != 1 || s.stats.Lost.Load() != 0 {
		t.Errorf("%d recovered", n)
	}
	if err := sock.Emit("from the first life"); err != nil {
		t.Errorf("the session is alive, but %v", err)
	}
}

// TestNothingReceivedYet is a client that has no offset because it got nothing.
func TestNothingReceivedYet(t *testing.T) {
	s := recoverable(t, time.Minute, nil)
	c := s.connect(t, "")
	sock := <-s.sockets
	sock.Join("news")
	s.lose(t, c)
	_ = s.Of("/").To("news").Emit("n", 1)
	back := s.dial(t)
	back.write(fmt.Sprintf(`40{"pid":%q}`, c.pid))
	back.want(`42["n",1,"1"]`)
	back.wantConnected()
	if back.sid != c.sid {
		t.Error("another session")
	}
}

// TestNotRecovered are cases in which the client begins anew: never is a part of what it missed sent.
func TestNotRecovered(t *testing.T) {
	for _, tt := range []struct {
		name   string
		window time.Duration
		away   func(t *testing.T, s *testServer, c *rawClient)
		pid    string
		offset string
	}{
		{name: "unknown offset", offset: "zz"},
		{name: "unknown id", pid: "someone", offset: "1"},
		{name: "missed too much", offset: "1", away: func(_ *testing.T, s *testServer, _ *rawClient) {
			for i := range 11 {
				_ = s.Of("/").To("news").Emit("n", i)
			}
		}},
		{name: "too late", window: 20 * time.Millisecond, offset: "1", away: func(t *testing.T, s *testServer, _ *rawClient) {
			eventually(t, "the session is given up", func() bool { return s.stats.Lost.Load() == 0 })
		}},
		{name: "ended by the application", offset: "1", away: func(_ *testing.T, s *testServer, _ *rawClient) {
			s.Of("/").To("news").Disconnect(false)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.window == 0 {
				tt.window = time.Minute
			}
			s := recoverable(t, tt.window, nil)
			c := s.connect(t, "")
			(<-s.sockets).Join("news")
			_ = s.Of("/").To("news").Emit("n", 1)
			c.want(`42["n",1,"1"]`)
			s.lose(t, c)
			if tt.away != nil {
				tt.away(t, s, c)
			}
			if tt.pid != "" {
				c.pid = tt.pid
			}
			back := s.comeBack(t, c, tt.offset)
			back.wantConnected()
			sock := <-s.sockets
			if back.sid == c.sid || back.pid == c.pid || sock.Recovered() || len(sock.Rooms()) != 0 {
				t.Errorf("recovered %t, rooms %v", sock.Recovered(), sock.Rooms())
			}
			if s.stats.NotRecovered.Load() != 1 || s.stats.Recovered.Load() != 0 {
				t.Error("not counted")
			}
		})
	}
}

// TestDeliberateEnds leave nothing to recover.
func TestDeliberateEnds(t *testing.T) {
	for name, end := range map[string]func(c *rawClient, sock *Socket){
		"client disconnects": func(c *rawClient, _ *Socket) { c.write("41") },
		"server disconnects": func(_ *rawClient, sock *Socket) { sock.Disconnect(false) },
		"server closes":      func(_ *rawClient, sock *Socket) { sock.Disconnect(true) },
		"malformed packet":   func(c *rawClient, _ *Socket) { c.write("4abc") },
	} {
		t.Run(name, func(t *testing.T) {
			s := recoverable(t, time.Minute, nil)
			c := s.connect(t, "")
			sock := <-s.sockets
			sock.Join("news")
			_ = sock.Emit("n", 1)
			c.want(`42["n",1,"1"]`)
			end(c, sock)
			<-s.reasons
			back := s.comeBack(t, c, "1")
			back.wantConnected()
			if back.sid == c.sid || s.stats.Lost.Load() != 0 || len(s.Of("/").index.rooms) != 0 {
				t.Error("something was kept")
			}
		})
	}
}

func TestRecoveryIsAuthenticated(t *testing.T) {
	var revoked atomic.Bool
	s := recoverable(t, time.Minute, func(ns *Namespace) {
		ns.Use(func(_ context.Context, sock *Socket) error {
			if revoked.Load() {
				return errors.New("revoked")
			}
			sock.Set(string(sock.Handshake().Auth) != `{}`)
			return nil
		})
		ns.AllowRecovery(func(sock *Socket, previous any) bool { return sock.Get() == previous })
	})
	c := s.connect(t, "")
	sock := <-s.sockets
	_ = sock.Emit("secret")
	c.want(`42["secret","1"]`)
	_ = sock.Emit("secret")
	s.lose(t, c)
	back := s.comeBack(t, c, "1") // another user with the first one's recovery id
	back.wantConnected()
	if back.sid == c.sid {
		t.Error("one user got another's session")
	}
	revoked.Store(true)
	s.comeBack(t, c, "1").want(`44{"message":"Connection refused"}`)
}

// TestRecoveryBeforeLossIsKnown is a client whose network changed: the old connection still looks alive.
func TestRecoveryBeforeLossIsKnown(t *testing.T) {
	s := recoverable(t, time.Minute, nil)
	c := s.connect(t, "")
	sock := <-s.sockets
	sock.Join("news")
	_ = sock.Emit("n", 1)
	c.want(`42["n",1,"1"]`)
	back := s.comeBack(t, c, "1")
	back.wantConnected()
	if back.sid != c.sid {
		t.Fatal("another session")
	}
	s.wantReason(t, reasonOf(engineio.TransportError))
	c.wantClose(0)
	_ = s.Of("/").To("news").Emit("n", 2)
	back.want(`42["n",2,"2"]`)
	if n := s.Of("/").Len(); n != 1 || s.stats.Sockets.Load() != 1 || s.stats.Lost.Load() != 0 {
		t.Errorf("%d connected, %d lost", n, s.stats.Lost.Load())
	}
}

// TestLeaveWhileAway is a client that is taken out of a room before it comes back.
func TestLeaveWhileAway(t *testing.T) {
	s := recoverable(t, time.Minute, nil)
	ns := s.Of("/")
	c := s.connect(t, "")
	(<-s.sockets).Join("news", "user:1")
	s.lose(t, c)
	ns.To("user:1").Leave("news")
	_ = ns.To("news").Emit("secret")
	_ = ns.To("user:1").Emit("n", 1)
	back := s.comeBack(t, c, "")
	back.want(`42["n",1,"2"]`)
	back.wantConnected()
	if rooms := (<-s.sockets).Rooms(); len(rooms) != 1 || rooms[0] != "user:1" {
		t.Errorf("rooms %v", rooms)
	}
}

func TestRecoveryIsBounded(t *testing.T) {
	s := startServer(t, Config{Recovery: RecoveryConfig{Window: time.Minute, Clients: 2, TotalBytes: 5000}}, nil)
	ns := s.Of("/")
	clients, _ := s.crowd(t, 4)
	for i := range 100 {
		_ = ns.Emit("n", i, strings.Repeat("x", 100))
		if n := s.stats.RecoveryBytes.Load(); n > 5000 {
			t.Fatalf("%d bytes are kept", n)
		}
	}
	for _, c := range clients {
		s.lose(t, c)
	}
	if n := s.stats.Lost.Load(); n != 2 {
		t.Errorf("%d lost clients are kept", n)
	}
	if n := len(ns.streams()); n != 2 {
		t.Errorf("%d streams", n)
	}
}

// TestPrune lets go of old messages while clients are connected, and they can still recover.
func TestPrune(t *testing.T) {
	s := recoverable(t, 40*time.Millisecond, nil)
	c := s.connect(t, "")
	sock := <-s.sockets
	_ = sock.Emit("n", 1)
	c.want(`42["n",1,"1"]`)
	eventually(t, "it is let go of", func() bool { return s.stats.RecoveryBytes.Load() == 0 })
	back := s.comeBack(t, c, "1")
	back.wantConnected()
	if back.sid != c.sid {
		t.Error("another session")
	}
}
