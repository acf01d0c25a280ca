package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/store/postgres"
)

func names(users []chat.User) (list []string) {
	for _, u := range users {
		list = append(list, u.Name)
	}
	return list
}

func isMember(t *testing.T, s *postgres.ChatStore, channelID, userID string) bool {
	t.Helper()
	_, member, err := s.Access(t.Context(), channelID, userID)
	if err != nil {
		t.Fatal(err)
	}
	return member != nil
}

func TestUserIsWhatWasUpserted(t *testing.T) {
	s, _ := newChat(t)
	for _, want := range []chat.User{carol, {ID: "carol", Name: "Carol Smith", Email: "c@example.com", Role: "client"}} {
		for range 2 { // the second time nothing has changed
			if _, err := s.UpsertUser(t.Context(), want); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.User(t.Context(), "carol"); err != nil || got != want {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if _, err := s.User(t.Context(), "nobody"); !errors.Is(err, chat.ErrNoUser) {
		t.Errorf("nobody: %v", err)
	}
}

func TestUsersSearch(t *testing.T) {
	s, _ := newChat(t)
	all := []string{alice.Name, bob.Name, carol.Name}
	for search, want := range map[string][]string{
		"": all, "ALICE": all[:1], "o": all, "ob t": all[1:2], "%": all[2:], "_": all[2:], `\`: all[2:], "üNAL": all[2:], "unal": all[2:], "ÀLICE": all[:1],
		"a%": nil, "b_b": nil, "zoe": nil, "'": nil,
	} {
		users, err := s.Users(t.Context(), search, 10)
		if err != nil || !slices.Equal(names(users), want) {
			t.Errorf("%q: %v, %v", search, names(users), err)
		}
	}
	if users, err := s.Users(t.Context(), "", 2); err != nil || len(users) != 2 {
		t.Errorf("limited to 2: %v, %v", names(users), err)
	}
}

// Whoever turns into a client leaves what is internal at once, and their DMs are no longer internal; whoever comes back
// is where everybody is.
func TestUpsertKeepsMembershipsTrue(t *testing.T) {
	s, general := newChat(t)
	dm, _, err := s.OpenDM(t.Context(), id.New(), "alice", "bob")
	if err != nil || !dm.Internal {
		t.Fatalf("%+v, %v", dm, err)
	}
	if !isMember(t, s, general, "bob") || isMember(t, s, general, "carol") {
		t.Fatal("the general channel has not the internal users")
	}
	seq := dm.EventSeq
	check := func(internal bool) {
		t.Helper()
		changed := bob
		changed.Internal = internal
		recorded, err := s.UpsertUser(t.Context(), changed)
		if err != nil {
			t.Fatal(err)
		}
		seq++
		if want := []chat.ChannelTurned{{ChannelID: dm.ID, EventSeq: seq, Internal: internal}}; !slices.Equal(recorded.Turned, want) {
			t.Errorf("internal %v: turned %+v", internal, recorded.Turned)
		}
		if changes := changesOf(t, s, map[string]int64{dm.ID: seq - 1}, 10)[dm.ID]; len(changes) != 1 || changes[0].Event != chat.EventChannelTurned {
			t.Errorf("internal %v: the changes are %+v", internal, changes)
		}
		now, member, err := s.Access(t.Context(), dm.ID, "bob")
		if err != nil || member == nil || now.Internal != internal {
			t.Errorf("internal %v: the DM is %+v, member %v, %v", internal, now, member, err)
		}
		if isMember(t, s, general, "bob") != internal || !isMember(t, s, general, "alice") {
			t.Errorf("internal %v: the general channel does not follow", internal)
		}
	}
	check(false)
	check(true)
}

// Two people of one DM who turn at once, again and again: no call fails, and the DM is internal only with both.
func TestUpsertOfAPairAtOnce(t *testing.T) {
	s, _ := newChat(t)
	dm, _, err := s.OpenDM(t.Context(), id.New(), "alice", "bob")
	if err != nil {
		t.Fatal(err)
	}
	for round := range 8 {
		var wg sync.WaitGroup
		pair := [2]chat.User{alice, bob}
		pair[0].Internal, pair[1].Internal = round%2 == 0, round%4 < 2
		for _, u := range pair {
			wg.Go(func() {
				if _, err := s.UpsertUser(t.Context(), u); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		now, _, err := s.Access(t.Context(), dm.ID, "alice")
		if err != nil || now.Internal && !(pair[0].Internal && pair[1].Internal) {
			t.Errorf("round %d: internal %v, %v", round, now.Internal, err)
		}
	}
}

// The database itself holds clients out of internal channels, from every side.
func TestClientsStayOutOfInternalChannels(t *testing.T) {
	url := testkit.PostgresURL(t)
	db := openMigrated(t, url)
	for _, u := range []chat.User{alice, bob, carol} {
		if _, err := db.Chat().UpsertUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	conn := connect(t, url)
	exec := func(sql string) error {
		_, err := conn.Exec(t.Context(), sql)
		return err
	}
	if err := exec(`INSERT INTO channels (id, channel_type, is_private, is_internal, created_by) VALUES ('open', 'project', false, false, 'x')`); err != nil {
		t.Fatal(err)
	}
	const join = `INSERT INTO channel_members (channel_id, channel_internal, user_id, user_internal) SELECT id, %s, '%s', %s FROM channels WHERE %s`
	if err := exec(fmt.Sprintf(join, "is_internal", "carol", "false", "id = 'open'")); err != nil {
		t.Fatal("a client cannot be in an open channel: ", err)
	}
	for what, sql := range map[string]string{
		"a client joins":                  fmt.Sprintf(join, "is_internal", "carol", "false", "channel_type = 'general'"),
		"a client joins as internal":      fmt.Sprintf(join, "is_internal", "carol", "true", "channel_type = 'general'"),
		"a client joins it as if open":    fmt.Sprintf(join, "false", "carol", "false", "channel_type = 'general'"),
		"a member becomes a client":       `UPDATE users SET is_internal = false WHERE id = 'alice'`,
		"a channel with a client closes":  `UPDATE channels SET is_internal = true WHERE id = 'open'`,
		"a membership moves":              `UPDATE channel_members m SET channel_id = c.id, channel_internal = true FROM channels c WHERE c.channel_type = 'general' AND m.user_id = 'carol'`,
		"the general channel opens":       `UPDATE channels SET is_internal = false WHERE channel_type = 'general'`,
		"a second general channel":        `INSERT INTO channels (id, channel_type, is_private, is_internal, created_by) VALUES ('g2', 'general', false, true, 'x')`,
		"a DM without members":            `INSERT INTO channels (id, channel_type, is_private, is_internal, dm_low, dm_high, created_by) VALUES ('d', 'dm', true, true, 'alice', 'bob', 'x')`,
		"a DM with oneself":               `INSERT INTO channels (id, channel_type, is_private, is_internal, dm_low, dm_high, created_by) VALUES ('d', 'dm', true, true, 'bob', 'bob', 'x')`,
		"a DM without a pair":             `INSERT INTO channels (id, channel_type, is_private, is_internal, created_by) VALUES ('d', 'dm', true, true, 'x')`,
		"a channel that is not a DM with": `UPDATE channels SET dm_low = 'alice', dm_high = 'bob' WHERE id = 'open'`,
	} {
		if err := exec(sql); err == nil {
			t.Errorf("it was taken: %s", what)
		}
	}
}

func TestDMHasExactlyItsTwo(t *testing.T) {
	url := testkit.PostgresURL(t)
	db := openMigrated(t, url)
	for _, u := range []chat.User{alice, bob, carol} {
		if _, err := db.Chat().UpsertUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	dm, _, err := db.Chat().OpenDM(t.Context(), id.New(), "alice", "carol")
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, url)
	for what, sql := range map[string]string{
		"a third":  `INSERT INTO channel_members (channel_id, channel_internal, user_id, user_internal) VALUES ($1, false, 'bob', true)`,
		"only one": `DELETE FROM channel_members WHERE channel_id = $1 AND user_id = 'carol'`,
		"another":  `UPDATE channel_members SET user_id = 'bob', user_internal = true WHERE channel_id = $1 AND user_id = 'alice'`,
	} {
		if _, err := conn.Exec(t.Context(), sql, dm.ID); err == nil {
			t.Errorf("it was taken: %s", what)
		}
	}
	if _, err := conn.Exec(t.Context(), `DELETE FROM channels WHERE id = $1`, dm.ID); err != nil {
		t.Errorf("a whole DM cannot be deleted: %v", err)
	}
}
