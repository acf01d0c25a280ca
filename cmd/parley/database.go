package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/internal/obs"
	"github.com/digierapro/parley/store/postgres"
)

// database is the store, and the server under it when that is our own.
type database struct {
	*postgres.DB
	cluster     *postgres.Cluster // nil with database.url
	stopCluster context.CancelFunc
	stopped     chan error
	release     func() // gives up what holds the node's records; nil before it is held
}

// openDatabase connects to database.url, or starts a Postgres of our own in the data folder, and migrates it.
func openDatabase(ctx context.Context, cfg *configs.Config, log *slog.Logger) (*database, error) {
	d := &database{}
	url := cfg.Database.URL
	if url == "" {
		d.cluster = postgres.NewCluster(postgres.ClusterConfig{
			Dir: filepath.Join(cfg.Data.Dir, "postgres"), BinDir: cfg.Database.BinDir, Logger: log,
		})
		if err := d.cluster.Start(ctx); err != nil {
			return nil, err
		}
		clusterCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		d.stopCluster, d.stopped = cancel, make(chan error, 1)
		go func() { d.stopped <- d.cluster.Run(clusterCtx) }()
		url = d.cluster.URL()
	}
	db, err := postgres.Open(ctx, url, log)
	if err != nil {
		d.close()
		return nil, fmt.Errorf("database.url: %w", err)
	}
	d.DB = db
	if err := db.Migrate(ctx); err != nil {
		d.close()
		return nil, fmt.Errorf("the database cannot be used: %s", postgres.Explain(err))
	}
	if err := d.claim(ctx); err != nil {
		d.close()
		return nil, fmt.Errorf("the database cannot be used: %s", postgres.Explain(err))
	}
	return d, nil
}

// claim makes this program a node of its own among those that share the database, until close.
func (d *database) claim(ctx context.Context) error {
	node := d.Node()
	if err := node.Claim(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		node.Run(ctx)
	}()
	d.release = func() {
		cancel()
		<-done
	}
	return nil
}

// close ends the connections and then the server, which by then has nothing left to do.
func (d *database) close() {
	if d.release != nil {
		d.release()
	}
	if d.DB != nil {
		d.DB.Close()
	}
	if d.cluster != nil {
		d.stopCluster()
		<-d.stopped
	}
}

func runMigrate(args []string, stdout, stderr io.Writer) int {
	cfg, code := loadConfig("migrate", args, stdout, stderr)
	if cfg == nil {
		return code
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	db, err := openDatabase(ctx, cfg, obs.NewLogger(stderr, cfg.Log.Level, cfg.Log.Format))
	if err != nil {
		fmt.Fprintln(stderr, "parley:", err)
		return 1
	}
	db.close()
	fmt.Fprintln(stdout, "The database is up to date.")
	return 0
}
