package signaling_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/chat/presence"
	"github.com/digierapro/parley/internal/auth"
)

func companyAdmin(userID string) auth.Identity {
	return auth.Identity{UserID: userID, Name: "Name of " + userID, Role: auth.RoleAdmin, Internal: true}
}

func text(channelID, body, clientID string) map[string]any {
	return map[string]any{"channelId": channelID, "message": body, "clientId": clientID}
}

func TestSlowModeHoldsForMembersAndNotForModerators(t *testing.T) {
	e := newEdge(t)
	alice, bob, phone := e.connect(insider("alice")), e.connect(insider("bob")), e.connect(insider("bob"))
	ch := alice.makes(map[string]any{"name": "Slow", "memberIds": []string{"bob"}})
	request[channelAnswer](alice, "updateChannel", map[string]any{"channelId": ch.ID, "slowModeSeconds": 60})
	first := send(bob, ch.ID, "one", "b1")
	for _, d := range []*device{bob, phone} {
		refused(d, "sendMessage", text(ch.ID, "two", "b2"), "slow_mode")
	}
	if again := send(phone, ch.ID, "one", "b1"); !again.Duplicate || again.MessageID != first.MessageID {
		t.Fatalf("the same message again: %+v", again)
	}
	status, _, code := rest[any](e, bob.who, "POST", "/api/communications", text(ch.ID, "two", "b2"))
	if status != http.StatusTooManyRequests || code != "slow_mode" {
		t.Fatalf("over REST: %d %s", status, code)
	}
	for i := range 3 {
		send(alice, ch.ID, fmt.Sprint(i), fmt.Sprint("a", i))
	}
	request[channelAnswer](alice, "updateChannel", map[string]any{"channelId": ch.ID, "slowModeSeconds": 0})
	send(bob, ch.ID, "two", "b2")
}

func TestASilencedMemberReadsAndIsNotHeard(t *testing.T) {
	e := newEdge(t)
	alice, bob, carol := e.connect(insider("alice")), e.connect(insider("bob")), e.connect(insider("carol"))
	ch := alice.makes(map[string]any{"name": "Team", "memberIds": []string{"bob", "carol"}})
	m := send(bob, ch.ID, "before", "b1")
	silence := func(d *device, more map[string]any) map[string]any {
		return map[string]any{"channelId": ch.ID, "userId": "bob", "seconds": more["seconds"]}
	}
	refused(carol, "silenceMember", silence(carol, map[string]any{"seconds": 60}), "not_moderator")
	refused(alice, "silenceMember", map[string]any{"channelId": ch.ID, "userId": "nobody", "seconds": 60}, "member_not_found")
	refused(alice, "silenceMember", silence(alice, map[string]any{"seconds": -1}), "bad_request")
	push := request[chat.MemberUpdated](alice, "silenceMember", silence(alice, map[string]any{"seconds": 3600}))
	if push.EventSeq == 0 || push.SilencedUntil == nil || time.Until(*push.SilencedUntil) < 59*time.Minute {
		t.Fatalf("%+v", push)
	}
	expect(bob, "memberUpdated", func(u chat.MemberUpdated) bool { return u.UserID == "bob" && u.SilencedUntil != nil })
	refused(bob, "sendMessage", text(ch.ID, "x", "b2"), "silenced")
	refused(bob, "addReaction", map[string]any{"messageId": m.MessageID, "emoji": "👍"}, "silenced")
	refused(bob, "editMessage", map[string]any{"messageId": m.MessageID, "message": "y"}, "silenced")
	if status, _, _ := rest[chat.Page](e, bob.who, "GET", "/api/communications?channelId="+ch.ID, nil); status != http.StatusOK {
		t.Errorf("a silenced member cannot read: %d", status)
	}
	request[chat.MembersAnswer](alice, "setMemberRole", map[string]any{"channelId": ch.ID, "userId": "bob", "role": "admin"})
	expect(carol, "memberUpdated", func(u chat.MemberUpdated) bool { return u.Role == chat.Admin && u.SilencedUntil != nil })
	lifted := request[chat.MemberUpdated](alice, "silenceMember", map[string]any{"channelId": ch.ID, "userId": "bob"})
	if lifted.SilencedUntil != nil || lifted.EventSeq == 0 {
		t.Fatalf("%+v", lifted)
	}
	send(bob, ch.ID, "after", "b3")
	dm := e.dm(alice.who, "bob")
	refused(alice, "silenceMember", map[string]any{"channelId": dm, "userId": "bob", "seconds": 60}, "not_moderator")
}

