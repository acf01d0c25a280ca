package postgres

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// Node is one running program among those that share the database. What belongs to it carries its number, on which it
// holds an advisory lock for as long as it lives: the lock ends with its connection, so whoever finds it free knows that
// the node has died. A lock of a session wants a connection of its own, straight to the server or through a pooler that
// keeps sessions.
type Node struct {
	db     *DB
	number int64 // never 0

	conn *pgx.Conn // holds the lock; owned by Run after Claim
}

const nodeRetry = time.Second

func newNode(db *DB) *Node { return &Node{db: db, number: 1 + rand.Int64N(1<<62)} }

// Claim takes the node's lock. Run keeps it.
func (n *Node) Claim(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, n.db.pool.Config().ConnConfig)
	if err != nil {
		return translate(ctx, "connect the node", err)
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, n.number); err != nil {
		closeConn(conn)
		return translate(ctx, "take the node's lock", err)
	}
	n.conn = conn
	return nil
}

// Run keeps the lock until ctx ends, and gives it up then. When its connection is lost it takes the lock again as soon as
// the server can be reached; another node that starts in between closes this one's records, and the next change of each
// call opens its record again.
func (n *Node) Run(ctx context.Context) {
	for {
		if n.conn != nil {
			_, err := n.conn.WaitForNotification(ctx) // nobody notifies: it returns when the connection is lost
			closeConn(n.conn)
			n.conn = nil
			if ctx.Err() == nil {
				n.db.log.Warn("the node's lock is lost with its connection", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(nodeRetry):
		}
		if err := n.Claim(ctx); err == nil {
			n.db.log.Info("the node's lock is held again")
		}
	}
}

func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), cancelTimeout)
	defer cancel()
	_ = conn.Close(ctx) // it may be broken
}

// deadNode is the condition that nobody holds the lock of calls.node. A lock on a 64-bit key shows its halves and 1 in
// pg_locks.
const deadNode = `(calls.node IS NULL OR NOT EXISTS (
	SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
	WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND d.datname = current_database()
		AND l.classid::bigint = calls.node >> 32 AND l.objid::bigint = calls.node & 4294967295))`
