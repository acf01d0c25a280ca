package signaling_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"github.com/digierapro/parley/chat"
)

func send(d *device, channelID, text, clientID string) chat.Receipt {
	d.edge.t.Helper()
	return request[chat.Receipt](d, "sendMessage", map[string]any{"channelId": channelID, "message": text, "clientId": clientID})
}

func TestAMessageReachesEveryDeviceAndTheHistory(t *testing.T) {
	e := newEdge(t)
	alice, phone, bob := e.connect(insider("alice")), e.connect(insider("alice")), e.connect(insider("bob"))
	general := e.general(alice.who) // the two came in by its first changes

	receipt := send(alice, general, "  hello\nthere ", "c1")
	if receipt.Seq != 1 || receipt.EventSeq != 3 || receipt.ClientID != "c1" || receipt.Duplicate {
		t.Fatalf("receipt %+v", receipt)
	}
	for _, d := range []*device{alice, phone, bob} {
		got := expect[chat.NewMessage](d, "newMessage", nil)
		m := got.Message
		if got.ChannelID != general || got.EventSeq != 3 || m.ID != receipt.MessageID || m.Body != "hello\nthere" || m.Sender.ID != "alice" || m.ClientID != "c1" {
			t.Fatalf("%s got %+v", d.who.UserID, got)
		}
		if !m.CreatedAt.Equal(receipt.CreatedAt) {
			t.Fatalf("pushed time %v differs from the receipt's %v", m.CreatedAt, receipt.CreatedAt)
		}
	}
	_, page, _ := rest[chat.Page](e, bob.who, "GET", "/api/communications?channelId="+general, nil)
	if len(page.Messages) != 1 || page.HasMore || page.EventSeq != 3 || !page.Messages[0].CreatedAt.Equal(receipt.CreatedAt) {
		t.Fatalf("page %+v", page)
	}
}

func TestARetryHasOneEffect(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	general := e.general(alice.who)
	first := send(alice, general, "once", "same")
	second := send(alice, general, "once", "same")
	if !second.Duplicate || second.MessageID != first.MessageID || second.Seq != first.Seq || second.EventSeq != first.EventSeq {
		t.Fatalf("first %+v, second %+v", first, second)
	}
	refused(alice, "sendMessage", map[string]any{"channelId": general, "message": "other words", "clientId": "same"}, "client_id_reused")
	third := send(alice, general, "next", "other")
	if third.Seq != 2 {
		t.Fatalf("the retry took a number: %+v", third)
	}
	expect(alice, "newMessage", func(m chat.NewMessage) bool { return m.Message.Seq == 2 })
	if n := alice.inbox.Count("newMessage"); n != 1 {
		t.Fatalf("%d other pushes for one message", n)
	}
}

// What was sent is sent, also when nobody may send it now.
func TestARetryIsAnsweredAsTheFirstTime(t *testing.T) {
	e := newEdge(t)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	dm := e.dm(alice.who, "bob")
	quoted := send(alice, dm, "to be quoted", "a1")
	forget := func() {
		request[any](alice, "deleteMessage", map[string]any{"messageId": quoted.MessageID})
	}
	filter := func(action, word string) {
		setWords(e, companyAdmin("grace"), map[string]any{"channelTypes": []string{"project"}, "action": action, "words": []string{word}})
	}
	type asked = map[string]any
	for name, c := range map[string]struct {
		message asked
		then    func(ch string)
		code    string // of another message
	}{
		"archived": {asked{"message": "x"}, func(ch string) { request[any](alice, "updateChannel", asked{"channelId": ch, "isArchived": true}) }, "channel_archived"},
		"removed":  {asked{"message": "x"}, func(ch string) { request[any](alice, "removeMember", asked{"channelId": ch, "userId": "bob"}) }, "channel_not_found"},
		"silenced": {asked{"message": "x"}, func(ch string) {
			request[any](alice, "silenceMember", asked{"channelId": ch, "userId": "bob", "seconds": 60})
		}, "silenced"},
		"deleted quote": {asked{"message": "x", "quoteMessageId": quoted.MessageID}, func(string) { forget() }, "message_deleted"},
		"masked word":   {asked{"message": "rude"}, func(string) { filter("mask", "rude") }, ""},
		"refused word":  {asked{"message": "worse"}, func(string) { filter("block", "worse") }, "words_blocked"},
	} {
		ch := alice.makes(asked{"name": name, "memberIds": []string{"bob"}}).ID
		c.message["channelId"], c.message["clientId"] = ch, "one-of-"+ch
		first := request[chat.Receipt](bob, "sendMessage", c.message)
		c.then(ch)
		again := request[chat.Receipt](bob, "sendMessage", c.message)
		if first.Duplicate = true; again != first {
			t.Errorf("%s: %+v, then %+v", name, first, again)
		}
		if c.code != "" {
			refused(bob, "sendMessage", with(c.message, "clientId", "another-of-"+ch), c.code)
		}
	}
	refused(alice, "sendMessage", asked{"channelId": dm, "message": "to be quoted", "clientId": "a1", "quoteMessageId": send(bob, dm, "other", "b1").MessageID}, "client_id_reused")
}

