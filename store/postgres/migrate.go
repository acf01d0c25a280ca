package postgres

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

const (
	migrationLock = 0x7061726c6579 // "parley"; of advisory locks
	minServer     = 130000         // Postgres 13
)

// migration is one step of the schema, forward only. Its version is its place in the list, from 1.
type migration struct {
	version  int
	name     string
	sql      string
	checksum string
}

func migrations() ([]migration, error) {
	entries, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	list := make([]migration, 0, len(entries))
	for i, entry := range entries {
		name := entry.Name()
		if n, err := strconv.Atoi(name[:4]); err != nil || n != i+1 {
			return nil, fmt.Errorf("migration %s is out of order: number %d is expected", name, i+1)
		}
		sql, err := migrationFiles.ReadFile("migrations/" + name)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", name, err)
		}
		sum := sha256.Sum256(sql)
		list = append(list, migration{version: i + 1, name: name, sql: string(sql), checksum: hex.EncodeToString(sum[:])})
	}
	return list, nil
}

// Migrate brings the schema up to this program's version. Each step is one transaction that holds an advisory lock, so
// several nodes may do it at once, and a step is either done and recorded or not done.
func (db *DB) Migrate(ctx context.Context) error {
	all, err := migrations()
	if err != nil {
		return err
	}
	if err := db.migrateTo(ctx, all); err != nil {
		return translate(ctx, "migrate the database", err)
	}
	if err := db.indexSubstrings(ctx); err != nil {
		return translate(ctx, "prepare the search for parts of words", err)
	}
	if err := db.renewEpoch(ctx); err != nil {
		return translate(ctx, "compare the database with what it was", err)
	}
	return nil
}

// migrateTo applies what is missing of the given steps.
func (db *DB) migrateTo(ctx context.Context, steps []migration) error {
	for done := false; !done; {
		err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) (err error) {
			done, err = db.migrateOnce(ctx, tx, steps)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// migrateOnce applies the first step that is missing; done when there is none. The lock belongs to the transaction and
// not to the session, so it holds through a pooler too.
func (db *DB) migrateOnce(ctx context.Context, tx pgx.Tx, steps []migration) (done bool, err error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(migrationLock)); err != nil {
		return false, err
	}
	applied, err := appliedMigrations(ctx, tx)
	if err != nil {
		return false, err
	}
	if err := compare(applied, steps); err != nil {
		return false, err
	}
	if len(applied) == len(steps) {
		return true, nil
	}
	next := steps[len(applied)]
	if _, err := tx.Exec(ctx, next.sql); err != nil {
		return false, fmt.Errorf("migration %s: %w", next.name, err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)`,
		next.version, next.name, next.checksum)
	if err != nil {
		return false, fmt.Errorf("record migration %s: %w", next.name, err)
	}
	db.log.Info("database migrated", "migration", next.name)
	return false, nil
}

func appliedMigrations(ctx context.Context, tx pgx.Tx) ([]migration, error) {
	var server int
	if err := tx.QueryRow(ctx, `SELECT current_setting('server_version_num')::int`).Scan(&server); err != nil {
		return nil, err
	}
	if server < minServer {
		return nil, fmt.Errorf("the database is Postgres %d; Parley needs Postgres %d or newer", server/10000, minServer/10000)
	}
	_, err := tx.Exec(ctx, `CREATE TABLE IF NOT EXISTS schema_migrations (
		version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT version, name, checksum FROM schema_migrations ORDER BY version`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (m migration, err error) {
		return m, row.Scan(&m.version, &m.name, &m.checksum)
	})
}

// compare refuses a database that another program has made: a newer one, or one whose steps were not these.
func compare(applied, steps []migration) error {
	if len(applied) > len(steps) {
		return fmt.Errorf("the database was written by a newer Parley (its schema is version %d, this program knows %d): "+
			"start that version, or restore a backup from before it", len(applied), len(steps))
	}
	for i, a := range applied {
		if a.version != steps[i].version || a.checksum != steps[i].checksum {
			return fmt.Errorf("the database was not made by this program: its migration %d is %s with checksum %.12s, "+
				"and here that is %s with checksum %.12s", a.version, a.name, a.checksum, steps[i].name, steps[i].checksum)
		}
	}
	return nil
}
