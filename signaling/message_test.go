package signaling_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/digierapro/parley/chat"
)

// whatBecomes sends a message as alice and has everything happen to it that can.
type whatBecomes struct {
	e          *edge
	alice, bob *device
	dm         string
}

func newWhatBecomes(t *testing.T) whatBecomes {
	e := newEdge(t)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	return whatBecomes{e, alice, bob, e.dm(alice.who, "bob")}
}

func (w whatBecomes) message(messageID string) chat.Message {
	w.e.t.Helper()
	status, got, code := rest[struct {
		Message chat.Message `json:"message"`
	}](w.e, w.bob.who, "GET", "/api/communications/"+messageID, nil)
	if status != http.StatusOK {
		w.e.t.Fatalf("message %s: %d %s", messageID, status, code)
	}
	return got.Message
}

func TestAMessageIsEditedAndItsHistoryKept(t *testing.T) {
	w := newWhatBecomes(t)
	m := send(w.alice, w.dm, "helo", "c1")
	edited := request[chat.Edited](w.alice, "editMessage", map[string]any{"messageId": m.MessageID, "message": "hello", "revision": 0})
	if edited.EventSeq != m.EventSeq+1 || edited.Revision != 1 || edited.EditedAt == nil {
		t.Fatalf("%+v", edited)
	}
	push := expect[chat.MessageEdited](w.bob, "messageEdited", nil)
	if push.Body != "hello" || push.EventSeq != edited.EventSeq || !push.Edited || push.MessageID != m.MessageID {
		t.Fatalf("pushed %+v", push)
	}
	same := request[chat.Edited](w.alice, "editMessage", map[string]any{"messageId": m.MessageID, "message": "hello"})
	if same.EventSeq != 0 || same.Revision != 1 {
		t.Fatalf("an edit that changes nothing took a number: %+v", same)
	}
	refused(w.alice, "editMessage", map[string]any{"messageId": m.MessageID, "message": "x", "revision": 0}, "message_changed")
	refused(w.bob, "editMessage", map[string]any{"messageId": m.MessageID, "message": "mine"}, "not_author")
	_, list, _ := rest[struct {
		Revisions []chat.Revision `json:"revisions"`
	}](w.e, w.bob.who, "GET", "/api/communications/"+m.MessageID+"/revisions", nil)
	if len(list.Revisions) != 1 || list.Revisions[0].Body != "helo" || list.Revisions[0].EditorID != "alice" {
		t.Fatalf("revisions %+v", list)
	}
	if got := w.message(m.MessageID); got.Body != "hello" || !got.Edited {
		t.Fatalf("%+v", got)
	}
}

func TestADeletedMessageKeepsItsPlaceAndNothingElse(t *testing.T) {
	w := newWhatBecomes(t)
	m := send(w.alice, w.dm, "a secret", "c1")
	request[chat.Reacted](w.bob, "addReaction", map[string]any{"messageId": m.MessageID, "emoji": "👍"})
	request[chat.Pinned](w.bob, "pinMessage", m.MessageID)
	refused(w.bob, "deleteMessage", m.MessageID, "not_moderator")
	request[chat.Changed](w.alice, "deleteMessage", m.MessageID)
	expect[chat.MessageDeleted](w.bob, "messageDeleted", nil)
	if again := request[chat.Changed](w.alice, "deleteMessage", m.MessageID); again.EventSeq != 0 {
		t.Fatalf("deleted twice: %+v", again)
	}
	got := w.message(m.MessageID)
	if !got.Deleted || got.Body != "" || len(got.Reactions) != 0 || got.Pinned || got.Seq != 1 || got.DeletedBy != "alice" {
		t.Fatalf("%+v", got)
	}
	for event, arg := range map[string]any{
		"editMessage": map[string]any{"messageId": m.MessageID, "message": "back"},
		"addReaction": map[string]any{"messageId": m.MessageID, "emoji": "👍", "on": true},
		"pinMessage":  map[string]any{"messageId": m.MessageID, "on": true},
	} {
		refused(w.alice, event, arg, "message_deleted")
	}
	if status, _, _ := rest[any](w.e, w.bob.who, "GET", "/api/communications/"+m.MessageID+"/revisions", nil); status != http.StatusForbidden {
		t.Errorf("the words of a deleted message: status %d", status)
	}
}

