package postgres

import "context"

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
