package signaling_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/chat/presence"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/sfu/transport"
)

type userChanged struct {
	User chat.User `json:"user"`
}

// becomes waits until the device is told that its user is this now.
func (d *device) becomes(role auth.Role, internal bool) {
	d.edge.t.Helper()
	began := time.Now()
	expect(d, "userChanged", func(c userChanged) bool {
		return c.User.ID == d.who.UserID && c.User.Role == string(role) && c.User.Internal == internal
	})
	if took := time.Since(began); took > 2*acrossTime {
		d.edge.t.Errorf("%s learns after %v that they are %s", d.who.UserID, took, role)
	}
}

// powers are what somebody may do as one who works here, and as an admin of the company.
type powers struct{ lists, watches, reads bool }

// may tries it over REST, with a new token, and over the device if there is one.
func (e *edge) may(who auth.Identity, d *device) (p powers) {
	e.t.Helper()
	_, people, _ := rest[struct{ Users []chat.User }](e, who, "GET", "/api/users", nil)
	p.lists = len(people.Users) > 0
	status, _, code := rest[any](e, who, "GET", "/api/moderation/words", nil)
	if p.reads = status == http.StatusOK; !p.reads && code != "admin_only" {
		e.t.Errorf("the lists of words: %d %s", status, code)
	}
	if d != nil {
		p.watches = len(watch(d, "bob")) > 0
	}
	return p
}

var (
	everything = powers{lists: true, watches: true, reads: true}
	colleagues = powers{lists: true, watches: true}
	nothing    powers
)

func TestWhomTheDirectoryLowersIsLoweredAtOnce(t *testing.T) {
	e := newEdge(t)
	alice, bob, grace := e.connect(insider("alice")), e.connect(insider("bob")), e.connect(companyAdmin("grace"))
	watch(bob)
	if got := e.may(grace.who, grace); got != everything {
		t.Fatalf("before: %+v", got)
	}
	report := request[chat.ReportPush](alice, "reportMessage", map[string]any{"messageId": send(bob, e.general(bob.who), "rude", "b1").MessageID, "reason": "harassment"})

	e.directory("PUT", "users/grace", employee("Grace", "", "manager"))
	grace.becomes(auth.RoleManager, true)
	if got := e.may(grace.who, grace); got != colleagues {
		t.Errorf("as a manager: %+v", got)
	}
	refused(grace, "decideReport", map[string]any{"reportId": report.ReportID, "status": "dismissed"}, "report_not_found")
	dm := map[string]any{"channelType": "dm", "participants": []map[string]string{{"userId": "alice"}}}
	old := request[channelAnswer](grace, "createChannel", dm).Channel.ID

	watch(alice, "bob")
	e.directory("PUT", "users/grace", employee("Grace", "", "client"))
	grace.becomes(auth.RoleClient, false)
	request[any](bob, "updateStatus", map[string]any{"status": "dnd"})
	expect(alice, "userStatusChanged", func(p presence.Presence) bool { return p.Status == presence.Busy })
	if got := e.may(grace.who, grace); got != nothing {
		t.Errorf("as a client: %+v", got)
	}
	if told := grace.inbox.Count("userStatusChanged"); told != 0 {
		t.Error("who is no longer internal hears that somebody is busy")
	}
	dm["participants"] = []map[string]string{{"userId": "bob"}}
	refused(grace, "createChannel", dm, "user_not_found")
	refused(grace, "createChannel", map[string]any{"channelType": "project", "name": "Mine"}, "not_allowed")
	if status, _, code := rest[any](e, grace.who, "POST", "/api/channels", dm); status != http.StatusNotFound || code != "user_not_found" {
		t.Errorf("a direct message: %d %s", status, code)
	}
	if _, me, _ := rest[chat.User](e, grace.who, "GET", "/api/me", nil); me.Internal || me.Role != "client" {
		t.Errorf("me: %+v", me)
	}
	if other := e.connect(grace.who); other.ready.User.Internal || other.ready.User.Role != "client" || e.may(other.who, other) != nothing {
		t.Errorf("connected anew: %+v", other.ready.User)
	}
	send(grace, old, "good bye", "g1")
	expect(alice, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "good bye" })
	if got := e.may(alice.who, alice); got != colleagues || alice.inbox.Count("userChanged") != 0 {
		t.Errorf("somebody else: %+v", got)
	}

	e.directory("PUT", "users/grace", employee("Grace", "", "admin"))
	grace.becomes(auth.RoleAdmin, true)
	if got := e.may(grace.who, grace); got != everything {
		t.Errorf("raised again: %+v", got)
	}
	if got := e.sees(grace.who); !slices.Equal(got, []string{"General"}) {
		t.Errorf("raised again, they see %v", got)
	}
}

