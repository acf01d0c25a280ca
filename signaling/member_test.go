package signaling_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
)

func (d *device) makes(channel map[string]any) chat.Channel {
	d.edge.t.Helper()
	channel["channelType"] = "project"
	return request[channelAnswer](d, "createChannel", channel).Channel
}

func TestAChannelIsMadeAndItsMembersHearOfIt(t *testing.T) {
	e := newEdge(t)
	alice, bob, carol := e.connect(insider("alice")), e.connect(insider("bob")), e.connect(insider("carol"))
	ch := alice.makes(map[string]any{"name": "  Website   relaunch ", "memberIds": []string{"bob"}})
	if ch.Name != "Website relaunch" || ch.ParticipantCount != 2 || !ch.Internal || ch.Me == nil || ch.Me.Role != chat.Owner {
		t.Fatalf("%+v", ch)
	}
	expect(bob, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == ch.ID })
	send(alice, ch.ID, "hello", "c1")
	expect(bob, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "hello" })

	added := request[chat.MembersAnswer](bob, "addMembers", map[string]any{"channelId": ch.ID, "userIds": []string{"carol", "bob"}})
	if len(added.Members) != 1 || added.Members[0].UserID != "carol" {
		t.Fatalf("%+v", added)
	}
	expect(carol, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == ch.ID })
	if p := expect(alice, "membersAdded", func(p chat.MembersAdded) bool { return p.ChannelID == ch.ID }); p.ParticipantCount != 3 || p.EventSeq != added.EventSeq {
		t.Fatalf("%+v", p)
	}
	expect(carol, "newMessage", func(m chat.NewMessage) bool {
		return m.Message.Type == chat.System && m.Message.System.Kind == chat.NoteMembersAdded && m.Message.Mentioned != nil
	})
	_, list, _ := rest[struct {
		Participants []chat.Member `json:"participants"`
	}](e, carol.who, "GET", "/api/channels/"+ch.ID+"/participants", nil)
	if len(list.Participants) != 3 || list.Participants[0].UserID != "alice" || list.Participants[0].Role != chat.Owner {
		t.Fatalf("%+v", list)
	}
	long := strings.Repeat("é", 100)
	if ch := alice.makes(map[string]any{"name": long}); ch.Name != long {
		t.Fatalf("%+v", ch)
	}
	e.directory("PUT", "projects/long", map[string]any{"name": long})
	for _, bad := range []map[string]any{{"name": ""}, {"name": long + "x"}, {"name": "x", "channelType": "general"}} {
		if bad["channelType"] == nil {
			bad["channelType"] = "project"
		}
		refused(alice, "createChannel", bad, "bad_request")
	}
	refused(alice, "createChannel", map[string]any{"channelType": "project", "name": "x", "memberIds": []string{"nobody"}}, "user_not_found")
}

func TestWhoIsRemovedHearsNothingMore(t *testing.T) {
	e := newEdge(t)
	alice, bob, carol := e.connect(insider("alice")), e.connect(insider("bob")), e.connect(insider("carol"))
	ch := alice.makes(map[string]any{"name": "Secret", "is_private": true, "memberIds": []string{"bob", "carol"}})
	expect(bob, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == ch.ID })
	refused(bob, "removeMember", map[string]any{"channelId": ch.ID, "userId": "carol"}, "not_moderator")
	refused(bob, "addMembers", map[string]any{"channelId": ch.ID, "userIds": []string{"dave"}}, "not_moderator")
	request[chat.MembersAnswer](alice, "removeMember", map[string]any{"channelId": ch.ID, "userId": "bob"})
	expect(bob, "channelRemoved", func(r chat.ChannelRemoved) bool { return r.ChannelID == ch.ID })
	send(alice, ch.ID, "without bob", "c1")
	expect(carol, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "without bob" })
	send(alice, e.general(alice.who), "to all", "c2")
	expect(bob, "newMessage", func(m chat.NewMessage) bool {
		if m.ChannelID == ch.ID && m.Message.Body == "without bob" {
			t.Error("a removed member heard a message")
		}
		return m.Message.Body == "to all"
	})
	refused(bob, "sendMessage", map[string]any{"channelId": ch.ID, "message": "still here?", "clientId": "c"}, "channel_not_found")
	refused(bob, "becomeMember", ch.ID, "channel_not_found")
	if status, _, _ := rest[any](e, bob.who, "GET", "/api/channels/"+ch.ID, nil); status != http.StatusNotFound {
		t.Errorf("status %d", status)
	}
}