func TestAReactionIsAToggle(t *testing.T) {
	w := newWhatBecomes(t)
	m := send(w.alice, w.dm, "done", "c1")
	react := func(d *device, on any) chat.Reacted {
		arg := map[string]any{"messageId": m.MessageID, "emoji": "🎉"}
		if on != nil {
			arg["on"] = on
		}
		return request[chat.Reacted](d, "addReaction", arg)
	}
	if r := react(w.bob, nil); !r.Added || r.EventSeq == 0 {
		t.Fatalf("%+v", r)
	}
	if p := expect[chat.ReactionChanged](w.alice, "reactionAdded", nil); p.UserID != "bob" || p.Emoji != "🎉" {
		t.Fatalf("%+v", p)
	}
	if r := react(w.bob, true); !r.Added || r.EventSeq != 0 {
		t.Fatalf("put there twice: %+v", r)
	}
	if r := react(w.bob, nil); r.Added || r.EventSeq == 0 {
		t.Fatalf("%+v", r)
	}
	expect[chat.ReactionChanged](w.alice, "reactionRemoved", nil)
	refused(w.bob, "addReaction", map[string]any{"messageId": m.MessageID, "emoji": "💀"}, "unknown_emoji")
}

func TestAThreadCountsItsRepliesAndNobodyElseSeesIt(t *testing.T) {
	w := newWhatBecomes(t)
	mallory := w.e.connect(insider("mallory"))
	root := send(w.alice, w.dm, "what do you think?", "c1")
	reply := func(d *device, text, clientID string) chat.Receipt {
		return request[chat.Receipt](d, "sendMessage", map[string]any{
			"channelId": w.dm, "message": text, "clientId": clientID, "parentMessageId": root.MessageID})
	}
	first := reply(w.bob, "good", "c2")
	push := expect(w.alice, "newMessage", func(m chat.NewMessage) bool { return m.Thread != nil })
	if push.Thread.Count != 1 || push.Thread.LastRepliers[0].ID != "bob" || push.Message.ParentID != root.MessageID {
		t.Fatalf("%+v", push)
	}
	second := reply(w.alice, "thanks", "c3")
	if got := w.message(root.MessageID); got.ThreadCount != 2 || got.LastRepliers[0].ID != "alice" || got.LastRepliers[1].ID != "bob" {
		t.Fatalf("%+v", got)
	}
	_, page, _ := rest[chat.ThreadPage](w.e, w.alice.who, "GET", "/api/communications?parentMessageId="+root.MessageID, nil)
	if len(page.Messages) != 2 || page.Messages[0].Body != "good" || !page.State.Following || page.Root.ID != root.MessageID {
		t.Fatalf("%+v", page)
	}
	refused(w.alice, "sendMessage", map[string]any{"channelId": w.dm, "message": "x", "parentMessageId": first.MessageID}, "message_not_found")
	request[chat.Changed](w.bob, "deleteMessage", first.MessageID)
	if got := expect[chat.MessageDeleted](w.alice, "messageDeleted", nil); got.Thread == nil || got.Thread.Count != 1 ||
		len(got.Thread.LastRepliers) != 1 || got.Thread.LastRepliers[0].ID != "alice" || !got.Thread.LastReplyAt.Equal(second.CreatedAt) {
		t.Fatalf("%+v", got)
	}
	request[chat.Changed](w.alice, "deleteMessage", second.MessageID)
	if got := w.message(root.MessageID); got.ThreadCount != 0 || len(got.LastRepliers) != 0 || got.LastReplyAt != nil {
		t.Fatalf("of replies that are all deleted: %+v", got)
	}
	for event, arg := range map[string]any{
		"editMessage": map[string]any{"messageId": root.MessageID, "message": "x"}, "deleteMessage": root.MessageID,
		"addReaction": map[string]any{"messageId": root.MessageID, "emoji": "👍"}, "pinMessage": root.MessageID,
		"followThread": map[string]any{"messageId": root.MessageID, "isFollowing": true},
		"sendMessage":  map[string]any{"channelId": w.e.general(mallory.who), "message": "x", "quoteMessageId": root.MessageID},
	} {
		refused(mallory, event, arg, "message_not_found")
	}
}

