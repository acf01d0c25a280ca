// Command search fills a database with messages, as many as a company writes in years, and measures how long a page of
// history, a count of unread messages and searches take in it.
//
//	go run ./bench/search --messages 1000000 --dir /var/tmp/parley-search
//
// A folder that was filled before is measured again without filling it.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/digierapro/parley/store/postgres"
)

type options struct {
	messages, users, channels, queries int
	dir, url                           string
}

func main() {
	var o options
	flag.IntVar(&o.messages, "messages", 1_000_000, "messages to fill in")
	flag.IntVar(&o.users, "users", 200, "people")
	flag.IntVar(&o.channels, "channels", 400, "channels; each person is in a tenth of them")
	flag.IntVar(&o.queries, "queries", 200, "queries of each sort")
	flag.StringVar(&o.dir, "dir", "", "folder for a database of our own")
	flag.StringVar(&o.url, "database", "", "an empty database instead")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "search:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if o.url == "" {
		if o.dir == "" {
			return fmt.Errorf("name a folder by --dir or a database by --database")
		}
		cluster := postgres.NewCluster(postgres.ClusterConfig{Dir: filepath.Join(o.dir, "postgres"), Logger: log})
		if err := cluster.Start(ctx); err != nil {
			return err
		}
		defer cluster.Stop()
		o.url = cluster.URL()
	}
	db, err := postgres.Open(ctx, o.url, log)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	f := filler{options: o, db: db}
	if err := f.fill(ctx); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	return measure(ctx, db, f)
}

func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05 ")+format+"\n", args...)
}
