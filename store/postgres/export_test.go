package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/digierapro/parley/chat"
)

// Abandon gives the folder free without stopping the server, as if this process had ended and the server had not noticed.
func (c *Cluster) Abandon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	c.folder.close(c.socket)
}

// Migrations is the number of migrations there are.
func Migrations() int {
	all, err := migrations()
	if err != nil {
		panic(err)
	}
	return len(all)
}

// MigrateTo applies only the first n migrations.
func (db *DB) MigrateTo(ctx context.Context, n int) error {
	all, err := migrations()
	if err != nil {
		return err
	}
	return db.migrateTo(ctx, all[:n])
}

// BreakNode ends the connection that holds the lock of another database's node, and returns when it has ended.
func (db *DB) BreakNode(ctx context.Context, other *DB) (ended bool, err error) {
	err = db.pool.QueryRow(ctx, `SELECT pg_terminate_backend(l.pid, 5000) FROM pg_locks l
		WHERE l.locktype = 'advisory' AND l.classid::bigint = $1::bigint >> 32 AND l.objid::bigint = $1::bigint & 4294967295`,
		other.node.number).Scan(&ended)
	return ended, err
}

// PutJob makes a job.
func (db *DB) PutJob(ctx context.Context, kind, key string, args any, at time.Time) error {
	return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error { return putJob(ctx, tx, kind, key, args, at) })
}

// Exec changes the database behind the store's back.
func (db *DB) Exec(ctx context.Context, sql string, args ...any) (int64, error) {
	tag, err := db.pool.Exec(ctx, sql, args...)
	return tag.RowsAffected(), err
}

// Query reads one row behind the store's back.
func (db *DB) Query(ctx context.Context, sql string, into ...any) error {
	return db.pool.QueryRow(ctx, sql).Scan(into...)
}

// Prune deletes what is old at a time.
func (db *DB) Prune(ctx context.Context, now time.Time) error { return db.prune(ctx, now) }

// Plans are those of the statements whose cost must not grow with the number of messages, by name.
func (db *DB) Plans(ctx context.Context, userID, channelID string) (map[string]string, error) {
	word := chat.SearchQuery{UserID: userID, Internal: true, Words: "w77 w78", Last: "w78", Limit: 20}
	part := chat.SearchQuery{UserID: userID, Internal: true, Parts: [][]string{{"77x"}}, Limit: 20}
	byWord, byPart := newSearch(word, "english"), newSearch(part, "english")
	_, parts := byPart.parts(true)
	statements := map[string]struct {
		sql  string
		args []any
	}{
		"history before": {historyBefore, []any{channelID, 5000, 51}},
		"history after":  {historyAfter, []any{channelID, 5000, 51}},
		"standings":      {selectStandings, []any{userID, []string(nil), chat.MaxCount}},
		"search newest":  {byWord.probe() + newest + "LIMIT 21", []any{byWord.args}},
		"search words":   {byWord.indexed([]string{channelID}) + newest + "LIMIT 21", []any{byWord.args}},
		"search parts":   {parts + newest + "LIMIT 21", []any{byPart.args}},
	}
	plans := make(map[string]string)
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		for name, s := range statements {
			rows, err := tx.Query(ctx, "EXPLAIN "+s.sql, s.args...)
			if err != nil {
				return err
			}
			lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return err
			}
			plans[name] = strings.Join(lines, "\n")
		}
		return nil
	})
	return plans, err
}

// Prepare notes the index's language.
func (x *SearchIndex) Prepare(ctx context.Context) error { return x.prepare(ctx) }

// IndexSubstringsAs makes the index for parts of words as a role of which each connection then is one.
func (db *DB) IndexSubstringsAs(ctx context.Context, role string) error {
	cfg := db.pool.Config()
	cfg.ConnConfig.RuntimeParams["role"] = role
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer pool.Close()
	other := *db
	other.pool = pool
	return other.indexSubstrings(ctx)
}

// EndWarm has the server end the connections that are kept at hand, and tells how many those were.
func (db *DB) EndWarm(ctx context.Context) (n int, err error) {
	db.warm.mu.Lock()
	var pids []int32
	for _, c := range db.warm.idle {
		pids = append(pids, int32(c.Conn.Conn().PgConn().PID()))
	}
	db.warm.mu.Unlock()
	_, err = db.pool.Exec(ctx, `SELECT pg_terminate_backend(pid, 5000) FROM unnest($1::int[]) AS pid`, pids)
	return len(pids), err
}

// LockFolder takes the folder of a cluster, and gives it free again by release.
func LockFolder(dir string) (release func(), err error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	return func() { _ = f.lock.Close() }, nil
}
