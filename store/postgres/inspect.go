package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Inspection is what a database says of itself to somebody who changes nothing in it.
type Inspection struct {
	Version        string        // of the server
	TooOld         bool          // for this program
	Applied, Known int           // steps of the schema: in the database, and those of this program
	Foreign        error         // the schema is not one that this program can take up
	Latency        time.Duration // of one small question
	Skew           time.Duration // how far the server's clock is ahead of ours; true to half the latency
}

// Inspect looks at a database over one connection of its own.
func Inspect(ctx context.Context, url string) (i Inspection, err error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return i, fmt.Errorf("not the address of a Postgres database: %w", err)
	}
	cfg.ConnectTimeout = connectTimeout
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return i, err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	var number int
	if err := conn.QueryRow(ctx, `SELECT current_setting('server_version'), current_setting('server_version_num')::int`).Scan(&i.Version, &number); err != nil {
		return i, err
	}
	i.TooOld = number < minServer
	i.Version, _, _ = strings.Cut(i.Version, " ")
	var clock time.Time
	asked := time.Now()
	if err := conn.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&clock); err != nil {
		return i, err
	}
	i.Latency = time.Since(asked)
	i.Skew = clock.Sub(asked.Add(i.Latency / 2))
	return i, i.readSchema(ctx, conn)
}

func (i *Inspection) readSchema(ctx context.Context, conn *pgx.Conn) error {
	steps, err := migrations()
	if err != nil {
		return err
	}
	i.Known = len(steps)
	var made bool
	if err := conn.QueryRow(ctx, `SELECT to_regclass('schema_migrations') IS NOT NULL`).Scan(&made); err != nil || !made {
		return err
	}
	rows, err := conn.Query(ctx, `SELECT version, name, checksum FROM schema_migrations ORDER BY version`)
	if err != nil {
		return err
	}
	applied, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m migration, err error) {
		return m, row.Scan(&m.version, &m.name, &m.checksum)
	})
	i.Applied, i.Foreign = len(applied), compare(applied, steps)
	return err
}

// RunningURL is the address of the server that a Parley runs in the cluster's folder now; "" when none does.
func RunningURL(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("the database's folder cannot be read: %w", err)
	}
	// The fifth line is the folder of the socket, the eighth says how far the server is.
	lines := strings.Split(string(text), "\n")
	if len(lines) < 8 || strings.TrimSpace(lines[7]) != "ready" {
		return "", nil
	}
	socket := strings.TrimSpace(lines[4])
	if _, err := os.Stat(filepath.Join(socket, socketName)); err != nil {
		return "", nil // left over by a machine that went down
	}
	return socketURL(socket, databaseName), nil
}

// InstalledVersion is that of the Postgres that Start would run for the folder, or why it could not.
func InstalledVersion(ctx context.Context, dir, binDir string) (string, error) {
	f := &folder{dir: dir, data: filepath.Join(dir, "data")}
	major, err := f.major()
	if err != nil {
		return "", err
	}
	p, err := findPrograms(ctx, binDir, major, f.data)
	return p.version, err
}