func TestMentionsAreOfMembersWhoAreNamed(t *testing.T) {
	w := newWhatBecomes(t)
	general := w.e.general(w.alice.who)
	bobName := w.bob.who.Name
	got := request[chat.Receipt](w.alice, "sendMessage", map[string]any{
		"channelId": general, "message": "hi @" + bobName, "clientId": "c1", "mentions": []string{"bob", "alice", "nobody", "bob"}})
	if m := w.message(got.MessageID); !reflect.DeepEqual(m.Mentions, []string{"bob"}) || m.Mentioned[0].Name != bobName {
		t.Fatalf("%+v", m)
	}
	if p := expect[chat.Mention](w.bob, "mention", nil); p.MessageID != got.MessageID || p.SenderID != "alice" {
		t.Fatalf("%+v", p)
	}
	zoe := insider("zoe")
	zoe.Name = "Zoe\u0308 Müller" // one accent as a mark, the other one not
	w.e.connect(zoe)
	for i, text := range []string{"@Zoë Müller", "@zoe\u0308 mu\u0308ller"} {
		sent := request[chat.Receipt](w.alice, "sendMessage", map[string]any{
			"channelId": general, "message": text, "clientId": fmt.Sprint("z", i), "mentions": []string{"zoe"}})
		if m := w.message(sent.MessageID); !slices.Equal(m.Mentions, []string{"zoe"}) {
			t.Errorf("%q names %v", text, m.Mentions)
		}
	}
	refused(w.alice, "sendMessage", map[string]any{"channelId": general, "message": "@channel lunch", "clientId": "c2"}, "channel_mention_not_allowed")
}

// What a client that was away applies leads to what a fresh one reads.
func TestSyncTellsWhatBecameOfMessages(t *testing.T) {
	w := newWhatBecomes(t)
	m := send(w.alice, w.dm, "first", "c1")
	request[chat.Edited](w.alice, "editMessage", map[string]any{"messageId": m.MessageID, "message": "second"})
	request[chat.Reacted](w.bob, "addReaction", map[string]any{"messageId": m.MessageID, "emoji": "👍"})
	request[chat.Pinned](w.bob, "pinMessage", m.MessageID)
	request[chat.Changed](w.alice, "deleteMessage", m.MessageID)
	answer := request[chat.SyncAnswer](w.bob, "sync", map[string]any{"epoch": w.bob.ready.Epoch, "channels": map[string]int64{w.dm: 0}})
	got := answer.Channels[w.dm]
	var names []string
	for i, c := range got.Events {
		if names = append(names, c.Event); c.EventSeq != int64(i+1) {
			t.Errorf("change %d has number %d", i, c.EventSeq)
		}
	}
	if want := []string{"newMessage", "messageEdited", "reactionAdded", "messagePinned", "messageDeleted"}; !reflect.DeepEqual(names, want) {
		t.Fatalf("got %v", names)
	}
	var first chat.NewMessage
	if err := json.Unmarshal(got.Events[0].Data, &first); err != nil || first.Message.Body != "" || !first.Message.Deleted {
		t.Fatalf("the words of a deleted message are still told: %+v %v", first, err)
	}
}

// Whoever is told late of a thread's first reply follows the thread by it as anybody else.
func TestSyncTellsWhoseThreadItIs(t *testing.T) {
	w := newWhatBecomes(t)
	root := send(w.alice, w.dm, "root", "c1")
	reply := request[chat.Receipt](w.bob, "sendMessage", map[string]any{"channelId": w.dm, "message": "reply", "parentMessageId": root.MessageID})
	request[chat.Changed](w.bob, "deleteMessage", reply.MessageID)
	live := expect(w.alice, "newMessage", func(m chat.NewMessage) bool { return m.Thread != nil }).Thread
	gone := expect[chat.MessageDeleted](w.alice, "messageDeleted", nil).Thread
	missed := request[chat.SyncAnswer](w.alice, "sync", map[string]any{"epoch": w.alice.ready.Epoch, "channels": map[string]int64{w.dm: root.EventSeq}}).Channels[w.dm].Events
	if len(missed) != 2 {
		t.Fatalf("%+v", missed)
	}
	for i, want := range []*chat.Thread{live, gone} {
		var got struct {
			Thread chat.Thread `json:"thread"`
		}
		must(t, json.Unmarshal(missed[i].Data, &got))
		if want.RootSenderID != "alice" || got.Thread.RootSenderID != "alice" || got.Thread.MessageID != root.MessageID {
			t.Errorf("%s: pushed %+v, missed %+v", missed[i].Event, want, got.Thread)
		}
	}
}