func TestAcksComeInOrder(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	general := e.general(alice.who)
	const n = 200
	seqs := make([]int64, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { seqs[i] = send(alice, general, fmt.Sprint(i), fmt.Sprint("c", i)).Seq })
	}
	wg.Wait()
	seen := map[int64]bool{}
	for _, seq := range seqs {
		if seq < 1 || seq > n || seen[seq] {
			t.Fatalf("seq %d is out of range or came twice", seq)
		}
		seen[seq] = true
	}
}

func TestSyncGivesAllThatWasMissedOrReset(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	general := e.general(alice.who) // in it by its first change
	for i := range 5 {
		send(alice, general, fmt.Sprint("m", i), fmt.Sprint("c", i))
	}
	dm := e.dm(alice.who, e.connect(outsider("zoe")).who.UserID)

	sync := func(epoch string, channels map[string]int64) chat.SyncAnswer {
		return request[chat.SyncAnswer](alice, "sync", map[string]any{"epoch": epoch, "channels": channels})
	}
	const foreign = "0123456789abcdef01234567"
	answer := sync(alice.ready.Epoch, map[string]int64{general: 3, foreign: 9})
	got := answer.Channels[general]
	if got.Status != chat.SyncEvents || got.EventSeq != 6 || len(got.Events) != 3 || got.Events[0].EventSeq != 4 || got.Events[0].Event != "newMessage" {
		t.Fatalf("general: %+v", got)
	}
	if answer.Channels[foreign].Status != chat.SyncGone {
		t.Fatalf("a foreign channel: %+v", answer.Channels[foreign])
	}
	if len(answer.Added) != 1 || answer.Added[0].ID != dm {
		t.Fatalf("added: %+v", answer.Added)
	}
	if got := sync(alice.ready.Epoch, map[string]int64{general: 6}).Channels[general]; got.Status != chat.SyncEvents || len(got.Events) != 0 {
		t.Fatalf("nothing missed: %+v", got)
	}
	if got := sync(alice.ready.Epoch, map[string]int64{general: 99}).Channels[general]; got.Status != chat.SyncReset {
		t.Fatalf("a cursor of the future: %+v", got)
	}
	if got := sync("another", map[string]int64{general: 5}).Channels[general]; got.Status != chat.SyncReset {
		t.Fatalf("another epoch: %+v", got)
	}
}

// Who signs in for the first time is in the general channel, as others are told then, or later.
func TestAFirstSignInIsAChangeOfTheGeneralChannel(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	general := e.general(alice.who)
	bob := e.connect(insider("bob"))
	joined := expect(alice, "membersAdded", func(p chat.MembersAdded) bool { return p.ChannelID == general })
	if len(joined.Members) != 1 || joined.Members[0].UserID != "bob" || joined.ParticipantCount != 2 || joined.EventSeq != 2 {
		t.Fatalf("%+v", joined)
	}
	e.connect(bob.who) // again it changes nothing
	answer := request[chat.SyncAnswer](alice, "sync", map[string]any{"epoch": alice.ready.Epoch, "channels": map[string]int64{general: 1}})
	if got := answer.Channels[general]; len(got.Events) != 1 || got.Events[0].Event != chat.EventMembersAdded || got.EventSeq != 2 {
		t.Fatalf("%+v", got)
	}
	if n := bob.inbox.Count("channelAdded") + bob.inbox.Count("membersAdded"); n != 0 {
		t.Errorf("who came in was told %d times", n)
	}
}

