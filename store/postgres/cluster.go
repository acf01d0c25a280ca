package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// State says whether a Cluster answers.
type State int32

// States of a Cluster.
const (
	Down       State = iota // not started, or stopped
	Up                      // answers
	Restarting              // has died, and is being brought back
)

func (s State) String() string {
	switch s {
	case Up:
		return "UP"
	case Restarting:
		return "RESTARTING"
	}
	return "DOWN"
}

// How a Cluster deals with a server that dies.
const (
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 10 * time.Second
	steadyAfter  = time.Minute // a server that lived this long starts the backoff anew
)

// ClusterConfig says where a Cluster lives.
type ClusterConfig struct {
	// Dir is the cluster's own folder, made when it is missing. A folder that holds anything else is refused.
	Dir string
	// BinDir is the folder of the server's programs; empty to look for them.
	BinDir string
	Logger *slog.Logger
	// Scratch is for tests: quick and small, and nothing outlives a crash of the machine.
	Scratch bool
	// Settings are server settings that come after Parley's own.
	Settings map[string]string
}

// Cluster is a Postgres server that Parley makes in a folder of its own, runs as a child on a Unix socket, and restarts
// when it dies. Start, then Run until the end; Stop instead of Run when something else failed after Start.
//
// The server dies with us, by Linux' parent death signal; one that is left over all the same is found and stopped by the
// next Start, which also waits for one that is still on its way down.
type Cluster struct {
	cfg   ClusterConfig
	log   *slog.Logger
	state atomic.Int32

	// Set by Start, then read only.
	programs programs
	account  account
	folder   *folder
	socket   string // folder of the socket
	url      string

	mu      sync.Mutex
	server  *server // the last one started
	stopped bool
}

// NewCluster returns a cluster that Start brings up.
func NewCluster(cfg ClusterConfig) *Cluster {
	return &Cluster{cfg: cfg, log: cfg.Logger.With("part", "postgres")}
}

// URL is the database's address for Open. It is valid after Start and stays the same over restarts.
func (c *Cluster) URL() string { return c.url }

// State says whether the server answers.
func (c *Cluster) State() State { return State(c.state.Load()) }

// Start makes the cluster when there is none, starts its server and waits until it answers. Its errors are sentences for
// the person who starts Parley.
func (c *Cluster) Start(ctx context.Context) error {
	began := time.Now()
	if err := c.prepare(ctx); err != nil {
		c.Stop()
		return err
	}
	if err := c.launch(ctx); err != nil {
		c.Stop()
		return err
	}
	c.log.Info("database server started", "version", c.programs.version, "folder", c.cfg.Dir, "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// prepare does what comes once, before the first start: the folder, the account, the programs, leftovers, initdb.
func (c *Cluster) prepare(ctx context.Context) (err error) {
	if c.folder, err = openFolder(c.cfg.Dir); err != nil {
		return err
	}
	c.folder.sweep(c.log)
	if c.account, err = chooseAccount(c.folder); err != nil {
		return err
	}
	major, err := c.folder.major()
	if err != nil {
		return err
	}
	if c.programs, err = findPrograms(ctx, c.cfg.BinDir, major, c.folder.data); err != nil {
		return err
	}
	if c.socket, err = c.folder.socketFolder(c.account); err != nil {
		return err
	}
	if err := c.clearAway(ctx); err != nil {
		return err
	}
	if major == 0 {
		c.log.Info("making a database", "folder", c.cfg.Dir, "version", c.programs.version, "user", c.account.name)
		if err := c.initialise(ctx); err != nil {
			return err
		}
	}
	c.url = socketURL(c.socket, databaseName)
	return nil
}

// clearAway ends what is left of an earlier server, and removes what would keep the next one from starting.
func (c *Cluster) clearAway(ctx context.Context) error {
	if err := c.folder.stopLeftovers(ctx, c.account, c.log); err != nil {
		return err
	}
	return c.folder.removeStaleLocks(c.socket)
}

// launch starts the server and waits until it answers.
func (c *Cluster) launch(ctx context.Context) error {
	c.mu.Lock()
	if c.stopped {
		c.mu.Unlock()
		return errors.New("the database server was stopped")
	}
	srv, err := c.startServer()
	if err == nil {
		c.server = srv
	}
	c.mu.Unlock()
	if err != nil {
		return err
	}
	if err := c.waitReady(ctx, srv); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped {
		c.state.Store(int32(Up))
	}
	return nil
}

// Run keeps the server running until ctx ends, then stops it and returns nil. Until then nothing ends it: however long
// the server fails to come back, the rest of Parley can go on.
func (c *Cluster) Run(ctx context.Context) error {
	defer c.Stop()
	backoff := firstBackoff
	for began := time.Now(); ; {
		srv := c.current()
		if srv == nil {
			return errors.New("the database server was not started")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-srv.done:
		}
		c.state.Store(int32(Restarting))
		if time.Since(began) > steadyAfter {
			backoff = firstBackoff
		}
		c.log.Warn("database server died; it is restarted", "status", srv.status(), "in", backoff)
		if !sleep(ctx, backoff) {
			return nil
		}
		backoff = min(2*backoff, maxBackoff)
		began = time.Now()
		c.relaunch(ctx)
	}
}

// relaunch starts the server again, after what is left of the last one has gone. Run sees by the ended server that it
// failed.
func (c *Cluster) relaunch(ctx context.Context) {
	err := c.clearAway(ctx)
	if err == nil {
		err = c.launch(ctx)
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		c.log.Error("database server did not come back", "error", err)
	default:
		c.log.Info("database server is back")
	}
}

func (c *Cluster) current() *server {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.server
}

// Stop ends the server and gives the folder free. It may be called at any time and more than once.
func (c *Cluster) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	c.stopped = true
	if c.server != nil {
		c.server.stop(c.log)
	}
	c.state.Store(int32(Down))
	if c.folder != nil {
		c.folder.close(c.socket)
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

var errExited = errors.New("the database server ended while it started")

func startFailed(srv *server) error {
	return fmt.Errorf("%w (%s); its last words: %s", errExited, srv.status(), srv.log.tail())
}