func TestASilenceOutlastsLeaving(t *testing.T) {
	e := newEdge(t)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	ch := alice.makes(map[string]any{"name": "Team", "memberIds": []string{"bob"}})
	silence := map[string]any{"channelId": ch.ID, "userId": "bob", "seconds": 3600}
	again := func() {
		t.Helper()
		request[chat.MembersAnswer](bob, "removeMember", map[string]any{"channelId": ch.ID, "userId": "bob"})
		request[channelAnswer](bob, "becomeMember", ch.ID)
	}
	request[chat.MemberUpdated](alice, "silenceMember", silence)
	for range 2 {
		again()
		refused(bob, "sendMessage", text(ch.ID, "free?", "b1"), "silenced")
	}
	silence["seconds"] = 0
	request[chat.MemberUpdated](alice, "silenceMember", silence)
	again()
	send(bob, ch.ID, "free", "b2")
}

func TestABlockedPersonIsRefusedInNeutralWords(t *testing.T) {
	e := newEdge(t)
	alice, phone, bob := e.connect(insider("alice")), e.connect(insider("alice")), e.connect(insider("bob"))
	dm := e.dm(alice.who, "bob")
	expect(bob, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == dm })
	m := send(alice, dm, "hello", "a1")
	request[any](alice, "blockUser", map[string]any{"userId": "bob", "on": true})
	expect(phone, "userBlocked", func(b chat.BlockRequest) bool { return b.UserID == "bob" && b.On })
	_, list, _ := rest[struct {
		Blocks []chat.Person `json:"blocks"`
	}](e, alice.who, "GET", "/api/blocks", nil)
	if len(list.Blocks) != 1 || list.Blocks[0].ID != "bob" {
		t.Fatalf("%+v", list)
	}
	refused(bob, "sendMessage", text(dm, "why?", "b1"), "not_delivered")
	refused(bob, "addReaction", map[string]any{"messageId": m.MessageID, "emoji": "👍"}, "not_delivered")
	refused(bob, "initiateCall", map[string]any{"channelId": dm, "callType": "voice"}, "not_delivered")
	send(alice, dm, "not even then", "a2") // who blocks may still write

	general := e.general(alice.who)
	mention := func(clientID string) map[string]any {
		return map[string]any{"channelId": general, "message": "hey @" + alice.who.Name, "clientId": clientID, "mentions": []string{"alice"}}
	}
	named := request[chat.Receipt](bob, "sendMessage", mention("b2"))
	expect(alice, "newMessage", func(m chat.NewMessage) bool { return m.Message.ID == named.MessageID })
	_, after, _ := rest[channelAnswer](e, alice.who, "GET", "/api/channels/"+general, nil)
	if after.Channel.Me.Mentions != 0 || after.Channel.Me.Unread != 0 {
		t.Errorf("what a blocked person wrote counts: %+v", after.Channel.Me)
	}
	request[any](alice, "blockUser", map[string]any{"userId": "bob", "on": false})
	again := request[chat.Receipt](bob, "sendMessage", mention("b3"))
	if got := expect[chat.Mention](alice, "mention", nil); got.MessageID != again.MessageID {
		t.Errorf("the first mention that came is of %s, not of %s", got.MessageID, again.MessageID)
	}
	send(bob, dm, "at last", "b4")
	refused(alice, "blockUser", map[string]any{"userId": "alice", "on": true}, "bad_request")
	refused(alice, "blockUser", map[string]any{"userId": "nobody", "on": true}, "user_not_found")
	refused(e.connect(outsider("acme")), "blockUser", map[string]any{"userId": "alice", "on": true}, "user_not_found")
}

// A call in a channel does not ring at who blocks its starter, who can join it nevertheless.
func TestACallOfABlockedPersonDoesNotRing(t *testing.T) {
	e := newEdge(t)
	alice, bob, carol := e.connect(insider("alice")), e.connect(insider("bob")), e.connect(insider("carol"))
	ch := alice.makes(map[string]any{"name": "Team", "memberIds": []string{"bob", "carol"}})
	request[any](carol, "blockUser", map[string]any{"userId": "alice", "on": true})
	started := request[struct {
		CallID string `json:"callId"`
	}](alice, "initiateCall", map[string]any{"channelId": ch.ID, "callType": "voice"})
	expect[any](bob, "incomingCall", nil)
	send(bob, ch.ID, "after the ring", "b1")
	expect(carol, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "after the ring" })
	if carol.inbox.Count("incomingCall") != 0 {
		t.Error("a blocked person's call rings")
	}
	request[any](carol, "joinCall", map[string]any{"callId": started.CallID})
}

type auditPage struct {
	Entries []chat.AuditEntry `json:"entries"`
	HasMore bool              `json:"hasMore"`
}

