package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/store/postgres"
)

func open(t *testing.T, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, testkit.Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// schema describes all tables, constraints, indexes and functions of a database.
func schema(t *testing.T, url string) string {
	t.Helper()
	rows, err := connect(t, url).Query(t.Context(), `
		SELECT format('%s.%s %s %s %s %s', table_name, column_name, data_type, datetime_precision, is_nullable, column_default)
			FROM information_schema.columns WHERE table_schema = 'public'
		UNION ALL SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
		UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
		UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
		UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
		ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func TestMigrateFromEveryVersion(t *testing.T) {
	want := schema(t, testkit.PostgresURL(t))
	for n := range postgres.Migrations() + 1 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			url := testkit.EmptyPostgresURL(t)
			db := open(t, url)
			if err := db.MigrateTo(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := db.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if got := schema(t, url); got != want {
				t.Errorf("the schema is another:\n%s", got)
			}
			newWriter(t, db).mustSend(t)
		})
	}
}

func TestMigrateAtOnce(t *testing.T) {
	url := testkit.EmptyPostgresURL(t)
	var wg sync.WaitGroup
	for range 4 {
		db := open(t, url)
		wg.Go(func() {
			if err := db.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	rows, err := connect(t, url).Query(t.Context(), `SELECT version FROM schema_migrations ORDER BY version`)
	if err != nil {
		t.Fatal(err)
	}
	versions, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil || len(versions) != postgres.Migrations() || !slices.IsSorted(versions) {
		t.Fatal(versions, err)
	}
}

func TestMigrateRefusesWhatItDoesNotKnow(t *testing.T) {
	for name, c := range map[string]struct {
		sql   string
		words []string
	}{
		"newer":   {`INSERT INTO schema_migrations SELECT max(version) + 1, '9999_later.sql', 'x' FROM schema_migrations`, []string{"newer Parley", "backup"}},
		"changed": {`UPDATE schema_migrations SET checksum = 'x' WHERE version = 2`, []string{"not made by this program", "0002_users.sql"}},
	} {
		t.Run(name, func(t *testing.T) {
			url := testkit.PostgresURL(t)
			if _, err := connect(t, url).Exec(t.Context(), c.sql); err != nil {
				t.Fatal(err)
			}
			err := open(t, url).Migrate(t.Context())
			if err == nil {
				t.Fatal("it was taken")
			}
			says(t, err.Error(), c.words...)
		})
	}
}

// The epoch stays while the database is itself, and changes when it is a restored or promoted one.
func TestEpoch(t *testing.T) {
	url := testkit.PostgresURL(t)
	db := open(t, url)
	epoch := func() string {
		t.Helper()
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		e, err := db.Chat().Epoch(t.Context())
		if err != nil || len(e) != 36 {
			t.Fatal(e, err)
		}
		return e
	}
	first := epoch()
	if again := epoch(); again != first {
		t.Errorf("it changed from %s to %s", first, again)
	}
	for _, other := range []string{`UPDATE meta SET system_identifier = 1`, `UPDATE meta SET timeline = timeline + 1`} {
		if _, err := connect(t, url).Exec(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		next := epoch()
		if next == first {
			t.Errorf("%s: it stayed", other)
		}
		first = next
	}
}
