package signaling_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
)

// newSearcher is newWhatBecomes with what indexes messages.
func newSearcher(t *testing.T) whatBecomes {
	w := newWhatBecomes(t)
	index := w.e.db.SearchIndex("english", false)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- index.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-done)
	})
	return w
}

func (w whatBecomes) search(who auth.Identity, query string) chat.SearchAnswer {
	w.e.t.Helper()
	status, got, code := rest[chat.SearchAnswer](w.e, who, "GET", "/api/communications/search?"+query, nil)
	if status != http.StatusOK {
		w.e.t.Fatalf("search %s: %d %s", query, status, code)
	}
	return got
}

// finds waits until a search finds exactly these texts, the latest first: a message can be found a moment after it was
// sent.
func (w whatBecomes) finds(who auth.Identity, query string, want ...string) chat.SearchAnswer {
	w.e.t.Helper()
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(30 * time.Millisecond) {
		got := w.search(who, query)
		var have []string
		for _, r := range got.Results {
			have = append(have, r.Message.Body)
		}
		if strings.Join(have, "|") == strings.Join(want, "|") {
			return got
		}
		if time.Now().After(deadline) {
			w.e.t.Fatalf("search %s finds %q, not %q", query, have, want)
		}
	}
}

func q(text string) string { return "q=" + url.QueryEscape(text) }

func TestMessagesAreFoundByTheirWords(t *testing.T) {
	w := newSearcher(t)
	texts := []string{
		"The quarterly meetings in Zürich", "Der Straßenplan für Łódź", "東京の会議は明日です", "please see https://example.com/plan.pdf",
		"only an example of a plan", "🎉 done",
	}
	for i, text := range texts {
		send(w.alice, w.dm, text, "c"+string(rune('0'+i)))
	}
	for text, want := range map[string][]string{
		"meeting":        {texts[0]}, // by its stem
		"MEETINGS":       {texts[0]},
		"zurich":         {texts[0]}, // without accents
		"Zürich meeting": {texts[0]}, // both, in any order
		"meet":           {texts[0]},
		"quart":          {texts[0]}, // the word is only begun
		"strassenplan":   {texts[1]},
		"lodz":           {texts[1]},
		"会議":             {texts[2]}, // without spaces
		"京の":             {texts[2]},
		"arterl":         {texts[0]},           // a part of a word
		"plan":           {texts[4], texts[3]}, // not "Straßenplan", as whole words are found
		`"a plan"`:       {texts[4]},
		"example -only":  {texts[3]},
		"lodz or zurich": {texts[1], texts[0]},
		"🎉":              {texts[5]},
		"nothing-at-all": nil,
		"' | & !:* \\":   nil,
	} {
		if text == "' | & !:* \\" {
			if status, _, code := rest[any](w.e, w.bob.who, "GET", "/api/communications/search?"+q(text), nil); code != "bad_request" {
				t.Errorf("%s: %d %s", text, status, code)
			}
			continue
		}
		w.finds(w.bob.who, q(text), want...)
	}
	got := request[chat.SearchAnswer](w.bob, "search", map[string]any{"q": "zurich"})
	if len(got.Results) != 1 || got.Results[0].Highlight != "The quarterly meetings in <mark>Zürich</mark>" {
		t.Errorf("%+v", got.Results)
	}
}

// Quotation marks, "or" and a minus mean the same where nothing can be cut at spaces.
func TestOperatorsHoldInScriptsWithoutSpaces(t *testing.T) {
	w := newSearcher(t)
	tokyo, osaka, both := "会議は東京です", "大阪へ行きます", "東京 大阪の計画"
	for i, text := range []string{tokyo, osaka, both} {
		send(w.alice, w.dm, text, fmt.Sprint("c", i))
	}
	for text, want := range map[string][]string{
		"東京 or 大阪":          {both, osaka, tokyo},
		"東京 大阪":             {both},
		`"東京 大阪"`:           {both},
		`"大阪 東京"`:           nil,
		"東京 -大阪":            {tokyo},
		`東京 -"東京 大阪"`:       {tokyo},
		"会議 東京 or 大阪 行き":    {osaka, tokyo},
		"senderless -東京 大阪": nil,
	} {
		w.finds(w.bob.who, q(text), want...)
	}
	w.finds(w.bob.who, "senderId=alice&"+q("-大阪"), tokyo)
}

