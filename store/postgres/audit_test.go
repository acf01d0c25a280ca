package postgres_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/store/postgres"
)

// The role is the one that the application itself uses.
func TestTheAuditLogIsOnlyAddedTo(t *testing.T) {
	url := testkit.PostgresURL(t)
	db, err := postgres.Open(t.Context(), url, testkit.Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	store := db.Chat()
	if err := store.Audit(t.Context(), chat.AuditEntry{ActorID: "alice", Action: chat.AuditDMOpened, Details: map[string]any{"reason": "a complaint"}}); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	for _, sql := range []string{
		`UPDATE audit_log SET actor_id = 'bob'`, `DELETE FROM audit_log`, `TRUNCATE audit_log`, `TRUNCATE users, audit_log CASCADE`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "only added to") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	entries, more, err := store.AuditLog(t.Context(), chat.AuditQuery{Limit: 10})
	if err != nil || more || len(entries) != 1 || entries[0].ActorID != "alice" || entries[0].Details["reason"] != "a complaint" {
		t.Fatalf("%+v %v %v", entries, more, err)
	}
}
