package signaling_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/chat/presence"
	"github.com/digierapro/parley/internal/sioclient"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/sfu/transport"
	"github.com/digierapro/parley/signaling"
	"github.com/digierapro/parley/store/redis"
)

// acrossTime is how long anything may take from one node to another.
const acrossTime = time.Second

// nodes are two servers on one database and one Redis.
type nodes struct {
	redis         *testkit.RedisServer
	first, second *edge
}

// newNodes starts them; adjust may change their configuration first.
func newNodes(t *testing.T, adjust ...func(*signaling.Config, *call.Limits)) *nodes {
	t.Helper()
	n := &nodes{redis: testkit.Redis(t)}
	dbURL := testkit.PostgresURL(t)
	n.first, n.second = n.edge(t, dbURL, adjust), n.edge(t, dbURL, adjust)
	n.heard(true)
	return n
}

func (n *nodes) edge(t *testing.T, dbURL string, adjust []func(*signaling.Config, *call.Limits)) *edge {
	t.Helper()
	b, err := redis.New(redis.Config{URL: n.redis.URL(), Name: "test", Logger: testkit.Logger(t)})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-done)
	})
	e := newEdgeOver(t, dbURL, b, transport.Timeouts{}, append(slices.Clone(adjust), func(cfg *signaling.Config, _ *call.Limits) {
		cfg.SharedLimits = b.Limits()
		cfg.Chat.ShareLimits(b.Limits())
		cfg.Health = append(cfg.Health, signaling.Check{Name: "bus", Ask: func(context.Context) error {
			if !b.Up() {
				return errors.New("other nodes are not heard")
			}
			return nil
		}})
	})...)
	e.bus = b
	return e
}

// heard waits until the nodes hear each other, or know that they do not.
func (n *nodes) heard(is bool) {
	n.first.t.Helper()
	for _, e := range []*edge{n.first, n.second} {
		for deadline := time.Now().Add(15 * time.Second); e.bus.Up() != is; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				e.t.Fatalf("heard is not %v", is)
			}
		}
	}
}

// inTime fails when it took longer than anything may take, with a second for a busy machine.
func inTime(t *testing.T, began time.Time, what string) {
	t.Helper()
	if took := time.Since(began); took > 2*acrossTime {
		t.Errorf("%s took %v", what, took)
	}
}

// Messages, mentions and writing are told on the other node at once, and by the bus alone.
func TestWhatOneNodeSaysTheOtherHears(t *testing.T) {
	n := newNodes(t)
	alice, bob := n.first.connect(insider("alice")), n.second.connect(insider("bob"))
	general := n.first.general(alice.who)
	began := time.Now()
	request[any](alice, "typing:start", map[string]any{"channelId": general})
	if p := expect[typing](bob, "typing:started", nil); p.UserID != "alice" {
		t.Errorf("%+v", p)
	}
	request[chat.Receipt](alice, "sendMessage", map[string]any{"channelId": general, "message": "@Name of bob, look", "clientId": "a1", "mentions": []string{"bob"}})
	expect(bob, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "@Name of bob, look" })
	expect(bob, "mention", func(m chat.Mention) bool { return m.ChannelID == general })
	send(bob, general, "I do", "b1")
	answer := expect(alice, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "I do" })
	request[any](alice, "addReaction", map[string]any{"messageId": answer.Message.ID, "emoji": "👍"})
	expect[any](bob, "reactionAdded", nil)
	inTime(t, began, "talking")
	for i := range 100 {
		send([]*device{alice, bob}[i%2], general, "many", fmt.Sprint("many", i))
	}
	for range 100 {
		expect(alice, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "many" })
		expect(bob, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "many" })
	}
	if missed := n.first.server.Stats().Missed.Load() + n.second.server.Stats().Missed.Load(); missed != 0 {
		t.Errorf("%d changes had to be looked for", missed)
	}
	if twice := alice.inbox.Count("newMessage") + bob.inbox.Count("newMessage"); twice != 2 { // one's own first ones
		t.Errorf("%d messages were told twice", twice-2)
	}
}

