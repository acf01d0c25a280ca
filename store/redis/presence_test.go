package redis

import (
	"testing"
	"time"

	"github.com/digierapro/parley/chat/presence"
)

func TestPresence(t *testing.T) {
	server, busA, busB := openTwo(t)
	a, b := busA.Presence(), busB.Presence()
	now := time.Now().UTC().Truncate(time.Millisecond)
	here := map[string]presence.Here{"old": {Devices: 1, At: now.Add(-2 * presence.RemoteTime)}}
	for i := range 2 * keysAtOnce {
		here[string(rune('a'+i%26))+text(uint64(i))] = presence.Here{Devices: i, Used: now, At: now}
	}
	must(t, a.Share(t.Context(), here))
	must(t, b.Share(t.Context(), map[string]presence.Here{"a0": {Devices: 7, Gone: now, At: now}}))
	users := make([]string, 0, len(here)+1)
	for userID := range here {
		users = append(users, userID)
	}
	others, err := b.Others(t.Context(), append(users, "nobody"))
	must(t, err)
	if len(others) != len(here)-1 || len(others["a0"]) != 1 || others["a0"][a.Node()] != here["a0"] {
		t.Errorf("%d users, %+v", len(others), others["a0"])
	}
	others, err = a.Others(t.Context(), []string{"a0"})
	must(t, err)
	if h := others["a0"][b.Node()]; len(others) != 1 || h.Devices != 7 || !h.Gone.Equal(now) {
		t.Errorf("%+v", others)
	}
	if ttl := server.Do("PTTL", a.key("a0")); ttl == ":-1" {
		t.Error("it never expires")
	}
	server.Do("HSET", a.key("broken"), "node", "{")
	if others, err = a.Others(t.Context(), []string{"broken"}); err != nil || len(others) != 0 {
		t.Errorf("%+v %v", others, err)
	}
	server.Kill()
	becomes(t, busA, false)
	began := time.Now()
	for busA.publishing.Load() {
		publish(t, busA, "x", "so that it notices")
	}
	if err := a.Share(t.Context(), here); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