// A search is as long as its characters, not as its bytes.
func TestPeopleAreFoundInOtherScripts(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	long := strings.Repeat("ж", 100)
	e.directory("PUT", "users/zoe", employee("Zoë "+long[:180], "", "user"))
	found := func(path string) (n int) {
		t.Helper()
		status, got, code := rest[struct{ Users, People []chat.User }](e, alice.who, "GET", path, nil)
		if status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, status, code)
		}
		return len(got.Users) + len(got.People)
	}
	for _, text := range []string{"ZOE", "zoë", long[:160]} {
		if a, b := found("/api/users?search="+url.QueryEscape(text)), found("/api/communications/search/suggest?"+q(text)); a != 1 || b != 1 {
			t.Errorf("%s finds %d and suggests %d", text, a, b)
		}
	}
	if status, _, _ := rest[any](e, alice.who, "GET", "/api/users?search="+url.QueryEscape(long+"ж"), nil); status != http.StatusBadRequest {
		t.Errorf("101 characters: %d", status)
	}
}

// TestHighlightsAreEscapedBeforeTheyAreMarked: what a message says never becomes HTML.
func TestHighlightsAreEscapedBeforeTheyAreMarked(t *testing.T) {
	w := newSearcher(t)
	evil := `<img src=x onerror=alert(1)> needle </mark><script>alert("needle")</script> ` + string(chat.MarkStart) + `needle` + string(chat.MarkEnd) + ` & "meetings"`
	send(w.alice, w.dm, evil, "c1")
	for text, marks := range map[string]int{"needle": 3, "meeting": 1, "eedl": 3, "script": 2} {
		got := w.finds(w.bob.who, q(text), strings.TrimSpace(evil))
		h := got.Results[0].Highlight
		if n := strings.Count(h, "<mark>"); n != marks || strings.Count(h, "</mark>") != n {
			t.Errorf("%s: %d marks in %s", text, n, h)
		}
		bare := strings.NewReplacer("<mark>", "", "</mark>", "").Replace(h)
		if strings.ContainsAny(bare, `<>"`) {
			t.Errorf("not escaped: %s", h)
		}
	}
}

func TestTheIndexFollowsWhatBecomesOfAMessage(t *testing.T) {
	w := newSearcher(t)
	m := send(w.alice, w.dm, "about elephants", "c1")
	w.finds(w.bob.who, q("elephants"), "about elephants")
	request[chat.Edited](w.alice, "editMessage", map[string]any{"messageId": m.MessageID, "message": "about giraffes"})
	w.finds(w.bob.who, q("giraffes"), "about giraffes")
	w.finds(w.bob.who, q("elephants"))
	w.finds(w.bob.who, "isPinned=true")
	request[chat.Pinned](w.alice, "pinMessage", m.MessageID)
	w.finds(w.bob.who, "isPinned=true&"+q("giraffes"), "about giraffes")
	request[chat.Changed](w.alice, "deleteMessage", m.MessageID)
	w.finds(w.bob.who, q("giraffes"))
	w.finds(w.bob.who, "isPinned=true")
}

// TestSearchFindsOnlyWhatOneMayRead, as everything else does (security.md 8 to 10).
func TestSearchFindsOnlyWhatOneMayRead(t *testing.T) {
	w := newSearcher(t)
	mallory, client := w.e.connect(insider("mallory")), w.e.connect(outsider("client"))
	send(w.alice, w.dm, "the treasure is here", "c1")
	made := w.bob.makes(map[string]any{"name": "Treasury", "memberIds": []string{"alice"}})
	send(w.bob, made.ID, "treasure for the team", "c2")
	w.finds(w.alice.who, q("treasure"), "treasure for the team", "the treasure is here")
	for _, text := range []string{"treasure", "easur", "tre"} {
		w.finds(mallory.who, q(text))
		w.finds(client.who, q(text))
	}
	for _, query := range []string{"channelId=" + w.dm, "channelId=" + w.dm + "&" + q("treasure"), "channelId=656500000000000000000000&" + q("x")} {
		if status, _, code := rest[any](w.e, mallory.who, "GET", "/api/communications/search?"+query, nil); status != http.StatusNotFound || code != "channel_not_found" {
			t.Errorf("%s: %d %s", query, status, code)
		}
	}
	request[any](w.bob, "removeMember", map[string]any{"channelId": made.ID, "userId": "alice"})
	if got := w.search(w.alice.who, q("treasure")); len(got.Results) != 1 || got.Results[0].Message.Body != "the treasure is here" {
		t.Errorf("who was removed still finds %+v", got.Results)
	}
	suggest := func(who auth.Identity) chat.Suggestions {
		_, got, _ := rest[chat.Suggestions](w.e, who, "GET", "/api/communications/search/suggest?q=tre", nil)
		return got
	}
	if got := suggest(w.bob.who); len(got.Channels) != 1 || got.Channels[0].ID != made.ID {
		t.Errorf("%+v", got)
	}
	for _, who := range []auth.Identity{w.alice.who, mallory.who, client.who} {
		if got := suggest(who); len(got.Channels) != 0 {
			t.Errorf("%s is told of %+v", who.UserID, got)
		}
	}
}