// A page around a message has it in its middle, and no more messages than were asked for.
func TestAPageAroundAMessage(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	general := e.general(alice.who)
	var ids []string
	for i := range 7 {
		ids = append(ids, send(alice, general, fmt.Sprint(i), fmt.Sprint("c", i)).MessageID)
	}
	for _, tt := range []struct {
		place string
		limit int
		want  []string
		more  bool
	}{
		{"4", 5, []string{"1", "2", "3", "4", "5"}, true},
		{ids[3], 3, []string{"2", "3", "4"}, true},
		{"4", 1, []string{"3"}, true},
		{"4", 2, []string{"2", "3"}, true},
		{"1", 4, []string{"0", "1"}, false},
		{"99", 4, []string{"4", "5", "6"}, true},
		{"9223372036854775807", 4, []string{"4", "5", "6"}, true},
	} {
		path := fmt.Sprintf("/api/communications?channelId=%s&around=%s&limit=%d", general, tt.place, tt.limit)
		_, page, _ := rest[chat.Page](e, alice.who, "GET", path, nil)
		var got []string
		for _, m := range page.Messages {
			got = append(got, m.Body)
		}
		if !slices.Equal(got, tt.want) || page.HasMore != tt.more {
			t.Errorf("%d around %s: %v, more: %v", tt.limit, tt.place, got, page.HasMore)
		}
	}
}

// What was missed may be more than a client could send in one packet. More than one answer may hold is a reset, not
// silence.
func TestSyncAnswersWhateverWasMissed(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	general := e.general(alice.who)
	long := strings.Repeat("x", chat.MaxMessageLength)
	const n = 60
	for i := range n {
		send(alice, general, long, fmt.Sprint("c", i))
	}
	for missed, want := range map[int64]chat.SyncStatus{1: chat.SyncEvents, 40: chat.SyncEvents, n: chat.SyncReset} {
		cursor := map[string]int64{general: 1 + n - missed} // the first is that alice came in
		answer := request[chat.SyncAnswer](alice, "sync", map[string]any{"epoch": alice.ready.Epoch, "channels": cursor})
		got := answer.Channels[general]
		if got.Status != want || (want == chat.SyncEvents && int64(len(got.Events)) != missed) {
			t.Errorf("%d missed: %s with %d events", missed, got.Status, len(got.Events))
		}
	}
}

func TestADirectMessageIsMadeOnceAndHeardAtOnce(t *testing.T) {
	e := newEdge(t)
	alice, bob, carol := e.connect(insider("alice")), e.connect(insider("bob")), e.connect(insider("carol"))
	ids := make([]string, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			if i%2 == 0 {
				ids[i] = e.dm(alice.who, "bob")
			} else {
				ids[i] = e.dm(bob.who, "alice")
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("several channels for one pair: %v", ids)
		}
	}
	expect(bob, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == ids[0] && len(a.Channel.Participants) == 2 })
	send(alice, ids[0], "hi bob", "c1")
	expect[chat.NewMessage](bob, "newMessage", nil)

	send(alice, e.general(alice.who), "to all", "c2")
	expect(carol, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "to all" })
	if carol.inbox.Count("newMessage")+carol.inbox.Count("channelAdded") != 0 {
		t.Fatal("a stranger heard of the direct message")
	}
}

