package postgres_test

import (
	"testing"

	"github.com/digierapro/parley/internal/testkit"
)

// What one of two people archived for both is archived for either of them.
func TestDMsThatWereArchivedForBoth(t *testing.T) {
	url := testkit.EmptyPostgresURL(t)
	db := open(t, url)
	if err := db.MigrateTo(t.Context(), 21); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, url)
	for _, sql := range []string{
		`BEGIN`,
		`INSERT INTO users (id, name, email, avatar_url, role, department, is_internal)
			SELECT id, id, '', '', 'user', '', true FROM unnest('{ann,ben,cid}'::text[]) id`,
		`INSERT INTO channels (id, channel_type, is_private, is_internal, dm_low, dm_high, created_by, is_archived, archived_at, archived_by, last_seq)
			VALUES ('away', 'dm', true, true, 'ann', 'ben', 'ann', true, now(), 'ann', 7), ('here', 'dm', true, true, 'ann', 'cid', 'ann', false, NULL, NULL, 3)`,
		`INSERT INTO channels (id, channel_type, is_private, is_internal, created_by, is_archived) VALUES ('done', 'project', true, true, 'ann', true)`,
		`INSERT INTO channel_members (channel_id, channel_internal, user_id, user_internal)
			SELECT c.id, true, u.id, true FROM channels c, users u WHERE u.id IN (c.dm_low, c.dm_high) OR c.id = 'done'`,
		`COMMIT`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := db.Chat()
	for channelID, want := range map[string]bool{"away": true, "here": false, "done": true} {
		if ch, _, err := s.Access(t.Context(), channelID, "ann"); err != nil || ch.Archived != want {
			t.Errorf("%s: archived %t, %v", channelID, ch.Archived, err)
		}
	}
	if changed, err := s.ArchiveDM(t.Context(), "away", "ben", false); err != nil || !changed {
		t.Errorf("%t, %v", changed, err)
	}
	for userID, want := range map[string]bool{"ann": true, "ben": false} {
		if ch, _, err := s.Access(t.Context(), "away", userID); err != nil || ch.Archived != want {
			t.Errorf("to %s: archived %t, %v", userID, ch.Archived, err)
		}
	}
	if changed, err := s.ArchiveDM(t.Context(), "done", "ann", true); err != nil || changed {
		t.Errorf("what is no direct message: %t, %v", changed, err)
	}
}
