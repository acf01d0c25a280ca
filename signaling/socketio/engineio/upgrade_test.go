package engineio

import (
	"net/url"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

var noDeadline = time.Time{}

// upgradeQuery is the query for the WebSocket of a polling session.
func upgradeQuery(t *testing.T, poll string) string {
	t.Helper()
	v, err := url.ParseQuery(poll)
	if err != nil {
		t.Fatal(err)
	}
	v.Set("transport", "websocket")
	return v.Encode()
}

func TestUpgrade(t *testing.T) {
	e := startServer(t, Config{})
	q := e.openPoll(t)
	polled := make(chan string)
	go func() {
		_, text := e.do(t, "GET", q, "", nil)
		polled <- text
	}()
	eventually(t, "poll waits", func() bool { s := e.last(); s.mu.Lock(); defer s.mu.Unlock(); return s.poll != nil })
	c := e.dial(t, upgradeQuery(t, q))
	c.write("2probe")
	c.want("3probe")
	if text := <-polled; text != "6" {
		t.Fatalf("waiting poll got %q", text)
	}
	e.wantPost(t, q, "4queued") // its answer waits for the WebSocket
	c.write("5")
	c.want("4queued")
	c.write("4direct")
	c.want("4direct")
	e.wantError(t, "GET", q, 400, 3)
	e.wantError(t, "POST", q, 400, 3)
	if n := e.stats.Upgraded.Load(); n != 1 {
		t.Errorf("%d upgrades counted", n)
	}
}

// TestPollDuringUpgrade ends with a noop after a while, if the upgrade is not finished first.
func TestPollDuringUpgrade(t *testing.T) {
	e := startServer(t, Config{})
	q := e.openPoll(t)
	c := e.dial(t, upgradeQuery(t, q))
	c.write("2probe")
	c.want("3probe")
	e.wantPoll(t, q, "6")
	c.write("5")
	c.write("4a")
	c.want("4a")
}

// TestPollOvertakesUpgrade sends a poll right behind the packet that finishes the upgrade.
func TestPollOvertakesUpgrade(t *testing.T) {
	e := startServer(t, Config{})
	for range 20 {
		q := e.openPoll(t)
		c := e.dial(t, upgradeQuery(t, q))
		c.write("2probe")
		c.write("5")
		e.wantError(t, "GET", q, 400, 3)
		c.want("3probe")
		c.write("4a")
		c.want("4a")
	}
}

func TestSecondWebSocketIsClosed(t *testing.T) {
	e := startServer(t, Config{})
	q := e.openPoll(t)
	first := e.dial(t, upgradeQuery(t, q))
	first.write("2probe")
	first.want("3probe")
	e.dial(t, upgradeQuery(t, q)).wantClose(websocket.ClosePolicyViolation) // during the upgrade
	first.write("5")
	first.write("4a")
	first.want("4a")
	e.dial(t, upgradeQuery(t, q)).wantClose(websocket.ClosePolicyViolation) // after it
	first.write("4b")
	first.want("4b")
}

// TestLostUpgrades are WebSockets that do not finish; the session stays with polling and can try again.
func TestLostUpgrades(t *testing.T) {
	for name, lose := range map[string]func(c *wsClient){
		"closes":            func(c *wsClient) { _ = c.Close() },
		"message first":     func(c *wsClient) { c.write("4hello") },
		"wrong probe":       func(c *wsClient) { c.write("2prob") },
		"long probe":        func(c *wsClient) { c.write("2probeprobeprobe") },
		"binary":            func(c *wsClient) { _ = c.WriteMessage(websocket.BinaryMessage, []byte("2probe")) },
		"upgrade at once":   func(c *wsClient) { c.write("5") },
		"message after":     func(c *wsClient) { c.write("2probe"); c.want("3probe"); c.write("4x") },
		"says nothing":      func(*wsClient) {},
		"nothing after":     func(c *wsClient) { c.write("2probe"); c.want("3probe") },
		"cut after a probe": func(c *wsClient) { c.write("2probe"); c.want("3probe"); _ = c.NetConn().Close() },
	} {
		t.Run(name, func(t *testing.T) {
			e := startServer(t, Config{UpgradeTimeout: 150 * time.Millisecond})
			q := e.openPoll(t)
			c := e.dial(t, upgradeQuery(t, q))
			lose(c)
			eventually(t, "upgrade is lost", func() bool { return e.stats.UpgradeLost.Load() == 1 })
			eventually(t, "slot is free", func() bool { s := e.last(); s.mu.Lock(); defer s.mu.Unlock(); return !s.upgrade.reserved })
			e.wantPost(t, q, "4a")
			e.wantPoll(t, q, "4a")
			c = e.dial(t, upgradeQuery(t, q))
			c.write("2probe")
			c.want("3probe")
			c.write("5")
			c.write("4b")
			c.want("4b")
		})
	}
}
