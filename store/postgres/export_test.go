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
