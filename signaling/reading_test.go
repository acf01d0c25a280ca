package signaling_test

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"testing"

	"github.com/digierapro/parley/chat"
)

func (w whatBecomes) standing(d *device, channelID string) chat.Standing {
	w.e.t.Helper()
	_, got, _ := rest[struct {
		Channel chat.Channel `json:"channel"`
	}](w.e, d.who, "GET", "/api/channels/"+channelID, nil)
	if got.Channel.Me == nil {
		w.e.t.Fatal("no standing")
	}
	return *got.Channel.Me
}

func TestUnreadIsCountedFromTheCursorAndTheSameOnAllDevices(t *testing.T) {
	w := newWhatBecomes(t)
	phone := w.e.connect(insider("bob"))
	var last chat.Receipt
	for i := range 3 {
		last = send(w.alice, w.dm, fmt.Sprint("m", i), fmt.Sprint("c", i))
	}
	if s := w.standing(w.bob, w.dm); s.Unread != 3 || s.ReadSeq != 0 {
		t.Fatalf("%+v", s)
	}
	if s := w.standing(w.alice, w.dm); s.Unread != 0 || s.ReadSeq != 3 {
		t.Fatalf("one's own messages are unread: %+v", s)
	}
	got := request[chat.ChannelRead](w.bob, "markAsRead", map[string]any{"channelId": w.dm, "seq": 2})
	if got.Unread != 1 || got.ReadSeq != 2 {
		t.Fatalf("%+v", got)
	}
	if p := expect[chat.ChannelRead](phone, "channelRead", nil); p.Unread != 1 || p.ChannelID != w.dm {
		t.Fatalf("the other device: %+v", p)
	}
	if p := expect[chat.MessagesRead](w.alice, "messagesRead", nil); p.UserID != "bob" || p.ReadSeq != 2 {
		t.Fatalf("the receipt: %+v", p)
	}
	if got := request[chat.ChannelRead](w.bob, "markAsRead", map[string]any{"channelId": w.dm, "seq": 1}); got.ReadSeq != 2 {
		t.Fatalf("the cursor went back: %+v", got)
	}
	if got := request[chat.ChannelRead](w.bob, "markAsRead", map[string]any{"channelId": w.dm, "messageIds": []string{last.MessageID}}); got.ReadSeq != 3 || got.Unread != 0 {
		t.Fatalf("%+v", got)
	}
	if got := request[chat.ChannelRead](w.bob, "markAsRead", map[string]any{"channelId": w.dm, "seq": 1 << 40}); got.ReadSeq != 3 {
		t.Fatalf("read what is not written yet: %+v", got)
	}
	if got := request[chat.ChannelRead](w.bob, "markAsUnread", last.MessageID); got.ReadSeq != 2 || got.Unread != 1 {
		t.Fatalf("%+v", got)
	}
	request[chat.Changed](w.alice, "deleteMessage", last.MessageID)
	if s := w.standing(w.bob, w.dm); s.Unread != 0 {
		t.Fatalf("a deleted message is unread: %+v", s)
	}
	refused(w.bob, "markAsRead", map[string]any{"channelId": w.dm}, "bad_request")
}

// Whoever writes in a channel has seen what is there. Who replies in a thread, or does something of which a line is written,
// may have looked at that alone.
func TestOnlyWritingInTheChannelItselfReadsIt(t *testing.T) {
	w := newWhatBecomes(t)
	ch := w.alice.makes(map[string]any{"name": "Team", "memberIds": []string{"bob"}})
	root := send(w.alice, ch.ID, "root", "c1")
	request[chat.ChannelRead](w.bob, "markAsRead", map[string]any{"channelId": ch.ID, "seq": root.Seq})
	send(w.alice, ch.ID, "@"+w.bob.who.Name, "c2")
	request[chat.Receipt](w.alice, "sendMessage", map[string]any{"channelId": ch.ID, "message": "@" + w.bob.who.Name, "mentions": []string{"bob"}})
	unread := func(what string) {
		t.Helper()
		if s := w.standing(w.bob, ch.ID); s.Unread != 2 || s.Mentions != 1 || s.ReadSeq != root.Seq {
			t.Errorf("%s: %+v", what, s)
		}
	}
	request[chat.Receipt](w.bob, "sendMessage", map[string]any{"channelId": ch.ID, "message": "reply", "parentMessageId": root.MessageID})
	unread("a reply")
	w.e.connect(insider("carol"))
	request[chat.MembersAnswer](w.bob, "addMembers", map[string]any{"channelId": ch.ID, "userIds": []string{"carol"}})
	unread("a line about members")
	last := send(w.bob, ch.ID, "here", "b1")
	if s := w.standing(w.bob, ch.ID); s.Unread != 0 || s.Mentions != 0 || s.ReadSeq != last.Seq {
		t.Errorf("after writing: %+v", s)
	}
}