func TestAStrangersChannelDoesNotExist(t *testing.T) {
	e := newEdge(t)
	alice, mallory := e.connect(insider("alice")), e.connect(insider("mallory"))
	e.connect(insider("bob"))
	dm := e.dm(alice.who, "bob")
	const absent = "0123456789abcdef01234567"

	for _, id := range []string{dm, absent, "x", ""} {
		refused(mallory, "sendMessage", map[string]any{"channelId": id, "message": "hi", "clientId": "c"}, "channel_not_found")
		refused(mallory, "joinChannel", id, "channel_not_found")
		refused(mallory, "initiateCall", map[string]any{"channelId": id, "callType": "voice"}, "channel_not_found")
	}
	for _, id := range []string{dm, absent} {
		for _, path := range []string{"/api/channels/" + id, "/api/communications?channelId=" + id} {
			if status, _, code := rest[any](e, mallory.who, "GET", path, nil); status != http.StatusNotFound || code != "channel_not_found" {
				t.Errorf("%s: %d %s", path, status, code)
			}
		}
	}
}

func TestAClientSeesNothingInternal(t *testing.T) {
	e := newEdge(t)
	alice, acme := e.connect(insider("alice")), e.connect(outsider("acme"))
	general := e.general(alice.who)
	if _, list, _ := rest[channelList](e, acme.who, "GET", "/api/channels", nil); len(list.Channels) != 0 {
		t.Fatalf("a client lists %+v", list.Channels)
	}
	for _, path := range []string{"/api/channels/general", "/api/channels/" + general, "/api/communications?channelId=" + general} {
		if status, _, _ := rest[any](e, acme.who, "GET", path, nil); status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, status)
		}
	}
	type people struct {
		Users []chat.User `json:"users"`
	}
	if _, found, _ := rest[people](e, acme.who, "GET", "/api/users?search=a", nil); len(found.Users) != 0 {
		t.Errorf("a client finds %+v", found.Users)
	}
	if status, _, code := rest[any](e, acme.who, "POST", "/api/channels", map[string]any{"channelType": "dm", "participants": []map[string]string{{"userId": "alice"}}}); status != http.StatusNotFound || code != "user_not_found" {
		t.Errorf("a client opens a DM: %d %s", status, code)
	}
	if answer := request[chat.SyncAnswer](acme, "sync", map[string]any{"epoch": acme.ready.Epoch, "channels": map[string]int64{general: 0}}); answer.Channels[general].Status != chat.SyncGone {
		t.Errorf("a client syncs general: %+v", answer)
	}
	// An employee may write to the client, in a channel that is not internal.
	dm := e.dm(alice.who, "acme")
	send(alice, dm, "Dear Acme", "c1")
	if got := expect[chat.NewMessage](acme, "newMessage", nil); got.ChannelID != dm {
		t.Errorf("got %+v", got)
	}
	send(acme, dm, "Dear Parley", "c2")
}

func TestBadMessagesAreRefused(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	general := e.general(alice.who)
	for name, tt := range map[string]struct {
		arg  any
		code string
	}{
		"nothing":        {nil, "channel_not_found"},
		"a number":       {7, "bad_request"},
		"an array":       {[]string{general}, "bad_request"},
		"empty":          {map[string]any{"channelId": general, "message": " \n "}, "bad_request"},
		"nothing to see": {map[string]any{"channelId": general, "message": "\u200b \u2060\u3164\u2800"}, "bad_request"},
		"NUL":            {map[string]any{"channelId": general, "message": "a\x00b"}, "bad_request"},
		"too long":       {map[string]any{"channelId": general, "message": strings.Repeat("é", 10001)}, "message_too_long"},
		"wrong type":     {map[string]any{"channelId": general, "message": "x", "messageType": "system"}, "bad_request"},
		"body no text":   {map[string]any{"channelId": general, "message": map[string]string{}}, "bad_request"},
		"bad clientId":   {map[string]any{"channelId": general, "message": "x", "clientId": "a b"}, "bad_request"},
		"long clientId":  {map[string]any{"channelId": general, "message": "x", "clientId": strings.Repeat("a", 65)}, "bad_request"},
		"id of a number": {map[string]any{"channelId": 5, "message": "x"}, "bad_request"},
	} {
		t.Run(name, func(t *testing.T) { refused(alice, "sendMessage", tt.arg, tt.code) })
	}
	if r := send(alice, general, strings.Repeat("é", 10000), "long"); r.Seq != 1 {
		t.Errorf("the longest message: %+v", r)
	}
	refused(alice, "noSuchEvent", 1, "unknown_event")
	refused(alice, "webrtc:answer", 1, "unknown_event")
}

