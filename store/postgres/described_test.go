package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/store/postgres"
)

func applied(t *testing.T, s *postgres.ChatStore, users ...chat.User) chat.DirectoryOutcome {
	t.Helper()
	d := chat.Directory{By: "crm"}
	for _, u := range users {
		d.Users = append(d.Users, chat.DirectoryUser{User: u, Active: true})
	}
	outcome, err := s.ApplyDirectory(t.Context(), d, id.New)
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

func describedAfter(t *testing.T, s *postgres.ChatStore, after int64) []chat.Described {
	t.Helper()
	list, err := s.DescribedAfter(t.Context(), after)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(list, func(a, b chat.Described) int { return strings.Compare(a.UserID, b.UserID) })
	return list
}

func describing(u chat.User, rank auth.Rank, change int64) chat.Described {
	says := chat.Description{Name: u.Name, AvatarURL: u.AvatarURL, Department: u.Department, Rank: rank}
	return chat.Described{UserID: u.ID, Change: change, Description: says}
}

// The directory's word has numbers, and no token changes it, nor what it says next of a person whom a token lowered.
func TestTheDirectorysWord(t *testing.T) {
	s, _ := newChat(t)
	if list := describedAfter(t, s, 0); len(list) != 0 {
		t.Fatalf("of whom it does not know it says %+v", list)
	}
	outsider := bob
	outsider.Role, outsider.Internal = "client", false
	if o := applied(t, s, alice, outsider); !o.DescribedChanged {
		t.Error("the first word changes nothing")
	}
	internal, external := auth.Rank{Role: auth.RoleUser, Internal: true}, auth.Rank{Role: auth.RoleClient}
	want := []chat.Described{describing(alice, internal, 1), describing(bob, external, 1)}
	if got := describedAfter(t, s, 0); !slices.Equal(got, want) {
		t.Fatalf("%+v", got)
	}
	renamed := alice
	renamed.Name = "Alice M."
	want[0] = describing(renamed, internal, 2)
	if o := applied(t, s, renamed, outsider); !o.DescribedChanged || !slices.Equal(describedAfter(t, s, 1), want[:1]) {
		t.Errorf("by another name: %+v", describedAfter(t, s, 0))
	}

	byToken := alice
	byToken.Role, byToken.Internal = "client", false
	for _, u := range []chat.User{byToken, bob} {
		if _, err := s.UpsertUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	if u, err := s.User(t.Context(), "alice"); err != nil || u.Internal || u.Name != renamed.Name {
		t.Fatalf("%+v, %v", u, err)
	}
	if got := describedAfter(t, s, 0); !slices.Equal(got, want) {
		t.Errorf("after tokens that say something else: %+v", got)
	}
	if o := applied(t, s, renamed); o.DescribedChanged {
		t.Error("the same word again is another rank")
	}
	if u, err := s.User(t.Context(), "alice"); err != nil || u != renamed {
		t.Errorf("%+v, %v", u, err)
	}
	if o := applied(t, s, bob); !o.DescribedChanged {
		t.Error("raised, and nothing is changed")
	}
	manager := auth.Rank{Role: auth.RoleManager, Internal: true}
	if got := describedAfter(t, s, 2); !slices.Equal(got, []chat.Described{describing(bob, manager, 3)}) {
		t.Errorf("%+v", got)
	}
}

// whileWriting has four write at once, some rounds each, and somebody follow until all was written.
func whileWriting(rounds int, write func(writer, round int), follow func()) {
	var writers sync.WaitGroup
	for writer := range 4 {
		writers.Go(func() {
			for round := range rounds {
				write(writer, round)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		writers.Wait()
		close(done)
	}()
	for ended := false; !ended; follow() {
		select {
		case <-done:
			ended = true
		default:
		}
	}
}

// Whoever asks for what comes after what they know misses nothing, however many write at once.
func TestTheDirectorysWordIsFollowedByNumbers(t *testing.T) {
	s, _ := newChat(t)
	known, last := map[string]chat.Described{}, int64(0)
	whileWriting(25, func(writer, round int) {
		u := chat.User{ID: fmt.Sprint("u", round%3), Name: "U", Role: []string{"admin", "manager", "user", "client"}[(writer+round)%4]}
		if _, err := s.ApplyDirectory(t.Context(), chat.Directory{Users: []chat.DirectoryUser{{User: u, Active: true}}}, id.New); err != nil {
			t.Error(err)
		}
	}, func() {
		for _, r := range describedAfter(t, s, last) {
			known[r.UserID] = r
		}
		for _, r := range known {
			last = max(last, r.Change)
		}
	})
	for _, r := range describedAfter(t, s, 0) {
		if known[r.UserID] != r {
			t.Errorf("%+v is known as %+v", r, known[r.UserID])
		}
	}
}

// What an older version has written down of the directory is its word until it says more.
func TestTheDirectorysWordOfBefore(t *testing.T) {
	url := testkit.EmptyPostgresURL(t)
	db := open(t, url)
	if err := db.MigrateTo(t.Context(), 20); err != nil {
		t.Fatal(err)
	}
	if _, err := connect(t, url).Exec(t.Context(), `INSERT INTO users (id, name, email, avatar_url, role, department, is_internal, by_directory)
		VALUES ('ann', 'Ann', '', '', 'manager', '', true, true), ('zoe', 'Zoe', '', '', 'admin', '', true, false)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []chat.Described{describing(chat.User{ID: "ann", Name: "Ann"}, auth.Rank{Role: auth.RoleManager, Internal: true}, 1)}
	if got := describedAfter(t, db.Chat(), 0); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

// A token that comes while the directory speaks of its user for the first time makes them nothing else.
func TestATokenThatComesWhileTheDirectorySpeaks(t *testing.T) {
	url := testkit.PostgresURL(t)
	s, conn := openMigrated(t, url).Chat(), connect(t, url)
	for _, sql := range []string{`BEGIN`, `INSERT INTO users (id, name, email, avatar_url, role, department, is_internal, by_directory)
		VALUES ('ann', 'Ann', '', '', 'client', '', false, true)`} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error, 1)
	go func() {
		_, err := s.UpsertUser(t.Context(), chat.User{ID: "ann", Name: "Ann", Role: "admin", Internal: true})
		done <- err
	}()
	watcher := connect(t, url)
	for waiting := false; !waiting; {
		if err := watcher.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.Exec(t.Context(), `COMMIT`); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	general, err := s.GeneralChannelID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if u, err := s.User(t.Context(), "ann"); err != nil || u.Internal || u.Role != "client" || isMember(t, s, general, "ann") {
		t.Errorf("%+v, %v", u, err)
	}
}
