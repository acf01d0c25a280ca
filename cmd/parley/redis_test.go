package main

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/sioclient"
	"github.com/digierapro/parley/internal/testkit"
)

// TestTwoNodesOnOneRedis: two servers tell each other what happens, say by their health when they cannot, and go on.
func TestTwoNodesOnOneRedis(t *testing.T) {
	server := testkit.Redis(t)
	both := []string{"--database.url=" + testkit.EmptyPostgresURL(t), "--redis.url=" + server.URL(), "--log.level=debug"}
	first, second := startServer(t, dataFolder(t), both...), startServer(t, dataFolder(t), both...)
	for _, p := range []*process{first, second} {
		eventually(t, "the nodes hear each other", func() bool { return p.metric("parley_bus_up") == 1 })
	}
	alice, inbox := first.connect("alice"), sioclient.NewInbox()
	bob, err := sioclient.Dial(within(t), second.url+"/api/socket/io", sioclient.Options{Token: tokenFor(t, "bob"), OnPush: inbox.Put})
	if err != nil {
		t.Fatal(err)
	}
	defer bob.Close()
	hears := func(name string, fits func(chat.NewMessage) bool) {
		t.Helper()
		if _, err := sioclient.Wait(within(t), inbox, name, fits); err != nil {
			t.Fatal(err)
		}
	}
	hears("ready", nil)
	general := first.general("alice")
	says := func(text string) time.Duration {
		t.Helper()
		began := time.Now()
		if err := first.send(alice, general, text); err != nil {
			t.Fatal(err)
		}
		hears("newMessage", func(m chat.NewMessage) bool { return m.Message.Body == text })
		return time.Since(began)
	}
	if took := says("by Redis"); took > 2*time.Second || first.metric("parley_bus_published_total") == 0 || second.metric("parley_bus_received_total") == 0 {
		t.Errorf("it took %v", took)
	}
	if first.health() != "UP" || second.metric("parley_missed_changes_total") != 0 {
		t.Errorf("health %s, %.0f changes missed", first.health(), second.metric("parley_missed_changes_total"))
	}

	server.Kill()
	eventually(t, "the health says so", func() bool { return first.health() == "DEGRADED" && second.health() == "DEGRADED" })
	if status, _ := first.get("/api/health", ""); status != http.StatusOK {
		t.Errorf("status %d: a load balancer would take it out", status)
	}
	says("without Redis")
	server.Start()
	eventually(t, "all is well", func() bool { return first.health() == "UP" && second.health() == "UP" })
	says("by Redis again")
	if second.metric("parley_bus_reconnects_total") == 0 || second.metric("parley_missed_changes_total") == 0 {
		t.Error("the metrics tell of no outage")
	}
	for _, p := range []*process{first, second} {
		p.signal(syscall.SIGTERM)
		if code := p.exits(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		if strings.Contains(p.log.String(), testkit.RedisPassword) {
			t.Error("the log holds the password of Redis")
		}
	}
}

// A server starts without its Redis, and says so.
func TestANodeStartsWithoutRedis(t *testing.T) {
	server := testkit.Redis(t)
	server.Kill()
	p := startServer(t, dataFolder(t), "--redis.url="+server.URL())
	p.says("Redis is not reached")
	if health := p.health(); health != "DEGRADED" {
		t.Errorf("health is %s", health)
	}
	alice := p.connect("alice")
	if err := p.send(alice, p.general("alice"), "all the same"); err != nil {
		t.Error(err)
	}
	if strings.Contains(p.log.String(), testkit.RedisPassword) {
		t.Error("the log holds the password of Redis")
	}
}