func TestTheDirectoryRaisesNoToken(t *testing.T) {
	e := newEdge(t)
	e.connect(insider("bob"))
	e.directory("PUT", "users/alice", employee("Alice", "", "admin"))
	e.directory("PUT", "users/acme", employee("Acme", "", "manager"))
	alice, acme, grace := e.connect(insider("alice")), e.connect(outsider("acme")), e.connect(companyAdmin("grace"))
	if got := e.may(alice.who, alice); got != colleagues {
		t.Errorf("a user by their token: %+v", got)
	}
	if got := e.may(acme.who, acme); got != nothing {
		t.Errorf("a client by their token: %+v", got)
	}
	if got := e.may(grace.who, grace); got != everything {
		t.Errorf("whom the directory does not know: %+v", got)
	}
}

func TestWhoWasLoweredIsSoAfterARestart(t *testing.T) {
	e := newEdge(t)
	e.directory("PUT", "users/grace", employee("Grace", "", "client"))
	again := newEdgeOn(t, e.dbURL, transport.Timeouts{})
	if got := again.may(companyAdmin("grace"), nil); got != nothing {
		t.Errorf("over REST: %+v", got)
	}
	grace := again.connect(companyAdmin("grace"))
	if got := again.may(grace.who, grace); got != nothing || grace.ready.User.Internal {
		t.Errorf("%+v, as %+v", got, grace.ready.User)
	}
}

// What was sent to somebody before they were lowered is not fetched after it.
func TestNobodyRecoversWhatTheyWereBefore(t *testing.T) {
	e := newEdge(t)
	alice := lostBefore(e, "among ourselves")
	e.directory("PUT", "users/alice", employee("Alice", "", "client"))
	if back, missed := dialPlain(e, insider("alice"), alice); back.pid == alice.pid || strings.Contains(strings.Join(missed, ""), "ourselves") {
		t.Fatalf("recovered %v, missed %q", back.pid == alice.pid, missed)
	}
}

func TestLoweredOnAllNodes(t *testing.T) {
	n := newNodes(t)
	n.first.connect(insider("bob"))
	grace := n.second.connect(companyAdmin("grace"))
	if got := n.second.may(grace.who, grace); got != everything {
		t.Fatalf("before: %+v", got)
	}
	n.first.directory("PUT", "users/grace", employee("Grace", "", "client"))
	grace.becomes(auth.RoleClient, false)
	if got := n.second.may(grace.who, grace); got != nothing {
		t.Errorf("on the other node: %+v", got)
	}
	n.redis.Kill()
	n.heard(false)
	n.first.directory("PUT", "users/grace", employee("Grace", "", "admin"))
	grace.becomes(auth.RoleAdmin, true)
	n.first.directory("PUT", "users/grace", employee("Grace", "", "manager"))
	grace.becomes(auth.RoleManager, true)
	if got := n.second.may(grace.who, grace); got != colleagues {
		t.Errorf("while the nodes do not hear each other: %+v", got)
	}
}

// Nodes that share nothing but the database find it there after a while.
func TestLoweredWithoutABusBetween(t *testing.T) {
	first := newEdge(t)
	second := newEdgeOn(t, first.dbURL, transport.Timeouts{})
	grace := second.connect(companyAdmin("grace"))
	first.directory("PUT", "users/grace", employee("Grace", "", "client"))
	expect(grace, "userChanged", func(c userChanged) bool { return !c.User.Internal })
	if got := second.may(grace.who, grace); got != nothing {
		t.Errorf("%+v", got)
	}
}

func TestDeactivatedWithoutABusBetween(t *testing.T) {
	first := newEdge(t)
	second := newEdgeOn(t, first.dbURL, transport.Timeouts{})
	alice, bob := second.connect(insider("alice")), second.connect(insider("bob"))
	first.directory("PUT", "users/alice", employee("Alice", "", "user"))
	first.directory("DELETE", "users/alice", nil)
	expect(alice, "sessionEnded", func(s struct{ Code string }) bool { return s.Code == "user_deactivated" })
	if status, _, code := rest[any](second, alice.who, "GET", "/api/me", nil); code != "user_deactivated" {
		t.Errorf("over REST: %d %s", status, code)
	}
	first.directory("PUT", "users/alice", employee("Alice", "", "user"))
	first.directory("PUT", "users/bob", employee("Bob", "", "client"))
	expect[userChanged](bob, "userChanged", nil) // and with it, that
	if got := second.connect(alice.who).ready.User.ID; got != "alice" {
		t.Errorf("who is active again is %q", got)
	}
}

