package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/store/postgres"
)

// filler writes people, channels and messages by COPY, and lets the server's own indexer make them searchable.
type filler struct {
	options
	db *postgres.DB
}

const perMinute = 10 // messages, so that 5 million are about a year

func userID(i int) string    { return fmt.Sprintf("user-%d", i) }
func channelID(i int) string { return fmt.Sprintf("65000000%016x", i+1) }

// memberOf tells whether a person is in a channel: in the first they all are, and each in a tenth of the others.
func memberOf(user, channel int) bool { return channel == 0 || (user*7+channel*3)%10 == 0 }

func (f filler) fill(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, f.url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var have int
	if err := conn.QueryRow(ctx, `SELECT count(*) FROM messages`).Scan(&have); err != nil {
		return err
	}
	if have == 0 {
		if err := f.people(ctx, conn); err != nil {
			return err
		}
		progress("writing %d messages", f.messages)
		if err := f.copyMessages(ctx, conn); err != nil {
			return err
		}
	}
	return f.index(ctx, conn)
}

func (f filler) people(ctx context.Context, conn *pgx.Conn) error {
	for i := range f.users {
		u := chat.User{ID: userID(i), Name: fmt.Sprintf("Person %d", i), Role: "user", Internal: true}
		if _, err := f.db.Chat().UpsertUser(ctx, u); err != nil {
			return err
		}
	}
	batch := &pgx.Batch{}
	for c := range f.channels {
		batch.Queue(`INSERT INTO channels (id, name, channel_type, is_private, is_internal, created_by) VALUES ($1, $2, 'project', true, true, $3)`,
			channelID(c), fmt.Sprintf("Project %d", c), userID(0))
		for u := range f.users {
			if memberOf(u, c) {
				batch.Queue(`INSERT INTO channel_members (channel_id, channel_internal, user_id, user_internal) VALUES ($1, true, $2, true)`, channelID(c), userID(u))
			}
		}
	}
	return conn.SendBatch(ctx, batch).Close()
}

// copyMessages writes them in the order of time, into channels of which some are much busier than others.
func (f filler) copyMessages(ctx context.Context, conn *pgx.Conn) error {
	a, seqs, n := newAuthor(1), make([]int64, f.channels), 0
	start := time.Now().Add(-time.Duration(f.messages) * time.Minute / perMinute)
	_, err := conn.CopyFrom(ctx, pgx.Identifier{"messages"},
		[]string{"id", "channel_id", "seq", "sender_id", "sender_model", "client_id", "body", "message_type", "created_at"},
		pgx.CopyFromFunc(func() ([]any, error) {
			if n == f.messages {
				return nil, nil
			}
			c := int(float64(f.channels) * a.random.Float64() * a.random.Float64())
			u := a.random.IntN(f.users)
			for !memberOf(u, c) {
				u = (u + 1) % f.users
			}
			seqs[c]++
			n++
			at := start.Add(time.Duration(n) * time.Minute / perMinute).Truncate(time.Millisecond)
			return []any{fmt.Sprintf("%08x%016x", at.Unix(), n), channelID(c), seqs[c], userID(u), "User", fmt.Sprint(n), a.message(), "text", at}, nil
		}))
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	for c, seq := range seqs {
		batch.Queue(`UPDATE channels SET last_seq = $2, last_event_seq = $2, last_message_at = now() WHERE id = $1`, channelID(c), seq)
	}
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `ANALYZE`)
	return err
}

// index has the indexer work until nothing is left. The large indexes are taken away meanwhile and made again as they
// were, which is several times as fast. What they were is kept in the database, so that a run that was interrupted can be
// gone on with.
func (f filler) index(ctx context.Context, conn *pgx.Conn) error {
	var behind int
	if err := conn.QueryRow(ctx, `SELECT (SELECT count(*) FROM messages) - (SELECT count(*) FROM message_search)`).Scan(&behind); err != nil {
		return err
	}
	indexes, err := largeIndexes(ctx, conn)
	if err != nil {
		return err
	}
	if behind > 0 {
		if err := f.indexMessages(ctx, conn, behind, indexes); err != nil {
			return err
		}
	}
	if _, err := conn.Exec(ctx, `SET maintenance_work_mem = '512MB'`); err != nil {
		return err
	}
	for _, i := range indexes {
		if _, err := conn.Exec(ctx, strings.Replace(i.SQL, "CREATE INDEX", "CREATE INDEX IF NOT EXISTS", 1)); err != nil {
			return err
		}
	}
	_, err = conn.Exec(ctx, `VACUUM ANALYZE`)
	return err
}

type index struct{ Name, SQL string }

func largeIndexes(ctx context.Context, conn *pgx.Conn) ([]index, error) {
	_, err := conn.Exec(ctx, `CREATE TABLE IF NOT EXISTS bench_indexes (name text PRIMARY KEY, sql text NOT NULL);
		INSERT INTO bench_indexes SELECT indexname, indexdef FROM pg_indexes
		WHERE tablename = 'message_search' AND indexdef LIKE '%USING gin%' ON CONFLICT DO NOTHING`)
	if err != nil {
		return nil, err
	}
	rows, err := conn.Query(ctx, `SELECT name, sql FROM bench_indexes`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[index])
}

func (f filler) indexMessages(ctx context.Context, conn *pgx.Conn, behind int, indexes []index) error {
	for _, i := range indexes {
		if _, err := conn.Exec(ctx, `DROP INDEX IF EXISTS `+i.Name); err != nil {
			return err
		}
	}
	progress("making %d messages searchable", behind)
	x := f.db.SearchIndex("english", false)
	begun := time.Now()
	for more := true; more; {
		round, done := context.WithTimeout(ctx, time.Minute)
		var err error
		more, err = x.Index(round)
		done()
		if err != nil {
			return err
		}
	}
	progress("that was %.0f a second; making %d indexes", float64(behind)/time.Since(begun).Seconds(), len(indexes))
	return nil
}
