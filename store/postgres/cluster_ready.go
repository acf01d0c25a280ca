package postgres

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	readyPoll   = 20 * time.Millisecond
	readyReport = 10 * time.Second // between notices that a start takes long
)

// socketURL is the address of a database behind a socket in a folder.
func socketURL(dir, database string) string {
	q := url.Values{"host": {dir}, "port": {"5432"}, "user": {superuser}, "sslmode": {"disable"}}
	return "postgres:///" + database + "?" + q.Encode()
}

// waitReady returns when the server answers and has our database. It waits as long as the server lives: recovery after a
// crash may take its time.
func (c *Cluster) waitReady(ctx context.Context, srv *server) error {
	reported := time.Now()
	for {
		err := c.ensureDatabase(ctx)
		if err == nil {
			return nil
		}
		if time.Since(reported) > readyReport {
			reported = time.Now()
			c.log.Warn("database server takes long to start", "error", err)
		}
		timer := time.NewTimer(readyPoll)
		select {
		case <-timer.C:
		case <-srv.done:
			timer.Stop()
			return startFailed(srv)
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("the database server did not answer in time: %w", err)
		}
	}
}

// ensureDatabase makes our database in a new cluster.
func (c *Cluster) ensureDatabase(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, socketURL(c.socket, "postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	var there bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, databaseName).Scan(&there); err != nil || there {
		return err
	}
	_, err = conn.Exec(ctx, `CREATE DATABASE `+databaseName)
	return err
}
