package signaling_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/chat/presence"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/sfu/transport"
	"github.com/digierapro/parley/signaling"
	"github.com/digierapro/parley/store/postgres"
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
	watch(bob)                                                           // answered once bob is noted as here, which is after "ready"
	got := watch(alice, "bob", "carol", "\x00", strings.Repeat("x", 65)) // the last are nobody's
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

// slowChoices is a store that answers about some user only when it may.
type slowChoices struct {
	presence.Store
	of         string
	asked, may chan struct{}
}

func (s *slowChoices) Choices(ctx context.Context, userIDs []string) (map[string]presence.Kept, error) {
	if slices.Contains(userIDs, s.of) {
		close(s.asked)
		<-s.may
	}
	return s.Store.Choices(ctx, userIDs)
}

func TestWhoGoesWhileTheyBeginToWatchWatchesNobody(t *testing.T) {
	dbURL := testkit.PostgresURL(t)
	db, err := postgres.Open(t.Context(), dbURL, testkit.Logger(t))
	must(t, err)
	t.Cleanup(db.Close)
	store := &slowChoices{Store: db.Presence(), of: "bob", asked: make(chan struct{}), may: make(chan struct{})}
	var service *presence.Service
	e := newEdgeOn(t, dbURL, transport.Timeouts{}, func(cfg *signaling.Config, _ *call.Limits) {
		service = presence.New(store, cfg.Bus, nil, cfg.Log)
		cfg.Presence = service
	})
	alice := e.connect(insider("alice"))
	general := e.general(alice.who)
	events := e.server.Stats().Events.Load()
	ask := func(name string, arg map[string]any) {
		go func() { _ = alice.Request(within(t), name, arg, nil) }() // nobody is there for the answer
	}
	ask("watchPresence", map[string]any{"userIds": []string{"bob"}})
	<-store.asked
	ask("saveDraft", map[string]any{"channelId": general, "message": "after it"})
	waitFor(t, "both requests", func() bool { return e.server.Stats().Events.Load() == events+2 })
	alice.Close()
	waitFor(t, "the device is gone", func() bool { return service.Stats().Devices == 0 })
	phone := e.connect(insider("alice"))
	close(store.may)
	expect[any](phone, "draftChanged", nil)
	if n := service.Stats().Watched; n != 0 {
		t.Errorf("%d are watched by who is gone", n)
	}
}