// Whoever blocks somebody hears nothing more of them, nor of what they wrote before.
func TestOldMentionsOfABlockedUserCountNoMore(t *testing.T) {
	w := newWhatBecomes(t)
	ch := w.alice.makes(map[string]any{"name": "Team", "memberIds": []string{"bob"}})
	request[chat.Receipt](w.alice, "sendMessage", map[string]any{"channelId": ch.ID, "message": "@" + w.bob.who.Name, "mentions": []string{"bob"}})
	if s := w.standing(w.bob, ch.ID); s.Unread != 1 || s.Mentions != 1 {
		t.Fatalf("%+v", s)
	}
	block := func(on bool) { request[any](w.bob, "blockUser", map[string]any{"userId": "alice", "on": on}) }
	block(true)
	if s := w.standing(w.bob, ch.ID); s.Unread != 0 || s.Mentions != 0 {
		t.Errorf("blocked: %+v", s)
	}
	block(false)
	if s := w.standing(w.bob, ch.ID); s.Unread != 1 || s.Mentions != 1 {
		t.Errorf("no longer blocked: %+v", s)
	}
}

func TestRepliesAreUnreadInTheirThread(t *testing.T) {
	w := newWhatBecomes(t)
	root := send(w.alice, w.dm, "root", "c1")
	reply := func(text, clientID string, mentions ...string) chat.Receipt {
		return request[chat.Receipt](w.bob, "sendMessage", map[string]any{
			"channelId": w.dm, "message": text, "clientId": clientID, "parentMessageId": root.MessageID, "mentions": mentions})
	}
	first := reply("one", "c2")
	reply("@"+w.alice.who.Name+" two", "c3", "alice")
	if s := w.standing(w.alice, w.dm); s.Unread != 0 || s.Mentions != 1 {
		t.Fatalf("%+v", s)
	}
	threads := func() []chat.FollowedThread {
		_, got, _ := rest[struct {
			Threads []chat.FollowedThread `json:"threads"`
		}](w.e, w.alice.who, "GET", "/api/threads", nil)
		return got.Threads
	}
	if got := threads(); len(got) != 1 || got[0].Unread != 2 || got[0].Root.ID != root.MessageID {
		t.Fatalf("%+v", got)
	}
	request[struct{}](w.alice, "markThreadRead", map[string]any{"messageId": root.MessageID, "seq": first.Seq})
	if got := threads(); got[0].Unread != 1 {
		t.Fatalf("%+v", got)
	}
	phone := w.e.connect(w.alice.who)
	request[struct{}](w.alice, "markThreadRead", map[string]any{"messageId": first.MessageID, "seq": math.MaxInt64}) // by a reply, too
	if push := expect[chat.ThreadReadRequest](phone, "threadRead", nil); push.MessageID != root.MessageID || push.Seq != 3 {
		t.Fatalf("%+v", push)
	}
	if got := threads(); got[0].Unread != 0 {
		t.Fatalf("%+v", got)
	}
	for _, seq := range []int64{first.Seq, 0, -7} { // a device that is behind
		request[struct{}](w.alice, "markThreadRead", map[string]any{"messageId": root.MessageID, "seq": seq})
	}
	request[any](w.alice, "saveDraft", map[string]any{"channelId": w.dm, "message": "x"})
	expect[any](phone, "draftChanged", nil)
	if n := phone.inbox.Count("threadRead"); n != 0 {
		t.Fatalf("the cursor was told to go back %d times", n)
	}
	last := reply("three", "c4")
	if got := threads(); got[0].Unread != 1 || got[0].ReadSeq != 3 || got[0].LastSeq != last.Seq {
		t.Fatalf("%+v", got)
	}
	w.e.exec(`INSERT INTO blocks (user_id, blocked_id) VALUES ('alice', 'bob')`)
	if got := threads(); got[0].Unread != 0 {
		t.Fatalf("what somebody writes whom one blocks: %+v", got)
	}
}

