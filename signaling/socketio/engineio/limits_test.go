package engineio

import (
	"net/http"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"
)

func TestSessionsPerAddress(t *testing.T) {
	var addr atomic.Pointer[netip.Addr]
	come := func(text string) { a := netip.MustParseAddr(text); addr.Store(&a) }
	e := startServer(t, Config{
		MaxPendingPerAddr: 2, MaxPerAddr: 1, MaxSessions: 6,
		RemoteAddr: func(*http.Request) netip.Addr { return *addr.Load() },
	})
	const open = "EIO=4&transport=polling"
	come("192.0.2.1")
	e.openPoll(t)
	first := e.last()
	e.openPoll(t)
	second := e.last()
	e.wantError(t, "GET", open, 429, 4)
	for range 2 { // the second time changes nothing
		if !first.Establish() {
			t.Error("the first cannot be established")
		}
	}
	if second.Establish() {
		t.Error("two are established")
	}
	e.openPoll(t) // the first is not pending any more
	e.wantError(t, "GET", open, 429, 4)

	come("2001:db8:1:2::1")
	e.openPoll(t)
	come("2001:db8:1:2:ffff::2") // the same network
	e.openPoll(t)
	e.wantError(t, "GET", open, 429, 4)
	come("2001:db8:1:3::1")
	e.openPoll(t)
	come("2001:db8:1:4::1") // the server is full
	e.wantError(t, "GET", open, 429, 4)

	first.Close()
	second.Close()
	come("192.0.2.1")
	eventually(t, "places are free again", func() bool {
		e.Server.mu.Lock()
		defer e.Server.mu.Unlock()
		return e.admission.total <= 6
	})
	if n := e.stats.RefusedLimit.Load(); n != 5 {
		t.Errorf("%d refusals counted", n)
	}
}

func TestBucket(t *testing.T) {
	var b bucket
	now := time.Unix(1, 0)
	if !b.take(10, now, 5, 10) || b.take(1, now, 5, 10) {
		t.Error("the burst is not 10")
	}
	if now = now.Add(time.Second); !b.take(4, now, 5, 10) {
		t.Error("nothing came back in a second")
	}
	if now = now.Add(time.Hour); !b.take(10, now, 5, 10) || b.take(1, now, 5, 10) {
		t.Error("an hour gave more than the burst")
	}
}

func TestConfigErrors(t *testing.T) {
	for name, cfg := range map[string]Config{
		"interval": {PingInterval: -time.Second},
		"payload":  {MaxPayload: -1},
		"rate":     {PacketsPerSecond: -1},
		"origin":   {AllowedOrigins: []string{"crm"}},
	} {
		if _, err := New(cfg, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