// Whoever has been raised on one node is not put out again by another one that has not heard of it.
func TestWhoIsRaisedStaysSo(t *testing.T) {
	first := newEdge(t)
	first.directory("PUT", "users/ann", employee("Ann", "", "client"))
	deaf := chat.New(first.db.Chat(), bus.NewLocal(), testkit.Logger(t))
	must(t, deaf.Learn(context.Background()))
	first.directory("PUT", "users/ann", employee("Ann", "", "user"))
	ann := insider("ann")
	if a, err := deaf.Admit(t.Context(), deaf.AsDescribed(ann)); err != nil || a.User.Internal {
		t.Errorf("%+v, %v", a.User, err)
	}
	if got := first.sees(ann); !slices.Equal(got, []string{"General"}) {
		t.Errorf("raised, they see %v", got)
	}
}

// twice connects somebody whom the directory calls internal by a token that says so, and before by one that does not.
func (e *edge) twice(userID string) (inside, outside *device) {
	e.t.Helper()
	outside, inside = e.connect(outsider(userID)), e.connect(insider(userID))
	e.directory("PUT", "users/"+userID, employee("Name of "+userID, "", "user")) // the older token has counted at once
	return inside, outside
}

// Whoever is internal by the directory and not by the token hears no more than they may ask for.
func TestATokenFromOutsideHearsNothingInternal(t *testing.T) {
	e := newEdge(t)
	bob := e.connect(insider("bob"))
	general := e.general(bob.who)
	e.directory("PUT", "users/ann", employee("Ann", "", "user"))
	laptop, phone := e.twice("ann")
	expect(laptop, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == general })
	secret := bob.makes(map[string]any{"name": "Secret", "memberIds": []string{"ann"}})
	expect(laptop, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == secret.ID })
	dm := e.dm(bob.who, "ann")
	expect(laptop, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == dm })
	var said string
	for i, channelID := range []string{general, secret.ID, dm} {
		said = request[chat.Receipt](bob, "sendMessage", map[string]any{
			"channelId": channelID, "message": "@Name of ann", "clientId": channelID, "mentions": []string{"ann"},
		}).MessageID
		expect(laptop, "newMessage", func(m chat.NewMessage) bool { return m.ChannelID == channelID && m.Message.ID == said })
		if i < 2 {
			expect(laptop, "mention", func(m chat.Mention) bool { return m.ChannelID == channelID })
		}
	}
	callID := start(bob, general)
	expect(laptop, "incomingCall", func(c callPush) bool { return c.CallID == callID })
	request[any](laptop, "saveMessage", map[string]any{"messageId": said, "on": true})
	request[any](laptop, "saveDraft", map[string]any{"channelId": secret.ID, "message": "To be continu"})
	send(laptop, secret.ID, "a thread", "a1")
	send(laptop, secret.ID, "it is", "a2")
	request[any](laptop, "removeMember", map[string]any{"channelId": secret.ID, "userId": "ann"})
	expect(laptop, "channelRemoved", func(r chat.ChannelRemoved) bool { return r.ChannelID == secret.ID })

	must(t, e.server.Compare(t.Context()))
	for _, channelID := range []string{general, dm} {
		refused(phone, "joinChannel", channelID, "channel_not_found")
		if status, _, code := rest[any](e, phone.who, "GET", "/api/channels/"+channelID+"/messages", nil); status != http.StatusNotFound {
			t.Errorf("a history: %d %s", status, code)
		}
	}
	answer := request[chat.SyncAnswer](phone, "sync", map[string]any{"epoch": phone.ready.Epoch, "channels": map[string]int64{general: 0}})
	if len(answer.Added) != 0 || answer.Channels[general].Status != chat.SyncGone {
		t.Errorf("a sync: %+v", answer)
	}
	for _, push := range []string{"channelAdded", "newMessage", "mention", "incomingCall", "callUpdated", "channelRead", "draftChanged", "memberRemoved", "channelRemoved"} {
		if n := phone.inbox.Count(push); n != 0 {
			t.Errorf("%d times %s", n, push)
		}
	}
	if n := laptop.inbox.Count("channelAdded"); n != 0 {
		t.Errorf("what the laptop hears was told %d more times", n)
	}
	for _, path := range []string{"calls", "channels", "channels/archived", "drafts", "saved", "threads"} {
		status, list, code := rest[map[string]any](e, phone.who, "GET", "/api/"+path, nil)
		for name, all := range list {
			if some, is := all.([]any); is && len(some) > 0 || status != http.StatusOK {
				t.Errorf("%s: %d %s, %s: %v", path, status, code, name, all)
			}
		}
		if status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, code)
		}
	}
}

