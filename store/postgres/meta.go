package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// renewEpoch gives the database a new epoch when it is not the one it was: restored into another cluster, or taken over
// by a standby that may lack the last messages. A hosted database that does not tell keeps its epoch.
func (db *DB) renewEpoch(ctx context.Context) error {
	var system, timeline int64
	err := db.pool.QueryRow(ctx, `SELECT s.system_identifier, c.timeline_id
		FROM pg_control_system() s, pg_control_checkpoint() c`).Scan(&system, &timeline)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && !unavailableCode(refused.Code) {
		db.log.Debug("database does not tell its identity", "error", refused.Message)
		return nil
	}
	if err != nil {
		return err
	}
	tag, err := db.pool.Exec(ctx, `UPDATE meta SET system_identifier = $1, timeline = $2,
			epoch = CASE WHEN system_identifier IS NULL THEN epoch ELSE gen_random_uuid() END
		WHERE (system_identifier, timeline) IS DISTINCT FROM ($1, $2)`, system, timeline)
	if err == nil && tag.RowsAffected() > 0 {
		db.log.Info("database identified", "system", system, "timeline", timeline)
	}
	return err
}

// Epoch names this database since it was initialised or last restored.
func (s *ChatStore) Epoch(ctx context.Context) (epoch string, err error) {
	err = s.db.do(ctx, "read epoch", func(ctx context.Context) error {
		return s.db.pool.QueryRow(ctx, `SELECT epoch::text FROM meta`).Scan(&epoch)
	})
	return epoch, err
}

func noRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }
