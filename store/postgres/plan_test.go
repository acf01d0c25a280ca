package postgres_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/digierapro/parley/internal/testkit"
)

// TestNothingReadsAllMessages: a page of history, a count of unread messages and a search use an index, however many
// messages there are.
func TestNothingReadsAllMessages(t *testing.T) {
	db := testkit.Postgres(t)
	s := db.Chat()
	if _, err := s.UpsertUser(t.Context(), bob); err != nil {
		t.Fatal(err)
	}
	general, err := s.GeneralChannelID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const messages = 40_000
	for _, sql := range []string{
		`INSERT INTO messages (id, channel_id, seq, sender_id, sender_model, client_id, body, message_type, created_at)
			SELECT lpad(to_hex(n), 24, '0'), c.id, n, 'bob', 'User', n, 'w' || n % 5000 || ' x' || n, 'text', now() - (40000 - n) * interval '1 second'
			FROM channels c, generate_series(1, 40000) n`,
		`INSERT INTO mentions (user_id, channel_id, seq, message_id) SELECT 'bob', channel_id, seq, id FROM messages`,
		`UPDATE channels SET last_seq = 40000, last_event_seq = 40000`,
	} {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	index := db.SearchIndex("english", false)
	for more := true; more; {
		if more, err = index.Index(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := countOf(t, db, "message_search"); n != messages {
		t.Fatalf("%d messages are indexed", n)
	}
	if _, err := db.Exec(t.Context(), `ANALYZE`); err != nil {
		t.Fatal(err)
	}
	plans, err := db.Plans(t.Context(), "bob", general)
	if err != nil {
		t.Fatal(err)
	}
	whole := regexp.MustCompile(`Seq Scan on (messages|message_search|mentions|channel_events)\b`)
	for name, plan := range plans {
		if whole.MatchString(plan) {
			t.Errorf("%s reads all there is:\n%s", name, plan)
		}
	}
	for name, want := range map[string]string{
		"search words": "message_search_words", "search parts": "message_search_substring", "search newest": "message_search_by_time",
		"history before": "messages_channel_id_seq_key", "standings": "messages_channel_id_seq_key",
	} {
		if !strings.Contains(plans[name], want) {
			t.Errorf("%s does not use %s:\n%s", name, want, plans[name])
		}
	}
}

// TestTheIndexCatchesUpAfterItsChangesWerePruned, by looking at every message again.
func TestTheIndexCatchesUpAfterItsChangesWerePruned(t *testing.T) {
	db := testkit.Postgres(t)
	s := db.Chat()
	if _, err := s.UpsertUser(t.Context(), bob); err != nil {
		t.Fatal(err)
	}
	general, err := s.GeneralChannelID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := mustAppend(t, s, draft(general, bob, "secret words"))
	index := db.SearchIndex("english", false)
	if _, err := index.Index(t.Context()); err != nil || countOf(t, db, "message_search") != 1 {
		t.Fatal(err)
	}
	if _, _, err := s.DeleteMessage(t.Context(), m.ID, "bob"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), `DELETE FROM channel_events`); err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		if more, err = index.Index(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := countOf(t, db, "message_search"); n != 0 {
		t.Errorf("%d deleted messages can be found", n)
	}
}

// TestSearchWorksWithoutTheExtension: an operator's database may not have it.
func TestSearchWorksWithoutTheExtension(t *testing.T) {
	w := newSearchable(t)
	if _, err := w.db.Exec(t.Context(), `DROP EXTENSION pg_trgm CASCADE`); err != nil {
		t.Fatal(err)
	}
	if got := w.parts(t, "ecret"); len(got) != 1 {
		t.Errorf("%v", got)
	}
	if _, err := w.db.Exec(t.Context(), `CREATE ROLE weak; GRANT weak TO CURRENT_USER`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = w.db.Exec(t.Context(), `DROP ROLE weak`) })
	if err := w.db.IndexSubstringsAs(t.Context(), "weak"); err != nil {
		t.Errorf("a database that refuses the extension cannot be used: %v", err)
	}
	if got := w.parts(t, "ecret"); len(got) != 1 {
		t.Errorf("%v", got)
	}
}
