package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/digierapro/parley/internal/job"
)

const (
	keepChanges  = 7 * 24 * time.Hour  // then a client that was away fetches its channels afresh
	keepSends    = 30 * 24 * time.Hour // for an offline queue that is sent after a holiday
	keepFailures = 30 * 24 * time.Hour
	pruneEvery   = time.Hour
	pruneBatch   = 1000 // rows a transaction, so that none holds locks for long
)

// prunings delete a batch ($1) of what is older than a time ($2). Rows are named by ctid, for which the planner needs no
// second look at an index; FOR UPDATE SKIP LOCKED leaves what is being written.
var prunings = []struct {
	what, sql string
	keep      time.Duration
}{
	{"changes", `DELETE FROM channel_events WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM channel_events WHERE created_at < $2 LIMIT $1 FOR UPDATE SKIP LOCKED))`, keepChanges},
	{"sends", `DELETE FROM message_dedup WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM message_dedup WHERE created_at < $2 LIMIT $1 FOR UPDATE SKIP LOCKED))`, keepSends},
	{"sent schedules", `DELETE FROM scheduled_messages WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM scheduled_messages WHERE status = 'sent' AND updated_at < $2 LIMIT $1 FOR UPDATE SKIP LOCKED))`, keepSends},
	{"failed schedules", `DELETE FROM scheduled_messages WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM scheduled_messages WHERE status = 'failed' AND updated_at < $2 LIMIT $1 FOR UPDATE SKIP LOCKED))`, keepFailures},
	{"failed jobs", `DELETE FROM jobs WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM jobs WHERE failed_at < $2 LIMIT $1 FOR UPDATE SKIP LOCKED))`, keepFailures},
}

// Pruning is the job that deletes what has had its time.
func (db *DB) Pruning() job.Handler {
	return job.Handler{Kind: "prune", Every: pruneEvery, Timeout: 10 * time.Minute, Work: func(ctx context.Context, _ json.RawMessage) error {
		return db.prune(ctx, time.Now())
	}}
}

func (db *DB) prune(ctx context.Context, now time.Time) error {
	for _, p := range prunings {
		total, deleted := int64(0), int64(pruneBatch)
		for deleted == pruneBatch {
			err := db.do(ctx, "prune "+p.what, func(ctx context.Context) error {
				tag, err := db.pool.Exec(ctx, p.sql, pruneBatch, now.Add(-p.keep))
				deleted = tag.RowsAffected()
				return err
			})
			if err != nil {
				return err
			}
			total += deleted
		}
		if total > 0 {
			db.log.Info("pruned", "what", p.what, "rows", total)
		}
	}
	return nil
}
