package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/store/postgres"
)

func changedAfter(t *testing.T, s *postgres.ChatStore, after int64) []chat.ChangedPerson {
	t.Helper()
	people, more, err := s.ChangedPeople(t.Context(), after, 100)
	if err != nil || more {
		t.Fatal(more, err)
	}
	return people
}

func recorded(t *testing.T, s *postgres.ChatStore, u chat.User) bool {
	t.Helper()
	r, err := s.UpsertUser(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	return r.PersonChanged
}

// Who looks otherwise, by the directory or by a token, is a change; who comes, or changes in what nobody sees, is none.
func TestHowPeopleLookHasNumbers(t *testing.T) {
	s, _ := newChat(t)
	dave := chat.User{ID: "dave", Name: "Dave", Role: "user", Internal: true}
	if recorded(t, s, dave) || applied(t, s, alice, dave).PeopleChanged || len(changedAfter(t, s, 0)) != 0 {
		t.Fatal("who comes looks otherwise")
	}
	dm, _, err := s.OpenDM(t.Context(), id.New(), "carol", "bob")
	if err != nil {
		t.Fatal(err)
	}
	renamed, pictured := alice, bob
	renamed.Name, renamed.Department = "Alice Miller", "Sales"
	pictured.AvatarURL = "https://crm.example.com/bob.png"
	for range 2 { // done again, it changes nothing
		applied(t, s, renamed)
		recorded(t, s, pictured)
	}
	got := changedAfter(t, s, 0)
	want := []string{"alice Alice Miller  1 []", "bob " + bob.Name + " https://crm.example.com/bob.png 2 [" + dm.ID + "]"}
	var lines []string
	for _, p := range got {
		lines = append(lines, fmt.Sprint(p.ID, " ", p.Name, " ", p.AvatarURL, " ", p.Change, " ", p.OpenChannels))
	}
	if !slices.Equal(lines, want) {
		t.Errorf("%s", strings.Join(lines, "\n"))
	}
	byToken := renamed
	byToken.Name = "alice.m"
	promoted := pictured
	promoted.Role, promoted.Email = "admin", "b@example.com"
	if recorded(t, s, byToken) || recorded(t, s, promoted) || len(changedAfter(t, s, 2)) != 0 {
		t.Errorf("what nobody sees: %+v", changedAfter(t, s, 2))
	}
	if last, err := s.LastPersonChange(t.Context()); last != 2 || err != nil {
		t.Error(last, err)
	}
	if people, more, err := s.ChangedPeople(t.Context(), 0, 1); len(people) != 1 || !more || err != nil {
		t.Errorf("%+v %v %v", people, more, err)
	}
}

// Whoever asks for what comes after what they know misses nothing, however many write at once.
func TestHowPeopleLookIsFollowedByNumbers(t *testing.T) {
	s, _ := newChat(t)
	known, last := map[string]chat.Person{}, int64(0)
	whileWriting(20, func(writer, round int) {
		u := chat.User{ID: fmt.Sprint("u", (writer%2)*3+round%3), Name: fmt.Sprint("U", writer, round), Role: "user"}
		if writer%2 == 0 {
			if _, err := s.UpsertUser(t.Context(), u); err != nil {
				t.Error(err)
			}
			return
		}
		if _, err := s.ApplyDirectory(t.Context(), chat.Directory{Users: []chat.DirectoryUser{{User: u, Active: true}}}, id.New); err != nil {
			t.Error(err)
		}
	}, func() {
		for _, p := range changedAfter(t, s, last) {
			known[p.ID] = p.Person
			last = max(last, p.Change)
		}
	})
	for _, p := range changedAfter(t, s, 0) {
		if known[p.ID] != p.Person {
			t.Errorf("%+v is known as %+v", p, known[p.ID])
		}
	}
	if len(known) != 6 {
		t.Errorf("%d people have changed", len(known))
	}
}
