package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// indexSubstrings makes the index for parts of words, which needs the extension pg_trgm. A database whose server has none,
// or whose owner may not make one, does without: then parts of words are found among the latest messages only.
func (db *DB) indexSubstrings(ctx context.Context) error {
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		var there bool
		err := tx.QueryRow(ctx, `SELECT to_regclass('message_search_substring') IS NOT NULL OR pg_advisory_xact_lock($1) IS NULL`,
			int64(migrationLock)).Scan(&there)
		if err != nil || there {
			return err
		}
		if _, err := tx.Exec(ctx, `CREATE EXTENSION IF NOT EXISTS pg_trgm`); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `CREATE INDEX IF NOT EXISTS message_search_substring ON message_search USING gin (body gin_trgm_ops)`)
		return err
	})
	var refused *pgconn.PgError
	if errors.As(err, &refused) && !unavailableCode(refused.Code) || sqlCode(err) == undefinedFile {
		db.log.Warn("parts of words are searched among the latest messages only: the database has no extension pg_trgm; have its administrator say CREATE EXTENSION pg_trgm, and restart",
			"error", refused.Message)
		return nil
	}
	return err
}

// undefinedFile: the server has no such extension (Debian: postgresql-15 has it, a minimal image may not).
const undefinedFile = "58P01"
