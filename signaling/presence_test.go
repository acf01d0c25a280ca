package signaling_test

import (
	"testing"
	"time"

	"github.com/digierapro/parley/chat/presence"
)

type watching struct {
	Users []presence.Presence `json:"users"`
}

func watch(d *device, userIDs ...string) []presence.Presence {
	d.edge.t.Helper()
	return request[watching](d, "watchPresence", map[string]any{"userIds": userIDs}).Users
}

func TestPresenceIsToldToThoseWhoLook(t *testing.T) {
	e := newEdge(t)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	watch(bob) // answered once bob is noted as here, which is after "ready"
	got := watch(alice, "bob", "carol")
	if len(got) != 2 || got[0].Status != presence.Online || got[1].Status != presence.Offline {
		t.Fatalf("%+v", got)
	}
	request[any](bob, "updateStatus", map[string]any{"status": "dnd", "customStatus": "  In a meeting ", "expiresAt": time.Now().Add(time.Hour)})
	p := expect(alice, "userStatusChanged", func(p presence.Presence) bool { return p.UserID == "bob" })
	if p.Status != presence.Busy || p.CustomStatus != "In a meeting" || p.ExpiresAt == nil {
		t.Fatalf("%+v", p)
	}
	request[any](bob, "updateStatus", map[string]any{"status": "online", "customStatus": ""})
	expect(alice, "userStatusChanged", func(p presence.Presence) bool { return p.Status == presence.Online && p.CustomStatus == "" })
	watch(alice)
	request[any](bob, "updateStatus", map[string]any{"status": "away"})
	refused(bob, "updateStatus", map[string]any{"status": "asleep"}, "bad_request")
	refused(bob, "updateStatus", map[string]any{"customStatus": "x", "expiresAt": time.Now().Add(-time.Hour)}, "bad_request")
	many := make([]string, presence.MaxWatched+1)
	for i := range many {
		many[i] = string(rune('a'+i%26)) + string(rune('a'+i/26))
	}
	refused(alice, "watchPresence", map[string]any{"userIds": many}, "too_many_watched")
}

func TestAClientIsToldOfNobody(t *testing.T) {
	e := newEdge(t)
	e.connect(insider("bob"))
	acme := e.connect(outsider("acme"))
	if got := watch(acme, "bob"); len(got) != 0 {
		t.Fatalf("a client sees %+v", got)
	}
}

type typing struct {
	ChannelID string `json:"channelId"`
	UserID    string `json:"userId"`
}

func TestTypingIsToldInTheChannelAndNotTooOften(t *testing.T) {
	e := newEdge(t)
	alice, bob, mallory := e.connect(insider("alice")), e.connect(insider("bob")), e.connect(insider("mallory"))
	dm := e.dm(alice.who, "bob")
	request[any](alice, "typing:start", map[string]any{"channelId": dm})
	if p := expect[typing](bob, "typing:started", nil); p.UserID != "alice" || p.ChannelID != dm {
		t.Fatalf("%+v", p)
	}
	for range 5 {
		request[any](alice, "typing:start", map[string]any{"channelId": dm})
	}
	request[any](alice, "typing:stop", map[string]any{"channelId": dm})
	expect[typing](bob, "typing:stopped", nil)
	if n := bob.inbox.Count("typing:started"); n != 0 {
		t.Errorf("told %d times more than every two seconds", n)
	}
	refused(mallory, "typing:start", map[string]any{"channelId": dm}, "channel_not_found")
	request[any](bob, "updateStatus", map[string]any{"hideTyping": true})
	request[any](bob, "typing:start", map[string]any{"channelId": dm})
	send(bob, dm, "done", "c1")
	expect[any](alice, "newMessage", nil)
	if n := alice.inbox.Count("typing:started"); n != 1 { // one's own is told too
		t.Errorf("who hides it is told of: %d", n)
	}
	request[any](alice, "typing:start", dm) // the channel's id alone
	if p := expect[typing](bob, "typing:started", nil); p.UserID != "alice" || p.ChannelID != dm {
		t.Fatalf("%+v", p)
	}
	request[any](alice, "typing:stop", dm)
	expect(bob, "typing:stopped", func(p typing) bool { return p.UserID == "alice" })
}
