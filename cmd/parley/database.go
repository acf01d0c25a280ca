package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/obs"
	"github.com/digierapro/parley/store/postgres"
)

// database is the store, and the server under it when that is our own.
type database struct {
	*postgres.DB
	cluster     *postgres.Cluster // nil with database.url
	stopCluster context.CancelFunc
	stopped     chan error
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
		return nil, fmt.Errorf("the database cannot be used: %s", whyNot(err))
	}
	return d, nil
}

// whyNot puts the reason for which a database cannot be used in one line for the operator: what its server says, or else
// what the network says. The errors as they come have a line for each address and each way that was tried.
func whyNot(err error) string {
	var (
		said    *pgconn.PgError
		network *net.OpError
	)
	switch {
	case errors.As(err, &said):
		return said.Message
	case errors.As(err, &network):
		return network.Error()
	}
	var told *fault.Error
	if errors.As(err, &told) && told.Unwrap() != nil {
		err = told.Unwrap() // the sentence is for users of the chat
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

// close ends the connections and then the server, which by then has nothing left to do.
func (d *database) close() {
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