func TestFollowingAThreadIsToldOnAllDevices(t *testing.T) {
	w := newWhatBecomes(t)
	phone := w.e.connect(insider("alice"))
	root := send(w.bob, w.dm, "root", "c1")
	following := func() []string {
		_, got, _ := rest[struct {
			Threads []chat.FollowedThread `json:"threads"`
		}](w.e, w.alice.who, "GET", "/api/threads", nil)
		ids := []string{}
		for _, thread := range got.Threads {
			ids = append(ids, thread.Root.ID)
		}
		return ids
	}
	follow := func(on bool) {
		t.Helper()
		request[struct{}](w.alice, "followThread", map[string]any{"messageId": root.MessageID, "isFollowing": on})
		if push := expect[chat.FollowRequest](phone, "threadFollowed", nil); push.MessageID != root.MessageID || push.Following != on {
			t.Fatalf("%+v", push)
		}
	}
	follow(true)
	if got := following(); !slices.Equal(got, []string{root.MessageID}) {
		t.Fatalf("before its first reply: %v", got)
	}
	follow(false)
	reply := func(d *device, clientID string, mentions ...string) chat.NewMessage {
		t.Helper()
		request[chat.Receipt](d, "sendMessage", map[string]any{
			"channelId": w.dm, "message": "@" + w.alice.who.Name, "clientId": clientID, "parentMessageId": root.MessageID, "mentions": mentions})
		return expect(phone, "newMessage", func(p chat.NewMessage) bool { return p.Message.ClientID == clientID })
	}
	if push := reply(w.bob, "c2", "alice"); push.Thread == nil || push.Thread.RootSenderID != "bob" {
		t.Fatalf("%+v", push.Thread)
	}
	if got := following(); len(got) != 0 {
		t.Fatalf("being named is no reason for who has said no: %v", got)
	}
	reply(w.alice, "c3")
	if got := following(); len(got) != 1 {
		t.Fatal("who replies follows again")
	}
}

func TestDraftsAndWhatIsPutAsideAreOnesOwn(t *testing.T) {
	w := newWhatBecomes(t)
	phone := w.e.connect(insider("bob"))
	m := send(w.alice, w.dm, "remember this", "c1")
	request[chat.DraftText](w.bob, "saveDraft", map[string]any{"channelId": w.dm, "message": "half a thou"})
	if d := expect[chat.DraftText](phone, "draftChanged", nil); d.Body != "half a thou" {
		t.Fatalf("%+v", d)
	}
	drafts := func(d *device) []chat.DraftText {
		_, got, _ := rest[struct {
			Drafts []chat.DraftText `json:"drafts"`
		}](w.e, d.who, "GET", "/api/drafts", nil)
		return got.Drafts
	}
	if got := drafts(w.bob); len(got) != 1 || got[0].ChannelID != w.dm {
		t.Fatalf("%+v", got)
	}
	if got := drafts(w.alice); len(got) != 0 {
		t.Fatalf("somebody else's draft: %+v", got)
	}
	request[chat.DraftText](w.bob, "saveDraft", map[string]any{"channelId": w.dm, "message": ""})
	if got := drafts(w.bob); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	for range 2 {
		request[struct{}](w.bob, "saveMessage", map[string]any{"messageId": m.MessageID, "on": true})
	}
	_, got, _ := rest[struct {
		Saved []chat.SavedMessage `json:"saved"`
	}](w.e, w.bob.who, "GET", "/api/saved", nil)
	if len(got.Saved) != 1 || got.Saved[0].Message.Body != "remember this" {
		t.Fatalf("%+v", got)
	}
	mallory := w.e.connect(insider("mallory"))
	refused(mallory, "saveMessage", map[string]any{"messageId": m.MessageID, "on": true}, "message_not_found")
	refused(mallory, "saveDraft", map[string]any{"channelId": w.dm, "message": "x"}, "channel_not_found")
	refused(mallory, "markAsRead", map[string]any{"channelId": w.dm, "seq": 1}, "channel_not_found")
	refused(mallory, "setNotifications", map[string]any{"channelId": w.dm, "notifyLevel": "none"}, "channel_not_found")
	if status, _, _ := rest[any](w.e, mallory.who, "GET", "/api/channels/"+w.dm+"/reads", nil); status != http.StatusNotFound {
		t.Errorf("status %d", status)
	}
}

func TestWhoIsNewHasNothingToReadOfBefore(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	general := e.general(alice.who)
	for i := range 3 {
		send(alice, general, fmt.Sprint("long ago ", i), fmt.Sprint("a", i))
	}
	bob := e.connect(insider("bob"))
	unread := func() int {
		t.Helper()
		_, got, _ := rest[channelAnswer](e, bob.who, "GET", "/api/channels/general", nil)
		return got.Channel.Me.Unread
	}
	if n := unread(); n != 0 {
		t.Errorf("%d unread from before one was there", n)
	}
	send(alice, general, "welcome", "a9")
	if n := unread(); n != 1 {
		t.Errorf("%d unread", n)
	}
}
