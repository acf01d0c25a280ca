package testkit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"

	"github.com/digierapro/parley/store/postgres"
)

const (
	template    = "template_parley"
	folders     = "parley-testkit-" // prefix of the clusters' folders, in the folder for temporary files
	ownerLock   = "owner.lock"      // held by the test binary that a folder belongs to
	wait        = time.Minute       // for anything that the server is asked here
	neverLocked = time.Hour         // after which a folder whose lock was never made is taken for an orphan
)

// Postgres opens a fresh, migrated database of this test's own. It is dropped when the test ends.
func Postgres(t testing.TB) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), PostgresURL(t), Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// PostgresURL is Postgres for tests that open the database themselves.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return createDatabase(t, template)
}

// EmptyPostgresURL is the address of a fresh database without any schema.
func EmptyPostgresURL(t testing.TB) string {
	t.Helper()
	return createDatabase(t, "template0")
}

var databases atomic.Int64

func createDatabase(t testing.TB, from string) string {
	t.Helper()
	if err := shared.start(); err != nil {
		t.Fatal("testkit: ", err)
	}
	name := fmt.Sprintf("test_%d", databases.Add(1))
	if err := shared.exec(`CREATE DATABASE ` + name + ` TEMPLATE ` + from); err != nil {
		t.Fatal("testkit: make a database: ", err)
	}
	t.Cleanup(func() {
		if err := shared.exec(`DROP DATABASE ` + name + ` WITH (FORCE)`); err != nil {
			t.Error("testkit: drop a database: ", err)
		}
	})
	return shared.url(name)
}

// cluster is the server that the tests of one binary share. The server dies with the binary, however that ends; the
// folder is then removed by the next binary that starts one.
type cluster struct {
	once sync.Once
	err  error
	dir  string
	lock *os.File
	*postgres.Cluster
}

var shared cluster

func (c *cluster) start() error {
	c.once.Do(func() {
		removeOrphans()
		c.err = c.bringUp()
	})
	return c.err
}

func (c *cluster) bringUp() (err error) {
	if c.dir, err = os.MkdirTemp("", folders); err != nil {
		return err
	}
	if err := os.Chmod(c.dir, 0o711); err != nil { // the server runs as another user when we are root
		return err
	}
	if c.lock, err = takeLock(c.dir, os.O_CREATE); err != nil {
		return err
	}
	c.Cluster = postgres.NewCluster(postgres.ClusterConfig{
		Dir:    filepath.Join(c.dir, "postgres"),
		Logger: slog.New(slog.DiscardHandler),
		Scratch:  true,
		Settings: map[string]string{"max_connections": "200"},
	})
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	if err := c.Start(ctx); err != nil {
		return err
	}
	return c.makeTemplate(ctx)
}

func (c *cluster) makeTemplate(ctx context.Context) error {
	if err := c.exec(`CREATE DATABASE ` + template); err != nil {
		return err
	}
	db, err := postgres.Open(ctx, c.url(template), slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Migrate(ctx)
}

func (c *cluster) url(database string) string {
	u, err := url.Parse(c.URL())
	if err != nil {
		panic("testkit: the cluster's own address is none: " + err.Error())
	}
	u.Path = "/" + database
	return u.String()
}

func (c *cluster) exec(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.url("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

func (c *cluster) stop() error {
	if c.Cluster != nil {
		c.Stop()
	}
	if c.dir == "" {
		return nil
	}
	err := os.RemoveAll(c.dir)
	if c.lock != nil {
		err = errors.Join(err, c.lock.Close())
	}
	return err
}

// removeOrphans removes the folders of binaries that were killed. What cannot be removed now is for the next.
func removeOrphans() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), folders+"*")) // the pattern is well-formed
	for _, dir := range dirs {
		lock, err := takeLock(dir, 0)
		if errors.Is(err, os.ErrNotExist) {
			if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) > neverLocked {
				_ = os.RemoveAll(dir)
			}
			continue
		}
		if err != nil {
			continue
		}
		_ = os.RemoveAll(dir)
		_ = lock.Close()
	}
}

func takeLock(dir string, create int) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(dir, ownerLock), os.O_RDWR|create, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = lock.Close()
		return nil, err
	}
	return lock, nil
}