func TestRolesAndTheLastOwner(t *testing.T) {
	e := newEdge(t)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	ch := alice.makes(map[string]any{"name": "Team", "memberIds": []string{"bob"}})
	role := func(d *device, userID string, role chat.MemberRole) chat.MembersAnswer {
		return request[chat.MembersAnswer](d, "setMemberRole", map[string]any{"channelId": ch.ID, "userId": userID, "role": role})
	}
	refused(bob, "setMemberRole", map[string]any{"channelId": ch.ID, "userId": "bob", "role": "owner"}, "not_moderator")
	refused(alice, "setMemberRole", map[string]any{"channelId": ch.ID, "userId": "\x00", "role": "admin"}, "member_not_found")
	refused(alice, "silenceMember", map[string]any{"channelId": ch.ID, "userId": "\x00", "seconds": 60}, "member_not_found")
	refused(alice, "setMemberRole", map[string]any{"channelId": ch.ID, "userId": "alice", "role": "member"}, "last_owner")
	role(alice, "bob", chat.Admin)
	expect(bob, "memberUpdated", func(m chat.MemberUpdated) bool { return m.UserID == "bob" && m.Role == chat.Admin })
	refused(bob, "setMemberRole", map[string]any{"channelId": ch.ID, "userId": "alice", "role": "member"}, "not_moderator")
	refused(bob, "addMembers", map[string]any{"channelId": ch.ID, "userIds": []string{"carol"}, "role": "owner"}, "not_moderator")
	request[channelAnswer](bob, "updateChannel", map[string]any{"channelId": ch.ID, "name": "The team", "isReadOnly": true})
	if p := expect[chat.ChannelUpdated](alice, "channelUpdated", nil); p.Name != "The team" || !p.ReadOnly {
		t.Fatalf("%+v", p)
	}
	request[chat.MembersAnswer](alice, "removeMember", map[string]any{"channelId": ch.ID, "userId": "alice"})
	if p := expect[chat.MemberRemoved](bob, "memberRemoved", nil); p.OwnerID != "bob" {
		t.Fatalf("nobody owns the channel: %+v", p)
	}
}

// Whoever enters a channel that all have left owns it, or nobody could ever change it.
func TestAnEmptyChannelIsAdopted(t *testing.T) {
	e := newEdge(t)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	ch := alice.makes(map[string]any{"name": "Team"})
	request[any](alice, "removeMember", map[string]any{"channelId": ch.ID, "userId": "alice"})
	if got := request[channelAnswer](bob, "becomeMember", ch.ID).Channel; got.Me.Role != chat.Owner {
		t.Errorf("who comes first is its %s", got.Me.Role)
	}
	if got := request[channelAnswer](alice, "becomeMember", ch.ID).Channel; got.Me.Role != chat.PlainMember {
		t.Errorf("who comes next is its %s", got.Me.Role)
	}
}

// The directory's channels have no owner, and nobody becomes it because somebody goes.
func TestNobodyInheritsWhatNobodyOwns(t *testing.T) {
	e := newEdge(t)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	e.directory("PUT", "projects/p1", map[string]any{"name": "Relaunch", "memberIds": []string{"alice", "bob"}})
	project := expect(alice, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.Type == chat.Project }).Channel.ID
	request[any](bob, "removeMember", map[string]any{"channelId": project, "userId": "bob"})
	if p := expect(alice, "memberRemoved", func(p chat.MemberRemoved) bool { return p.ChannelID == project }); p.OwnerID != "" {
		t.Errorf("%q owns it", p.OwnerID)
	}
	refused(alice, "updateChannel", map[string]any{"channelId": project, "isReadOnly": true}, "not_moderator")
}

