package transport

import (
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

func TestStrangersOverTCPAreTurnedAway(t *testing.T) {
	l, port := startTCP(t, "127.0.0.1", func(c *Config) { c.Timeouts.TCPFirst = 200 * time.Millisecond })
	r, _, _, _ := rawOffered(t, l)
	good := bindingRequestFor(r.creds).Raw
	oversize := []byte{0x20, 0, 1, 2, 3}
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"nothing", nil},
		{"half a frame", appendFrame(nil, good)[:20]},
		{"garbage", appendFrame(nil, []byte("GET / HTTP/1.1"))},
		{"DTLS", appendFrame(nil, badHello(0))},
		{"empty frame", appendFrame(nil, nil)},
		{"wrong key", appendFrame(nil, bindingRequestFor(newCredentials(r.creds.localUfrag, "no password at all", "remote")).Raw)},
		{"TURN", appendFrame(nil, stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest)).Raw)},
		{"a frame larger than any", oversize},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := l.Stats().TCP.Unproven
			conn := port.dial(t)
			if _, err := conn.Write(c.data); err != nil {
				t.Fatal(err)
			}
			conn.wantEnd(t)
			if err := receive(t, "its end", port.ended); err == nil {
				t.Error("no error")
			}
			if n := l.Stats().TCP.Unproven; n != before+1 {
				t.Errorf("%d unproven, want one more than %d", n, before)
			}
		})
	}
}

// TestHalfOpenTCPIsBounded opens more connections that say nothing than there may be, from one address.
func TestHalfOpenTCPIsBounded(t *testing.T) {
	l, port := startTCP(t, "127.0.0.1", func(c *Config) {
		c.Limits.TCPPerAddress = 5
		c.Timeouts.TCPFirst = 2 * time.Second // in which all connect, however busy the machine is
	})
	conns := make([]*rawTCP, 40)
	for i := range conns {
		conns[i] = port.dial(t)
	}
	eventually(t, "all but five were refused", func() bool { return l.Stats().TCP.Refused == 35 })
	if n := l.Stats().TCP.Strangers; n > 5 {
		t.Errorf("%d strangers, want at most 5", n)
	}
	for _, c := range conns {
		c.wantEnd(t)
	}
	eventually(t, "the deadline has ended the rest", func() bool {
		s := l.Stats().TCP
		return s.Unproven == 5 && s.Strangers == 0 && s.Links == 0
	})
	l.tcp.mu.Lock()
	if len(l.tcp.perAddr) != 0 {
		t.Errorf("%d addresses are remembered", len(l.tcp.perAddr))
	}
	l.tcp.mu.Unlock()
	r, _, _, _ := rawOffered(t, l)
	c := port.dial(t)
	c.send(t, bindingRequestFor(r.creds).Raw)
	if !stun.IsMessage(c.next(t)) {
		t.Error("no answer after the flood")
	}
}

// TestProvenConnectionsAreNoStrangers: an office behind one address may hold more connections than strangers.
func TestProvenConnectionsAreNoStrangers(t *testing.T) {
	l, port := startTCP(t, "127.0.0.1", func(c *Config) { c.Limits.TCPPerAddress = 1 })
	for range 4 {
		r, _, _, _ := rawOffered(t, l)
		c := port.dial(t)
		c.send(t, bindingRequestFor(r.creds).Raw)
		c.next(t)
	}
	if s := l.Stats().TCP; s.Links != 4 || s.Strangers != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestOneClientHoldsFewConnections(t *testing.T) {
	l, port := startTCP(t, "127.0.0.1", func(c *Config) { c.Limits.Addresses = 3 })
	r, _, _, _ := rawOffered(t, l)
	for range 8 {
		c := port.dial(t)
		c.send(t, bindingRequestFor(r.creds).Raw)
		c.next(t)
	}
	eventually(t, "all but three were closed", func() bool { return l.Stats().TCP.Links == 3 })
}

func TestFrameLargerThanAnyDatagramEndsTheConnection(t *testing.T) {
	l, port := startTCP(t, "127.0.0.1", nil)
	r, _, _, _ := rawOffered(t, l)
	c := port.dial(t)
	c.send(t, bindingRequestFor(r.creds).Raw)
	c.next(t)
	if _, err := c.Write([]byte{0xff, 0xff, 1}); err != nil {
		t.Fatal(err)
	}
	c.wantEnd(t)
	eventually(t, "it was counted", func() bool { return l.Stats().TCP.Malformed == 1 })
}

// TestClientThatDoesNotReadIsDropped fills the queue of a connection: sending goes on at once, whole frames are dropped,
// and the write deadline ends it.
func TestClientThatDoesNotReadIsDropped(t *testing.T) {
	l, port := startTCP(t, "127.0.0.1", func(c *Config) {
		c.Limits.TCPQueue = 16 << 10
		c.Timeouts.TCPWrite = 300 * time.Millisecond
	})
	r, _, conn, _ := rawOffered(t, l)
	c := port.dial(t)
	c.send(t, bindingRequestFor(r.creds, useCandidate{}).Raw)
	c.next(t)
	link := conn.selected.Load().link
	packet := make([]byte, 1000)
	eventually(t, "the queue was full", func() bool {
		for range 100 {
			_ = link.Send(packet)
		}
		return l.Stats().Dropped["tcp_queue"] > 0
	})
	eventually(t, "the connection was given up", func() bool {
		_ = link.Send(packet)
		return l.Stats().TCP.Stalled == 1
	})
	if conn.selected.Load() != nil {
		t.Error("media still goes there")
	}
	_ = c.SetReadDeadline(time.Now().Add(waitLimit))
	for { // what did arrive is whole frames
		p, ok, err := c.frames.next()
		if err != nil {
			t.Fatal(err)
		}
		if ok && len(p) != len(packet) {
			t.Fatalf("a frame of %d bytes", len(p))
		}
		if !ok && c.frames.fill() != nil {
			break
		}
	}
}
