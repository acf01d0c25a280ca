package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/digierapro/parley/store/postgres"
)

// database is a Postgres as Parley runs it by default, but of this process, so that its CPU time can be told apart and it
// outlives a Parley that is killed.
type database struct {
	cluster *postgres.Cluster
	dir     string
}

func startDatabase(ctx context.Context, dir string, settings map[string]string) (*database, error) {
	d := &database{dir: filepath.Join(dir, "postgres")}
	d.cluster = postgres.NewCluster(postgres.ClusterConfig{
		Dir: d.dir, Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})), Settings: settings,
	})
	return d, d.cluster.Start(ctx)
}

// cpu is the time of the server's processes, those that have ended too.
func (d *database) cpu() (total time.Duration, err error) {
	text, err := os.ReadFile(filepath.Join(d.dir, "data", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	postmaster, err := strconv.Atoi(line)
	if err != nil {
		return 0, fmt.Errorf("postmaster.pid: %w", err)
	}
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	for _, folder := range folders {
		total += postgresTime(folder, postmaster)
	}
	return total, nil
}

// tick is what /proc counts CPU time in.
const tick = 10 * time.Millisecond

// postgresTime is the CPU time of a process if it is the postmaster or a child of it; 0 for others, and when it has ended.
func postgresTime(folder string, postmaster int) time.Duration {
	stat, err := os.ReadFile(filepath.Join(folder, "stat"))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest) // from the third of proc(5) on
	if len(fields) < 15 {
		return 0
	}
	own := filepath.Base(folder) == strconv.Itoa(postmaster)
	if !own && fields[1] != strconv.Itoa(postmaster) {
		return 0
	}
	columns := fields[11:13] // utime, stime
	if own {
		columns = fields[11:15] // and those of children that have ended
	}
	total := time.Duration(0)
	for _, column := range columns {
		ticks, err := strconv.ParseInt(column, 10, 64)
		if err == nil {
			total += time.Duration(ticks) * tick
		}
	}
	return total
}

func (d *database) stop() { d.cluster.Stop() }
