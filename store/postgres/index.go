package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	indexLock     = 0x7061726c6578 // of advisory locks
	indexPoll     = 500 * time.Millisecond
	indexChannels = 100  // a round
	indexBatch    = 1000 // messages, and changes, of a channel a round
	indexRound    = 4000 // messages a round, in all
	indexTimeout  = 30 * time.Second
	previewAge    = time.Hour // of messages that still get a preview of their link
)

// SearchIndex keeps message_search true to the messages. Of several nodes one works at a time.
type SearchIndex struct {
	db       *DB
	language string
	previews bool // make a job for each new link
}

// SearchIndex returns the worker that indexes messages, with the stems of a language that Postgres has a configuration
// for. With previews, a message with a link gets a job that fetches its preview.
func (db *DB) SearchIndex(language string, previews bool) *SearchIndex {
	db.searchLanguage = language
	return &SearchIndex{db: db, language: language, previews: previews}
}

// Run indexes what is new until ctx ends.
func (x *SearchIndex) Run(ctx context.Context) error {
	ticks := time.NewTicker(indexPoll)
	defer ticks.Stop()
	prepared, failing := false, false
	for {
		more, err := x.step(ctx, &prepared)
		if ctx.Err() != nil {
			return nil
		}
		if failing != (err != nil) {
			if failing = err != nil; failing {
				x.db.log.Warn("messages are not indexed for search", "error", err)
			} else {
				x.db.log.Info("messages are indexed for search again")
			}
		}
		if more && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
	}
}

func (x *SearchIndex) step(ctx context.Context, prepared *bool) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, indexTimeout)
	defer cancel()
	if !*prepared {
		if err := x.prepare(ctx); err != nil {
			return false, err
		}
		*prepared = true
	}
	return x.Index(ctx)
}

// prepare has everything indexed anew when the language is another one than before.
func (x *SearchIndex) prepare(ctx context.Context) error {
	return x.db.do(ctx, "prepare search", func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, x.db.pool, func(tx pgx.Tx) error {
			tag, err := tx.Exec(ctx, `UPDATE meta SET search_language = $1 WHERE search_language IS DISTINCT FROM $1`, x.language)
			if err != nil || tag.RowsAffected() == 0 {
				return err
			}
			_, err = tx.Exec(ctx, `UPDATE search_progress SET seq = 0`)
			return err
		})
	})
}

// Index does one round: of each channel that has changed, a batch; more tells that something is left. It does nothing
// while another node does it.
func (x *SearchIndex) Index(ctx context.Context) (more bool, err error) {
	err = x.db.do(ctx, "index messages", func(ctx context.Context) error {
		more = false
		return pgx.BeginFunc(ctx, x.db.pool, func(tx pgx.Tx) error {
			var mine bool
			if err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1)`, int64(indexLock)).Scan(&mine); err != nil || !mine {
				return err
			}
			channels, err := channelsBehind(ctx, tx)
			if err != nil || len(channels) == 0 {
				return err
			}
			round := batchOf(channels)
			more = len(channels) == indexChannels || len(round) < len(channels)
			left, err := x.index(ctx, tx, round)
			more = more || left
			return err
		})
	})
	return more, err
}
