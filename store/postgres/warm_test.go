package postgres_test

import (
	"testing"

	"github.com/digierapro/parley/internal/testkit"
)

// One message after the other goes over one connection, and when the server has ended that one, over another.
func TestMessagesKeepToOneConnection(t *testing.T) {
	db := testkit.Postgres(t)
	s := db.Chat()
	if _, err := s.UpsertUser(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	general, err := s.GeneralChannelID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	send := func(want int64) {
		t.Helper()
		a, err := s.AppendUsual(t.Context(), draft(general, alice, "hello"))
		if err != nil || a.Message.Seq != want {
			t.Fatalf("%d is the number of %d: %v", a.Message.Seq, want, err)
		}
	}
	for n := range 5 {
		send(int64(n + 1))
	}
	if busy := db.Stats().BusyConns; busy != 0 {
		t.Errorf("%d connections are busy", busy)
	}
	if ended, err := db.EndWarm(t.Context()); err != nil || ended != 1 {
		t.Fatalf("%d connections were at hand: %v", ended, err)
	}
	send(6)
}
