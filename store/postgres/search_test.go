package postgres_test

import (
	"testing"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/store/postgres"
)

// searchable is a database with one message that can be found.
type searchable struct {
	db *postgres.DB
	s  *postgres.ChatStore
}

func newSearchable(t *testing.T) searchable {
	t.Helper()
	db := testkit.Postgres(t)
	w := searchable{db, db.Chat()}
	if _, err := w.s.UpsertUser(t.Context(), bob); err != nil {
		t.Fatal(err)
	}
	general, err := w.s.GeneralChannelID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, w.s, draft(general, bob, "secret words"))
	if _, err := db.SearchIndex("english", false).Index(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w searchable) parts(t *testing.T, parts ...string) []chat.Hit {
	t.Helper()
	hits, _, err := w.s.Search(t.Context(), chat.SearchQuery{UserID: "bob", Internal: true, Parts: [][]string{parts}, Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	return hits
}

// TestAnotherLanguageIndexesAnew: what was indexed by the stems of one is found by those of the other.
func TestAnotherLanguageIndexesAnew(t *testing.T) {
	w := newSearchable(t)
	find := func() int {
		hits, _, err := w.s.Search(t.Context(), chat.SearchQuery{UserID: "bob", Internal: true, Words: "word", Limit: 20})
		if err != nil {
			t.Fatal(err)
		}
		return len(hits)
	}
	if find() != 1 {
		t.Fatal("not found by its stem")
	}
	index := w.db.SearchIndex("simple", false)
	if err := index.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := index.Index(t.Context()); err != nil {
		t.Fatal(err)
	}
	if find() != 0 {
		t.Error("the stems of the language before are still there")
	}
}

// TestOneRoundIsOfManyChannels, each of which is behind for a reason of its own.
func TestOneRoundIsOfManyChannels(t *testing.T) {
	w := newSearchable(t)
	withBob := func(userID string) (channelID string) {
		if _, err := w.s.UpsertUser(t.Context(), chat.User{ID: userID, Name: userID, Role: bob.Role, Internal: true}); err != nil {
			t.Fatal(err)
		}
		dm, _, err := w.s.OpenDM(t.Context(), id.New(), "bob", userID)
		if err != nil {
			t.Fatal(err)
		}
		return dm.ID
	}
	edited, pruned, fresh := withBob("alice"), withBob("carol"), withBob("dave")
	was := mustAppend(t, w.s, draft(edited, bob, "an apple"))
	gone := mustAppend(t, w.s, draft(pruned, bob, "a pear"))
	index := w.db.SearchIndex("english", false)
	round := func() {
		if more, err := index.Index(t.Context()); err != nil || more {
			t.Fatalf("more %v, %v", more, err)
		}
	}
	round()
	if _, _, _, err := w.s.EditMessage(t.Context(), chat.MessageEdit{MessageID: was.ID, EditorID: "bob", Body: "an orange"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.s.DeleteMessage(t.Context(), gone.ID, "bob"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.db.Exec(t.Context(), `DELETE FROM channel_events WHERE channel_id = $1`, pruned); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, w.s, draft(fresh, bob, "a plum"))
	round()
	for word, want := range map[string]int{"secret": 1, "apple": 0, "orange": 1, "pear": 0, "plum": 1} {
		if got := w.parts(t, word); len(got) != want {
			t.Errorf("%d have %q, not %d", len(got), word, want)
		}
	}
	round()
}