func TestAnArchivedChannelIsReadAndRestored(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	ch := alice.makes(map[string]any{"name": "Old"})
	if status, _, _ := rest[channelAnswer](e, alice.who, "DELETE", "/api/channels/"+ch.ID, nil); status != http.StatusOK {
		t.Fatal(status)
	}
	refused(alice, "sendMessage", map[string]any{"channelId": ch.ID, "message": "x", "clientId": "c"}, "channel_archived")
	_, list, _ := rest[channelList](e, alice.who, "GET", "/api/channels/archived", nil)
	if len(list.Channels) != 1 || list.Channels[0].ID != ch.ID {
		t.Fatalf("%+v", list)
	}
	sync := func(channels map[string]int64) chat.SyncAnswer {
		return request[chat.SyncAnswer](alice, "sync", map[string]any{"epoch": alice.ready.Epoch, "channels": channels})
	}
	if told := sync(map[string]int64{ch.ID: ch.EventSeq}).Channels[ch.ID]; told.Status != chat.SyncEvents || len(told.Events) != 2 || told.Events[0].Event != "channelUpdated" {
		t.Fatalf("who was away while it was archived is told %+v", told)
	}
	for _, added := range sync(map[string]int64{}).Added {
		if added.ID == ch.ID {
			t.Fatal("an archived channel is listed")
		}
	}
	rest[channelAnswer](e, alice.who, "PUT", "/api/channels/"+ch.ID, map[string]any{"isArchived": false})
	send(alice, ch.ID, "back", "c2")
	general := e.general(alice.who)
	grace := e.connect(auth.Identity{UserID: "grace", Name: "Grace", Role: auth.RoleAdmin, Internal: true})
	refused(alice, "updateChannel", map[string]any{"channelId": general, "isReadOnly": true}, "not_moderator")
	refused(grace, "updateChannel", map[string]any{"channelId": general, "isArchived": true}, "general_is_kept")
	refused(grace, "removeMember", map[string]any{"channelId": general, "userId": "alice"}, "general_is_kept")
	dm := e.dm(alice.who, "grace")
	refused(alice, "updateChannel", map[string]any{"channelId": dm, "name": "x"}, "dm_is_kept")
}

