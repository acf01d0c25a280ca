package postgres_test

import (
	"testing"

	"github.com/digierapro/parley/chat"
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
	if err := w.s.UpsertUser(t.Context(), bob); err != nil {
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
	hits, _, err := w.s.Search(t.Context(), chat.SearchQuery{UserID: "bob", Internal: true, Parts: parts, Limit: 20})
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
