package testkit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/store/postgres"
)

const (
	template = "template_parley"
	wait     = time.Minute // for anything that the server is asked here
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

// cluster is the server that the tests of one binary share. It dies with the binary, however that ends.
type cluster struct {
	once sync.Once
	err  error
	*postgres.Cluster
}

var shared cluster

func (c *cluster) start() error {
	c.once.Do(func() { c.err = c.bringUp() })
	return c.err
}

func (c *cluster) bringUp() error {
	dir, err := binary.open()
	if err != nil {
		return err
	}
	c.Cluster = postgres.NewCluster(postgres.ClusterConfig{
		Dir:      filepath.Join(dir, "postgres"),
		Logger:   slog.New(slog.DiscardHandler),
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

func (c *cluster) stop() {
	if c.Cluster != nil {
		c.Stop()
	}
}