// Who archives a direct message does so for themselves, on all their devices and without the other's knowledge, until the next
// message.
func TestADirectMessageIsArchivedForOneself(t *testing.T) {
	e := newEdge(t)
	alice, phone, bob := e.connect(insider("alice")), e.connect(insider("alice")), e.connect(insider("bob"))
	dm := e.dm(alice.who, "bob")
	send(bob, dm, "before", "b1")
	listed := func(d *device, where string) bool {
		_, list, _ := rest[channelList](e, d.who, "GET", "/api/channels"+where, nil)
		return slices.ContainsFunc(list.Channels, func(ch chat.Channel) bool { return ch.ID == dm && ch.Archived == (where != "") })
	}
	archive := func(d *device, on bool) chat.Channel {
		return request[channelAnswer](d, "updateChannel", map[string]any{"channelId": dm, "isArchived": on}).Channel
	}
	is := func(when string, alices, bobs bool) {
		t.Helper()
		for d, archived := range map[*device]bool{alice: alices, bob: bobs} {
			if listed(d, "") == archived || listed(d, "/archived") != archived {
				t.Errorf("%s: %s has it in the list %t, archived %t", when, d.who.UserID, listed(d, ""), listed(d, "/archived"))
			}
			if _, one, _ := rest[channelAnswer](e, d.who, "GET", "/api/channels/"+dm, nil); one.Channel.Archived != archived || one.Channel.Me.Archived != archived {
				t.Errorf("%s: %s is told %+v, %+v", when, d.who.UserID, one.Channel, one.Channel.Me)
			}
		}
	}
	is("at first", false, false)
	if ch := archive(alice, true); !ch.Archived {
		t.Errorf("%+v", ch)
	}
	expect(phone, "channelRead", func(r chat.ChannelRead) bool { return r.ChannelID == dm && r.Archived })
	is("archived by one", true, false)
	archive(bob, true)
	archive(alice, false)
	expect(phone, "channelRead", func(r chat.ChannelRead) bool { return r.ChannelID == dm && !r.Archived })
	expect(phone, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == dm && a.Channel.Seq == 1 && !a.Channel.Archived })
	is("restored by one", false, true)
	if opened := request[channelAnswer](bob, "joinChannel", dm); !listed(bob, "/archived") {
		t.Errorf("looking at it brings it back: %+v", opened)
	}
	if _, again, _ := rest[channelAnswer](e, bob.who, "POST", "/api/channels", map[string]any{"channelType": "dm", "participants": []map[string]string{{"userId": "alice"}}}); !again.Channel.Archived {
		t.Errorf("opened once more: %+v", again.Channel)
	}
	archive(alice, true)
	send(bob, dm, "are you there?", "b2")
	is("after a message", false, false)
	archive(bob, true)
	request[any](bob, "blockUser", map[string]any{"userId": "alice", "on": true})
	archive(alice, true) // who is blocked does so for themselves, too
	archive(bob, false)
	is("blocked", true, false)
	for _, d := range []*device{alice, phone, bob} {
		if n := d.inbox.Count("channelUpdated"); n != 0 {
			t.Errorf("%s was told of it as a change of the channel", d.who.UserID)
		}
	}
}

func TestAClientComesIntoNoInternalChannel(t *testing.T) {
	e := newEdge(t)
	manager := e.connect(manager("mia"))
	alice, acme := e.connect(insider("alice")), e.connect(outsider("acme"))
	internal := alice.makes(map[string]any{"name": "Internal"})
	refused(alice, "addMembers", map[string]any{"channelId": internal.ID, "userIds": []string{"acme"}}, "client_not_allowed")
	refused(acme, "becomeMember", internal.ID, "channel_not_found")
	refused(acme, "createChannel", map[string]any{"channelType": "project", "name": "Mine"}, "not_allowed")
	refused(alice, "createChannel", map[string]any{"channelType": "project", "name": "x", "isInternal": false}, "not_allowed")
	shared := manager.makes(map[string]any{"name": "With Acme", "isInternal": false, "memberIds": []string{"acme"}})
	expect(acme, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == shared.ID })
	send(acme, shared.ID, "hello", "c1")
	_, open, _ := rest[channelList](e, acme.who, "GET", "/api/channels/open", nil)
	if len(open.Channels) != 0 {
		t.Fatalf("a client sees %+v", open)
	}
	if _, open, _ = rest[channelList](e, manager.who, "GET", "/api/channels/open?search=inter", nil); len(open.Channels) != 1 {
		t.Fatalf("%+v", open)
	}
	request[channelAnswer](manager, "becomeMember", internal.ID)
}

