package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
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

// behind is a channel of which not everything is indexed.
type behind struct {
	id                string
	lastSeq, seq      int64
	lastEvent, events int64
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
			if err != nil {
				return err
			}
			more = len(channels) == indexChannels
			for total := int64(0); len(channels) > 0 && total < indexRound; channels = channels[1:] {
				total += min(indexBatch, channels[0].lastSeq-channels[0].seq)
				left, err := x.channel(ctx, tx, channels[0])
				if err != nil {
					return err
				}
				more = more || left
			}
			more = more || len(channels) > 0
			return nil
		})
	})
	return more, err
}

func channelsBehind(ctx context.Context, tx pgx.Tx) ([]behind, error) {
	rows, err := tx.Query(ctx, `SELECT c.id, c.last_seq, coalesce(p.seq, 0), c.last_event_seq, coalesce(p.event_seq, 0)
		FROM channels c LEFT JOIN search_progress p ON p.channel_id = c.id
		WHERE c.last_seq <> coalesce(p.seq, 0) OR c.last_event_seq <> coalesce(p.event_seq, 0) LIMIT $1`, indexChannels)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c behind, err error) {
		return c, row.Scan(&c.id, &c.lastSeq, &c.seq, &c.lastEvent, &c.events)
	})
}

// channel indexes a batch of a channel's new messages and of those that have changed.
func (x *SearchIndex) channel(ctx context.Context, tx pgx.Tx, c behind) (more bool, err error) {
	seq := min(c.seq+indexBatch, c.lastSeq)
	events := min(c.events+indexBatch, c.lastEvent)
	changed, kept, err := changedMessages(ctx, tx, c, events)
	if err != nil {
		return false, err
	}
	if !kept { // changes are missing: they were pruned, so look at every message
		c.seq, events, changed = 0, c.lastEvent, nil
		seq = min(indexBatch, c.lastSeq)
	}
	if err := x.write(ctx, tx, c.id, c.seq, seq, changed); err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO search_progress (channel_id, seq, event_seq) VALUES ($1, $2, $3)
		ON CONFLICT (channel_id) DO UPDATE SET seq = excluded.seq, event_seq = excluded.event_seq`, c.id, seq, events)
	return seq < c.lastSeq || events < c.lastEvent, err
}

// changedMessages lists the messages that have changed in a run of a channel's changes; kept is false when the run is no
// longer whole.
func changedMessages(ctx context.Context, tx pgx.Tx, c behind, upTo int64) (ids []string, kept bool, err error) {
	var n int64
	err = tx.QueryRow(ctx, `SELECT count(*), coalesce(array_agg(DISTINCT message_id) FILTER (WHERE kind <> $4 AND message_id IS NOT NULL), '{}')
		FROM channel_events WHERE channel_id = $1 AND event_seq > $2 AND event_seq <= $3`,
		c.id, c.events, upTo, chat.EventNewMessage).Scan(&n, &ids)
	return ids, n == upTo-c.events, err
}

func (x *SearchIndex) write(ctx context.Context, tx pgx.Tx, channelID string, after, upTo int64, changed []string) error {
	rows, err := tx.Query(ctx, `SELECT id, channel_id, sender_id, coalesce(parent_id, ''), body, created_at, deleted_at IS NOT NULL,
			message_type = 'system', pinned_at IS NOT NULL, link_preview IS NOT NULL, attachments
		FROM messages WHERE channel_id = $1 AND seq > $2 AND seq <= $3
		UNION ALL
		SELECT id, channel_id, sender_id, coalesce(parent_id, ''), body, created_at, deleted_at IS NOT NULL,
			message_type = 'system', pinned_at IS NOT NULL, link_preview IS NOT NULL, attachments
		FROM messages WHERE id = ANY ($4) AND channel_id = $1 AND seq <= $2`, channelID, after, upTo, notNil(changed))
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m indexed, err error) {
		var raw json.RawMessage
		if err := row.Scan(&m.id, &m.channelID, &m.senderID, &m.parentID, &m.body, &m.at, &m.deleted, &m.system, &m.pinned, &m.preview, &raw); err != nil {
			return m, err
		}
		_ = json.Unmarshal(raw, &m.attachments) // one of another form has nothing to search for
		return m, nil
	})
	if err != nil || len(list) == 0 {
		return err
	}
	return x.put(ctx, tx, list)
}

func (x *SearchIndex) put(ctx context.Context, tx pgx.Tx, list []indexed) error {
	var (
		ids, channels, bodies, marks, gone []string
		times                              []time.Time
	)
	for _, m := range list {
		if m.deleted || m.system {
			gone = append(gone, m.id)
			continue
		}
		ids, channels, times = append(ids, m.id), append(channels, m.channelID), append(times, m.at)
		bodies, marks = append(bodies, m.text()), append(marks, strings.Join(m.marks(), " "))
	}
	if len(gone) > 0 {
		if _, err := tx.Exec(ctx, `DELETE FROM message_search WHERE message_id = ANY ($1)`, gone); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO message_search (message_id, channel_id, created_at, body, words)
		SELECT n.id, n.channel, n.at, n.body, setweight(to_tsvector('simple', n.body), 'A') || setweight(to_tsvector($6::regconfig, n.body), 'B')
			|| array_to_tsvector(string_to_array(n.marks, ' '))
		FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[]) n (id, channel, at, body, marks)
		ON CONFLICT (message_id) DO UPDATE SET body = excluded.body, words = excluded.words`,
		ids, channels, times, bodies, marks, x.language)
	if err != nil {
		return fmt.Errorf("write what was indexed: %w", err)
	}
	return x.queuePreviews(ctx, tx, list)
}

// queuePreviews makes the jobs that fetch previews of new links.
func (x *SearchIndex) queuePreviews(ctx context.Context, tx pgx.Tx, list []indexed) error {
	if !x.previews {
		return nil
	}
	for _, m := range list {
		if m.deleted || m.system || m.preview || time.Since(m.at) > previewAge || chat.FirstLink(m.body) == "" {
			continue
		}
		if err := putJob(ctx, tx, chat.PreviewKind, m.id, m.id, time.Now()); err != nil {
			return err
		}
	}
	return nil
}