// Who is in the general channel again by a new token hears it on older sockets too, on whichever node.
func TestWhoIsRaisedByATokenHearsItOnAllDevices(t *testing.T) {
	n := newNodes(t)
	bob := n.first.connect(insider("bob"))
	laptop, tablet := n.first.connect(insider("ann")), n.second.connect(insider("ann"))
	general := n.first.general(bob.who)
	phone := n.first.connect(outsider("ann"))
	for _, d := range []*device{laptop, tablet} {
		expect(d, "channelRemoved", func(r chat.ChannelRemoved) bool { return r.ChannelID == general })
	}
	desk := n.first.connect(insider("ann"))
	for _, d := range []*device{laptop, tablet} {
		expect(d, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == general })
	}
	send(bob, general, "welcome back", "b1")
	for _, d := range []*device{laptop, tablet, desk} {
		expect(d, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "welcome back" })
	}
	if got := phone.inbox.Count("channelAdded") + phone.inbox.Count("newMessage") + desk.inbox.Count("channelAdded"); got != 0 {
		t.Errorf("%d times told to who is from outside, or knows", got)
	}
}

// A direct message with one from outside becomes internal when the directory makes them so, and is heard by those tokens alone.
func TestADirectMessageBecomesInternal(t *testing.T) {
	e := newEdge(t)
	bob := e.connect(insider("bob"))
	e.directory("PUT", "users/ann", employee("Ann", "", "client"))
	phone, laptop := e.connect(outsider("ann")), e.connect(insider("ann"))
	dm := e.dm(bob.who, "ann")
	for _, d := range []*device{phone, laptop} {
		expect(d, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == dm && !a.Channel.Internal })
	}
	send(bob, dm, "to both", "b1")
	for _, d := range []*device{phone, laptop} {
		expect(d, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "to both" })
	}
	e.directory("PUT", "users/ann", employee("Ann", "", "user"))
	laptop.becomes(auth.RoleUser, true)
	for _, d := range []*device{bob, laptop} {
		turned := expect(d, "channelTurned", func(c chat.ChannelTurned) bool { return c.ChannelID == dm && c.Internal })
		missed := request[chat.SyncAnswer](d, "sync", map[string]any{"epoch": d.ready.Epoch, "channels": map[string]int64{dm: turned.EventSeq - 1}}).Channels[dm]
		if len(missed.Events) != 1 || missed.Events[0].Event != "channelTurned" {
			t.Errorf("%s, had they been away: %+v", d.who.UserID, missed)
		}
	}
	expect(phone, "channelRemoved", func(r chat.ChannelRemoved) bool { return r.ChannelID == dm })
	send(bob, dm, "to one", "b2")
	expect(laptop, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "to one" })
	refused(phone, "joinChannel", dm, "channel_not_found")
	if phone.inbox.Count("newMessage") != 0 || laptop.inbox.Count("channelRemoved") != 0 {
		t.Error("the phone hears it, or the laptop does not")
	}
}

// What was added to whom a node still took for an outsider is heard once it knows better.
func TestWhoIsRaisedHearsWhatWasWithheld(t *testing.T) {
	first := newEdge(t)
	general := first.general(first.connect(insider("bob")).who)
	first.directory("PUT", "users/grace", employee("Grace", "", "client"))
	second := newEdgeOn(t, first.dbURL, transport.Timeouts{})
	grace := second.connect(companyAdmin("grace"))
	first.directory("PUT", "users/grace", employee("Grace", "", "admin"))
	expect(grace, "userChanged", func(c userChanged) bool { return c.User.Internal })
	expect(grace, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == general })
	send(grace, general, "back again", "g1")
	expect(grace, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "back again" })
}