func TestThoseWhoLeaveAtOnceAreCounted(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	var users []string
	var leaving []*device
	for i := range 12 {
		d := e.connect(insider(fmt.Sprint("user", i)))
		users, leaving = append(users, d.who.UserID), append(leaving, d)
	}
	ch := alice.makes(map[string]any{"name": "Team", "memberIds": users})
	var wait sync.WaitGroup
	for _, d := range leaving {
		wait.Go(func() {
			if err := d.Request(within(t), "removeMember", map[string]any{"channelId": ch.ID, "userId": d.who.UserID}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	var last chat.MemberRemoved
	for range users {
		if p := expect[chat.MemberRemoved](alice, "memberRemoved", nil); p.EventSeq > last.EventSeq {
			last = p
		}
	}
	if last.ParticipantCount != 1 {
		t.Errorf("the last one to leave left %d behind", last.ParticipantCount)
	}
}

func TestAClientRulesNoChannel(t *testing.T) {
	e := newEdge(t)
	mia := e.connect(manager("mia"))
	acme, bob := e.connect(outsider("acme")), e.connect(insider("bob"))
	e.connect(insider("carol"))
	ch := mia.makes(map[string]any{"name": "With Acme", "isInternal": false, "memberIds": []string{"acme"}})
	for _, userID := range []string{"carol", "nobody"} { // who works here is not to be learned by trying
		refused(acme, "addMembers", map[string]any{"channelId": ch.ID, "userIds": []string{userID}}, "not_moderator")
	}
	for _, role := range []chat.MemberRole{chat.Owner, chat.Admin} {
		refused(mia, "setMemberRole", map[string]any{"channelId": ch.ID, "userId": "acme", "role": role}, "client_not_moderator")
	}
	e.connect(outsider("zenith"))
	refused(mia, "addMembers", map[string]any{"channelId": ch.ID, "userIds": []string{"zenith"}, "role": "admin"}, "client_not_moderator")
	request[chat.MembersAnswer](mia, "addMembers", map[string]any{"channelId": ch.ID, "userIds": []string{"bob"}})
	expect(bob, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == ch.ID })
	request[chat.MembersAnswer](mia, "removeMember", map[string]any{"channelId": ch.ID, "userId": "mia"})
	if p := expect[chat.MemberRemoved](bob, "memberRemoved", nil); p.OwnerID != "bob" {
		t.Fatalf("not the member of the company owns the channel now: %+v", p)
	}
}

func TestAClientIsNotToldWhereAForwardedMessageIsFrom(t *testing.T) {
	e := newEdge(t)
	mia := e.connect(manager("mia"))
	acme := e.connect(outsider("acme"))
	shared := mia.makes(map[string]any{"name": "With Acme", "isInternal": false, "memberIds": []string{"acme"}})
	inside := send(mia, mia.makes(map[string]any{"name": "Inside"}).ID, "shipped", "m1")
	there := send(mia, shared.ID, "hello", "m2")
	for i, quoted := range []chat.Receipt{inside, there} {
		request[chat.Receipt](mia, "sendMessage", map[string]any{"channelId": shared.ID, "message": "see", "quoteMessageId": quoted.MessageID, "clientId": fmt.Sprint("q", i)})
		q := expect(acme, "newMessage", func(m chat.NewMessage) bool { return m.Message.Quote != nil }).Message.Quote
		if known := quoted == there; (q.ChannelID == shared.ID) != known || (q.MessageID == quoted.MessageID) != known || q.Forwarded == known || q.Body == "" {
			t.Errorf("%+v", q)
		}
	}
}

func TestWhoBecomesAClientIsOutOnAllDevices(t *testing.T) {
	e := newEdge(t)
	alice, ann := e.connect(insider("alice")), e.connect(insider("ann"))
	ch := alice.makes(map[string]any{"name": "Inside", "memberIds": []string{"ann"}})
	expect(ann, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == ch.ID })
	dm := e.dm(alice.who, "ann")
	e.connect(outsider("ann"))
	expect(ann, "channelRemoved", func(r chat.ChannelRemoved) bool { return r.ChannelID == ch.ID })
	expect(alice, "memberRemoved", func(r chat.MemberRemoved) bool {
		return r.ChannelID == ch.ID && r.UserID == "ann" && r.ParticipantCount == 1
	})
	send(alice, ch.ID, "among us", "a1")
	send(alice, dm, "to you", "a2")
	expect(ann, "newMessage", func(m chat.NewMessage) bool {
		if m.Message.Body == "among us" {
			t.Error("a client heard an internal channel on a connection of before")
		}
		return m.ChannelID == dm
	})
}