func TestSearchIsNarrowedByFilters(t *testing.T) {
	w := newSearcher(t)
	root := send(w.alice, w.dm, "apple root", "c1")
	request[chat.Receipt](w.bob, "sendMessage", map[string]any{"channelId": w.dm, "message": "apple reply", "clientId": "c2", "parentMessageId": root.MessageID})
	send(w.bob, w.dm, "apple https://example.com", "c3")
	all := []string{"apple https://example.com", "apple reply", "apple root"}
	w.finds(w.alice.who, q("apple"), all...)
	today := time.Now().UTC().Format(time.DateOnly)
	tomorrow := time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	for query, want := range map[string][]string{
		"senderId=bob":                          all[:2],
		"senderId=" + url.QueryEscape("' &|"):   nil,
		"senderId=bob&" + q("root"):             nil,
		"hasLink=true":                          all[:1],
		"inThread=true":                         all[1:2],
		"parentMessageId=" + root.MessageID:     all[1:2],
		"hasFile=true&" + q("apple"):            nil,
		"fileType=image":                        nil,
		"on=" + today + "&" + q("apple"):        all,
		"after=" + today + "&" + q("apple"):     nil,
		"before=" + today + "&" + q("apple"):    nil,
		"before=" + tomorrow + "&" + q("app"):   all,
		"channelId=" + w.dm + "&senderId=alice": all[2:],
	} {
		w.finds(w.alice.who, query, want...)
	}
	for _, bad := range []string{"", "q=", "after=x&q=a", "on=2026-01-01&after=2026-01-01&q=a", "hasFile=maybe&q=a", "cursor=x&q=a", "after=0001-01-01&q=a", q(strings.Repeat("x", 501)), q(strings.Repeat("ab ", 65))} {
		if status, _, code := rest[any](w.e, w.alice.who, "GET", "/api/communications/search?"+bad, nil); status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", bad, status, code)
		}
	}
}

// Who searches for a whole paragraph finds it.
func TestALongSearchIsAnswered(t *testing.T) {
	w := newSearcher(t)
	var text []string
	for i := range 60 {
		text = append(text, fmt.Sprint("word", i))
	}
	all := strings.Join(text, " ")
	send(w.alice, w.dm, all, "c1")
	w.finds(w.bob.who, q(all), all)
	w.finds(w.bob.who, q(strings.Replace(all, "word", "wrod", 1)))
}

func TestSearchComesInPages(t *testing.T) {
	w := newSearcher(t)
	var want []string
	for i := range 45 {
		text := "page " + strings.Repeat("x", i)
		send(w.alice, w.dm, text, "c"+string(rune('0'+i)))
		want = append([]string{strings.TrimSpace(text)}, want...)
	}
	w.finds(w.bob.who, q("page"), want[:20]...)
	for _, query := range []string{q("page"), q("pag"), q("age")} { // a word, its beginning, a part of it
		var have []string
		cursor := ""
		for pages := 1; ; pages++ {
			got := w.search(w.bob.who, query+cursor)
			for _, r := range got.Results {
				have = append(have, r.Message.Body)
			}
			if got.HasMore != (len(have) < len(want)) || pages > 3 {
				t.Fatalf("%s: hasMore %v after %d", query, got.HasMore, len(have))
			}
			if !got.HasMore {
				break
			}
			cursor = "&cursor=" + got.Cursor
		}
		if strings.Join(have, "|") != strings.Join(want, "|") {
			t.Errorf("%s: %q", query, have)
		}
	}
}

func TestSearchesAreLimitedByUserAndNotBySocket(t *testing.T) {
	e := newEdge(t, limited)
	devices := []*device{e.connect(insider("alice")), e.connect(insider("alice"))}
	done := tryUntilLimited(t, 30, func(i int) error {
		return devices[i%2].Request(within(t), "search", map[string]any{"q": "anything"}, nil)
	})
	if done < 5 || done > 12 { // a burst of 5 and one a second on a slow machine
		t.Errorf("%d searches before the limit", done)
	}
	if status, _, code := rest[any](e, devices[0].who, "GET", "/api/communications/search?q=x", nil); status != http.StatusTooManyRequests {
		t.Errorf("over REST: %d %s", status, code)
	}
}
