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

// behind is a channel of which not everything is indexed.
type behind struct {
	id                 string
	lastSeq, lastEvent int64
	seq, event         int64 // up to where it is indexed
	toSeq, toEvent     int64 // up to where it is after this round
}

func channelsBehind(ctx context.Context, tx pgx.Tx) ([]behind, error) {
	rows, err := tx.Query(ctx, `SELECT c.id, c.last_seq, c.last_event_seq, coalesce(p.seq, 0), coalesce(p.event_seq, 0)
		FROM channels c LEFT JOIN search_progress p ON p.channel_id = c.id
		WHERE c.last_seq <> coalesce(p.seq, 0) OR c.last_event_seq <> coalesce(p.event_seq, 0) LIMIT $1`, indexChannels)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c behind, err error) {
		return c, row.Scan(&c.id, &c.lastSeq, &c.lastEvent, &c.seq, &c.event)
	})
}

// batchOf takes of the channels as many, and of each as much, as is done in one round.
func batchOf(channels []behind) []behind {
	total := int64(0)
	for i := range channels {
		if total >= indexRound {
			return channels[:i]
		}
		c := &channels[i]
		c.toSeq, c.toEvent = min(c.seq+indexBatch, c.lastSeq), min(c.event+indexBatch, c.lastEvent)
		total += c.toSeq - c.seq
	}
	return channels
}

// index indexes what is new in the channels of a round, and what has changed; more tells that they have something left. It
// asks once for all channels: while many of them are written in, requests for each would cost more than the messages.
func (x *SearchIndex) index(ctx context.Context, tx pgx.Tx, round []behind) (more bool, err error) {
	changed, err := changedMessages(ctx, tx, round)
	if err != nil {
		return false, err
	}
	if err := x.write(ctx, tx, round, changed); err != nil {
		return false, err
	}
	at := rangesOf(round)
	_, err = tx.Exec(ctx, `INSERT INTO search_progress (channel_id, seq, event_seq)
		SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])
		ON CONFLICT (channel_id) DO UPDATE SET seq = excluded.seq, event_seq = excluded.event_seq`, at.ids, at.toSeq, at.toEvent)
	for _, c := range round {
		more = more || c.toSeq < c.lastSeq || c.toEvent < c.lastEvent
	}
	return more, err
}

// ranges are the channels of a round, as arguments.
type ranges struct {
	ids                        []string
	seq, toSeq, event, toEvent []int64
}

func rangesOf(round []behind) (r ranges) {
	for _, c := range round {
		r.ids = append(r.ids, c.id)
		r.seq, r.toSeq = append(r.seq, c.seq), append(r.toSeq, c.toSeq)
		r.event, r.toEvent = append(r.event, c.event), append(r.toEvent, c.toEvent)
	}
	return r
}

// changedMessages lists the messages that have changed in the channels of a round. Where changes are missing, because they
// were pruned, it has the round begin with the channel's first message.
func changedMessages(ctx context.Context, tx pgx.Tx, round []behind) (ids []string, err error) {
	at := rangesOf(round)
	rows, err := tx.Query(ctx, `SELECT e.n, e.ids FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY c (id, event, upto, i)
		CROSS JOIN LATERAL (
			SELECT count(*) AS n, coalesce(array_agg(DISTINCT message_id) FILTER (WHERE kind <> $4 AND message_id IS NOT NULL), '{}') AS ids
			FROM channel_events WHERE channel_id = c.id AND event_seq > c.event AND event_seq <= c.upto) e
		ORDER BY c.i`, at.ids, at.event, at.toEvent, chat.EventNewMessage)
	if err != nil {
		return nil, err
	}
	type changes struct {
		n   int64
		ids []string
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c changes, err error) {
		return c, row.Scan(&c.n, &c.ids)
	})
	if err != nil {
		return nil, err
	}
	for i, is := range all {
		c := &round[i]
		if is.n == c.toEvent-c.event {
			ids = append(ids, is.ids...)
			continue
		}
		c.seq, c.toSeq, c.toEvent = 0, min(indexBatch, c.lastSeq), c.lastEvent
	}
	return ids, nil
}

func (x *SearchIndex) write(ctx context.Context, tx pgx.Tx, round []behind, changed []string) error {
	const columns = `m.id, m.channel_id, m.sender_id, coalesce(m.parent_id, ''), m.body, m.created_at, m.deleted_at IS NOT NULL,
		m.message_type = 'system', m.pinned_at IS NOT NULL, m.link_preview IS NOT NULL, m.attachments`
	at := rangesOf(round)
	rows, err := tx.Query(ctx, `WITH c AS (SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[]) c (id, seq, upto))
		SELECT `+columns+` FROM c CROSS JOIN LATERAL (
			SELECT * FROM messages m WHERE m.channel_id = c.id AND m.seq > c.seq AND m.seq <= c.upto) m
		UNION ALL
		SELECT `+columns+` FROM messages m JOIN c ON m.channel_id = c.id AND m.seq <= c.seq WHERE m.id = ANY ($4)`,
		at.ids, at.seq, at.toSeq, notNil(changed))
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