func TestEveryoneIsNotifiedOnceInAWhileFromAllNodes(t *testing.T) {
	n := newNodes(t)
	laptop, phone := n.first.connect(insider("alice")), n.second.connect(insider("alice"))
	ch := laptop.makes(map[string]any{"name": "Team"})
	first := send(laptop, ch.ID, "@channel lunch", "a1")
	for i, d := range []*device{phone, laptop, phone} {
		refused(d, "sendMessage", text(ch.ID, "@channel now", fmt.Sprint("b", i)), "rate_limited")
	}
	if again := send(phone, ch.ID, "@channel lunch", "a1"); !again.Duplicate || again.MessageID != first.MessageID {
		t.Errorf("the same message over another node: %+v", again)
	}
	refused(phone, "sendMessage", text(ch.ID, "@channel dinner", "a1"), "client_id_reused")
	other := phone.makes(map[string]any{"name": "Other"})
	send(phone, other.ID, "@channel hello", "c1")
}

// What one does on one device is seen on another one at another node.
func TestDevicesOnTwoNodesAgree(t *testing.T) {
	n := newNodes(t)
	laptop, phone, bob := n.first.connect(insider("alice")), n.second.connect(insider("alice")), n.second.connect(insider("bob"))
	general := n.first.general(laptop.who)
	receipt := send(bob, general, "unread", "b1")
	expect[chat.NewMessage](laptop, "newMessage", nil)
	began := time.Now()
	request[any](laptop, "markAsRead", map[string]any{"channelId": general, "seq": receipt.Seq})
	expect(phone, "channelRead", func(r struct {
		ChannelID string `json:"channelId"`
		ReadSeq   int64  `json:"readSeq"`
	}) bool {
		return r.ChannelID == general && r.ReadSeq == receipt.Seq
	})
	expect[any](bob, "messagesRead", nil)
	request[any](laptop, "saveDraft", map[string]any{"channelId": general, "message": "To be continu"})
	expect(phone, "draftChanged", func(d struct{ Message string }) bool { return d.Message == "To be continu" })
	inTime(t, began, "agreeing")
}

// Whoever is added on one node hears the channel on another at once, and whoever is removed hears nothing more of it.
func TestMembershipsAcrossNodes(t *testing.T) {
	n := newNodes(t)
	alice, bob := n.first.connect(insider("alice")), n.second.connect(insider("bob"))
	began := time.Now()
	ch := alice.makes(map[string]any{"name": "Two nodes", "memberIds": []string{"bob"}})
	expect(bob, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == ch.ID })
	must(t, n.second.settle())
	send(alice, ch.ID, "welcome", "a1")
	expect(bob, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "welcome" })
	request[any](alice, "removeMember", map[string]any{"channelId": ch.ID, "userId": "bob"})
	expect(bob, "channelRemoved", func(r chat.ChannelRemoved) bool { return r.ChannelID == ch.ID })
	send(alice, ch.ID, "he is gone", "a2")
	send(alice, n.first.general(alice.who), "the last", "a3") // published after it, by the same connection
	expect(bob, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "the last" })
	inTime(t, began, "coming and going")
	if more := bob.inbox.Count("newMessage"); more != 0 {
		t.Errorf("%d more messages were told", more)
	}
}

// Who is deactivated by way of one node has no socket left on any.
func TestDeactivationOnAllNodes(t *testing.T) {
	n := newNodes(t)
	devices := []*device{n.first.connect(insider("bob")), n.second.connect(insider("bob"))}
	began := time.Now()
	if status, _, code := rest[any](n.first, crm, "DELETE", "/api/directory/users/bob", nil); status != http.StatusOK {
		t.Fatalf("%d %s", status, code)
	}
	hasEnded(t, n, devices, began)
}