func TestWhatModeratorsDoIsLogged(t *testing.T) {
	e := newEdge(t)
	alice, bob, grace := e.connect(insider("alice")), e.connect(insider("bob")), e.connect(companyAdmin("grace"))
	ch := alice.makes(map[string]any{"name": "Team", "memberIds": []string{"bob"}})
	theirs := send(bob, ch.ID, "rude", "b1")
	own := send(alice, ch.ID, "mine", "a1")
	request[any](alice, "addMembers", map[string]any{"channelId": ch.ID, "userIds": []string{"grace"}})
	request[any](alice, "setMemberRole", map[string]any{"channelId": ch.ID, "userId": "grace", "role": "admin"})
	request[any](alice, "updateChannel", map[string]any{"channelId": ch.ID, "isReadOnly": true})
	request[any](alice, "updateChannel", map[string]any{"channelId": ch.ID, "isReadOnly": true}) // changes nothing
	request[any](alice, "pinMessage", own.MessageID)
	request[any](grace, "silenceMember", map[string]any{"channelId": ch.ID, "userId": "bob", "seconds": 60})
	request[any](grace, "silenceMember", map[string]any{"channelId": ch.ID, "userId": "bob"})
	request[any](alice, "deleteMessage", theirs.MessageID)
	request[any](alice, "deleteMessage", own.MessageID) // one's own is nobody's business
	request[any](alice, "removeMember", map[string]any{"channelId": ch.ID, "userId": "bob"})

	want := []chat.AuditAction{"members_added", "role_set", "channel_updated", "message_pinned", "member_silenced", "silence_lifted", "message_deleted", "member_removed"}
	read := func(who auth.Identity, query string) (int, auditPage) {
		status, page, _ := rest[auditPage](e, who, "GET", "/api/moderation/audit"+query, nil)
		return status, page
	}
	for _, who := range []auth.Identity{alice.who, grace.who} {
		var got []chat.AuditAction
		before := ""
		for {
			status, page := read(who, "?limit=3&channelId="+ch.ID+before)
			if status != http.StatusOK {
				t.Fatalf("%s: %d", who.UserID, status)
			}
			for _, entry := range page.Entries {
				got = append(got, entry.Action)
			}
			if !page.HasMore {
				break
			}
			before = fmt.Sprint("&before=", page.Entries[len(page.Entries)-1].ID)
		}
		if slices.Reverse(got); !slices.Equal(got, want) {
			t.Errorf("%s reads %v", who.UserID, got)
		}
	}
	_, deleted := read(grace.who, "?action=message_deleted")
	if len(deleted.Entries) != 1 || deleted.Entries[0].MessageID != theirs.MessageID || deleted.Entries[0].ActorName != alice.who.Name ||
		deleted.Entries[0].UserID != "bob" || deleted.Entries[0].UserName != bob.who.Name {
		t.Errorf("%+v", deleted)
	}
	if status, _ := read(alice.who, ""); status != http.StatusForbidden {
		t.Errorf("a channel's owner reads all of the log: %d", status)
	}
	if status, _ := read(bob.who, "?channelId="+ch.ID); status != http.StatusNotFound {
		t.Errorf("who was removed reads the log: %d", status)
	}
}

func TestABlockedPersonSeesNoPresenceAndNoTyping(t *testing.T) {
	e := newEdge(t)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	dm := e.dm(alice.who, "bob")
	type watched struct {
		Users []presence.Presence `json:"users"`
	}
	watch := func() presence.Presence {
		t.Helper()
		got := request[watched](bob, "watchPresence", map[string]any{"userIds": []string{"alice"}})
		if len(got.Users) != 1 || got.Users[0].UserID != "alice" {
			t.Fatalf("%+v", got)
		}
		return got.Users[0]
	}
	if p := watch(); p.Status != presence.Online {
		t.Fatalf("%+v", p)
	}
	request[any](alice, "blockUser", map[string]any{"userId": "bob", "on": true})
	request[any](alice, "updateStatus", map[string]any{"status": "dnd"})
	if p := watch(); p.Status != presence.Offline || p.LastSeenAt != nil {
		t.Errorf("%+v", p)
	}
	refused(bob, "typing:start", map[string]any{"channelId": dm}, "not_delivered")
	send(alice, dm, "a sign", "a1")
	expect(bob, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "a sign" })
	if bob.inbox.Count("userStatusChanged") != 0 || bob.inbox.Count("unheard") != 0 {
		t.Error("a blocked person is told")
	}
}

func TestWhatTheDirectoryChangesIsLoggedOnce(t *testing.T) {
	e := newEdge(t)
	grace := e.connect(companyAdmin("grace"))
	crm := auth.Identity{UserID: "crm", Name: "CRM", Role: auth.RoleService, Internal: true}
	for range 3 {
		status, _, code := rest[any](e, crm, "PUT", "/api/directory/users/zoe", map[string]any{"name": "Zoe", "department": "Sales"})
		if status != http.StatusOK {
			t.Fatal(status, code)
		}
	}
	rest[any](e, crm, "DELETE", "/api/directory/users/zoe", nil)
	_, page, _ := rest[auditPage](e, grace.who, "GET", "/api/moderation/audit?actorId=crm", nil)
	if len(page.Entries) != 2 || page.Entries[0].Action != chat.AuditDirectory || fmt.Sprint(page.Entries[0].Details["deactivated"]) != "[zoe]" {
		t.Errorf("%+v", page.Entries)
	}
}