// The longest message comes through however its client writes JSON, with all else that may stand beside it: every character as
// an escape, of which an emoji is two.
func TestTheLongestMessageComesThroughInAnyEncoding(t *testing.T) {
	e := newEdge(t)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	dm := e.dm(alice.who, "bob")
	text := strings.Repeat("🎉", chat.MaxMessageLength)
	quoted := send(bob, dm, text, "b1")
	mentions := make([]json.RawMessage, 20)
	for i := range mentions {
		mentions[i] = escaped(strings.Repeat("x", 62) + fmt.Sprint(10+i))
	}
	message := func(clientID string) map[string]any {
		return map[string]any{"channelId": escaped(dm), "message": escaped(text), "messageType": escaped("text"), "mentions": mentions,
			"clientId": escaped(clientID + strings.Repeat("x", 60)), "parentMessageId": escaped(quoted.MessageID), "quoteMessageId": escaped(quoted.MessageID)}
	}
	sent := request[chat.Receipt](alice, "sendMessage", message("a1"))
	if status, _, code := rest[chat.Receipt](e, alice.who, "POST", "/api/communications", message("a2")); status != http.StatusOK {
		t.Errorf("over REST: %d %s", status, code)
	}
	for range 2 {
		expect(bob, "newMessage", func(m chat.NewMessage) bool { return m.Message.Sender.ID == "alice" && m.Message.Body == text })
	}
	request[any](alice, "editMessage", map[string]any{"messageId": sent.MessageID, "message": escaped(text[4:] + "👋")})
	expect(bob, "messageEdited", func(m chat.MessageEdited) bool { return m.Body == text[4:]+"👋" })
}

// escaped is a JSON string in which every character is an escape.
func escaped(s string) json.RawMessage {
	b := []byte{'"'}
	for _, unit := range utf16.Encode([]rune(s)) {
		b = fmt.Appendf(b, `\u%04x`, unit)
	}
	return append(b, '"')
}

func TestHistoryPagesBothWays(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	general := e.general(alice.who)
	var fifth string
	for i := 1; i <= 10; i++ {
		if r := send(alice, general, fmt.Sprint(i), fmt.Sprint("c", i)); i == 5 {
			fifth = r.MessageID
		}
	}
	for query, want := range map[string]string{
		"limit=3":                 "8 9 10 true",
		"limit=3&before=8":        "5 6 7 true",
		"limit=3&before=" + fifth: "2 3 4 true",
		"limit=50&before=3":       "1 2 false",
		"limit=3&after=8":         "9 10 false",
		"limit=3&after=0":         "1 2 3 true",
		"limit=4&after=" + fifth:  "6 7 8 9 true",
		"before=1":                "false",
		"":                        "1 2 3 4 5 6 7 8 9 10 false",
	} {
		_, page, _ := rest[chat.Page](e, alice.who, "GET", "/api/communications?channelId="+general+"&"+query, nil)
		var got []string
		for _, m := range page.Messages {
			got = append(got, m.Body)
		}
		if have := strings.TrimSpace(strings.Join(append(got, fmt.Sprint(page.HasMore)), " ")); have != want {
			t.Errorf("%s: got %s, want %s", query, have, want)
		}
	}
	for query, code := range map[string]string{
		"limit=0": "bad_request", "limit=101": "bad_request", "limit=x": "bad_request", "before=0": "bad_request", "before=-1": "bad_request",
		"after=x": "bad_request", "before=2&after=1": "bad_request", "before=0123456789abcdef01234567": "message_not_found",
	} {
		if status, _, got := rest[any](e, alice.who, "GET", "/api/communications?channelId="+general+"&"+query, nil); got != code || status < 400 || status >= 500 {
			t.Errorf("%s: %d %s, want %s", query, status, got, code)
		}
	}
}