func hasEnded(t *testing.T, n *nodes, devices []*device, began time.Time) {
	t.Helper()
	for _, d := range devices {
		expect(d, "sessionEnded", func(s struct{ Code string }) bool { return s.Code == "user_deactivated" })
		select {
		case <-d.Done():
		case <-within(t).Done():
			t.Fatal("a socket stays open")
		}
	}
	inTime(t, began, "the end")
	for _, e := range []*edge{n.first, n.second} {
		if status, _, code := rest[any](e, insider("bob"), "GET", "/api/channels", nil); status != http.StatusUnauthorized || code != "user_deactivated" {
			t.Errorf("%d %s", status, code)
		}
		if _, err := sioclient.Dial(within(t), e.url+"/api/socket/io", sioclient.Options{Token: e.token(insider("bob"), time.Hour)}); err == nil {
			t.Error("a new socket is let in")
		}
	}
}

// settle waits until the node hears what its sockets do.
func (e *edge) settle() error {
	ctx := within(e.t)
	e.bus.Settle(ctx)
	return ctx.Err()
}

// Who is watched on one node is seen as all nodes know them.
func TestPresenceAcrossNodes(t *testing.T) {
	n := newNodes(t)
	alice := n.first.connect(insider("alice"))
	if got := watch(alice, "bob", "carol"); got[0].Status != presence.Offline || got[1].Status != presence.Offline {
		t.Fatalf("%+v", got)
	}
	is := func(userID string, status presence.Status) func(presence.Presence) bool {
		return func(p presence.Presence) bool { return p.UserID == userID && p.Status == status }
	}
	bob := n.second.connect(insider("bob"))
	expect(alice, "userStatusChanged", is("bob", presence.Online))
	request[any](bob, "updateStatus", map[string]any{"status": "dnd", "customStatus": "In a meeting"})
	expect(alice, "userStatusChanged", is("bob", presence.Busy))
	dave := n.first.connect(insider("dave"))
	if got := watch(dave, "bob"); got[0].Status != presence.Busy || got[0].CustomStatus != "In a meeting" {
		t.Errorf("%+v", got)
	}

	phone := n.first.connect(insider("bob")) // what one chooses on one node counts on all
	request[any](bob, "updateStatus", map[string]any{"status": "online", "customStatus": "", "hideTyping": true})
	expect(alice, "userStatusChanged", is("bob", presence.Online))
	general := n.first.general(alice.who)
	request[any](phone, "typing:start", map[string]any{"channelId": general})
	send(phone, general, "typed", "p1")
	expect[any](alice, "newMessage", nil)
	if told := alice.inbox.Count("typing:started"); told != 0 {
		t.Errorf("who hides it is told of: %d", told)
	}

	n.redis.Kill()
	n.heard(false)
	carol := n.second.connect(insider("carol"))
	request[any](carol, "updateStatus", map[string]any{"status": "away"})
	n.redis.Start()
	expect(alice, "userStatusChanged", is("carol", presence.Away))
}

// A call is held by the node on which it began: it rings on all, and who cannot join it is told why.
func TestACallOnAnotherNode(t *testing.T) {
	n := newNodes(t)
	alice, bob, mallory := n.first.connect(insider("alice")), n.second.connect(insider("bob")), n.second.connect(insider("mallory"))
	dm := n.first.dm(alice.who, "bob")
	callID := start(alice, dm)
	join(alice, callID)
	expect(bob, "incomingCall", func(r struct{ CallID string }) bool { return r.CallID == callID })
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		err := bob.Request(within(t), "joinCall", map[string]string{"callId": callID}, nil)
		if failure, ok := err.(*sioclient.Error); ok && failure.Code == "call_elsewhere" {
			break // its record is written
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	refused(bob, "rejectCall", map[string]string{"callId": callID}, "call_elsewhere")
	refused(mallory, "joinCall", map[string]string{"callId": callID}, "call_not_found")
	request[any](alice, "leaveCall", map[string]string{"callId": callID})
	expect(bob, "callEnded", func(r struct{ CallID string }) bool { return r.CallID == callID })
}
