package postgres_test

import (
	"testing"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/store/postgres"
)

func countOf(t *testing.T, db *postgres.DB, table string) (n int) {
	t.Helper()
	if err := db.Query(t.Context(), `SELECT count(*) FROM `+table, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func identityOf(u chat.User) auth.Identity {
	return auth.Identity{UserID: u.ID, Name: u.Name, Role: auth.Role(u.Role), Internal: u.Internal}
}

func epochOf(t *testing.T, s *postgres.ChatStore) string {
	t.Helper()
	epoch, err := s.Epoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return epoch
}
