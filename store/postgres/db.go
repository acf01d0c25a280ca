// Package postgres keeps what Parley must not lose: channels, messages and the record of calls, in a Postgres that is
// either somebody else's (Open with an address) or one that this package runs itself (Cluster).
package postgres

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/digierapro/parley/internal/rawconn"
)

const (
	maxConns       = 20 // unless the address says otherwise (pool_max_conns)
	connectTimeout = 3 * time.Second
	callTimeout    = 5 * time.Second // of a call whose context has no deadline
	cancelTimeout  = time.Second     // for a cancelled statement to end, before its connection is given up
)

// DB is a pool of connections to one database. It reconnects by itself.
type DB struct {
	pool *pgxpool.Pool
	warm *warm // of pool's connections, for what is asked most often
	log  *slog.Logger
	node *Node

	entrance *entrance

	searchPool     *pgxpool.Pool
	searchLanguage string // of SearchIndex, before anybody searches
}

// Open makes a pool for an address such as postgres://user:password@host/name. It does not wait for the server: Migrate
// and Ping do.
func Open(ctx context.Context, url string, logger *slog.Logger) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("not the address of a Postgres database: %w", err)
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = maxConns
	}
	cfg.MaxConnLifetime = time.Hour
	cfg.MaxConnLifetimeJitter = 10 * time.Minute
	cfg.MaxConnIdleTime = 10 * time.Minute
	cfg.ConnConfig.ConnectTimeout = connectTimeout
	cfg.ConnConfig.BuildContextWatcherHandler = cancelOnServer
	cfg.ConnConfig.DialFunc = raw(cfg.ConnConfig.DialFunc)
	cfg.AfterConnect = prepareConn
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "parley"
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	searchPool, err := newSearchPool(cfg)
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("open the database for searches: %w", err)
	}
	db := &DB{pool: pool, warm: &warm{pool: pool}, log: logger, searchPool: searchPool, searchLanguage: "english"}
	db.node = newNode(db)
	db.entrance = &entrance{db: db}
	return db, nil
}

// cancelOnServer ends a statement at the server when its context ends, so that it does not go on holding locks.
func cancelOnServer(conn *pgconn.PgConn) ctxwatch.Handler {
	return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: cancelTimeout}
}

// raw has connections to the server read and written without waking Go's scheduler.
func raw(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return rawconn.New(conn), nil
	}
}

// prepareConn makes all times UTC, as they were written.
func prepareConn(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}

// Ping asks the server for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	return db.do(ctx, "ping the database", func(ctx context.Context) error { return db.pool.Ping(ctx) })
}

// Close ends all connections and waits for the calls that use them.
func (db *DB) Close() {
	db.entrance.close()
	db.searchPool.Close()
	db.warm.close()
	db.pool.Close()
}

// Node is this program among those that share the database.
func (db *DB) Node() *Node { return db.node }

// Chat is the database as the chat's store.
func (db *DB) Chat() *ChatStore { return &ChatStore{db: db} }

// Calls is the database as the store of call records.
func (db *DB) Calls() *CallStore { return &CallStore{db: db} }

// Stats are the pool's numbers.
type Stats struct {
	MaxConns, Conns, IdleConns, BusyConns int32
	Acquires, EmptyAcquires               int64         // takings of a connection, and those that had to wait
	Waited                                time.Duration // by all acquires together
}

// Stats reads the pool's numbers.
func (db *DB) Stats() Stats {
	s, warm := db.pool.Stat(), int32(db.warm.len())
	return Stats{
		MaxConns: s.MaxConns(), Conns: s.TotalConns(), IdleConns: s.IdleConns() + warm, BusyConns: max(0, s.AcquiredConns()-warm),
		Acquires: s.AcquireCount(), EmptyAcquires: s.EmptyAcquireCount(), Waited: s.AcquireDuration(),
	}
}
