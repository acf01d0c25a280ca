package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/store/postgres"
)

const patience = 30 * time.Second

func clusterFolder(t *testing.T) string { return filepath.Join(testkit.Folder(t), "postgres") }

var made struct {
	once sync.Once
	dir  string
	err  error
}

// madeFolder is a folder with a cluster that has run before: a copy of one, because that is quicker than to make it.
func madeFolder(t *testing.T) string {
	t.Helper()
	made.once.Do(func() {
		made.dir = filepath.Join(testkit.SharedFolder(t), "made")
		c := postgres.NewCluster(postgres.ClusterConfig{Dir: made.dir, Logger: slog.New(slog.DiscardHandler), Scratch: true})
		defer c.Stop()
		made.err = c.Start(context.Background())
	})
	if made.err != nil {
		t.Fatal(made.err)
	}
	dir := clusterFolder(t)
	if out, err := exec.Command("cp", "-a", made.dir, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

func startCluster(t *testing.T, cfg postgres.ClusterConfig) *postgres.Cluster {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = testkit.Logger(t)
	}
	c := postgres.NewCluster(cfg)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	return c
}

func openMigrated(t *testing.T, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, testkit.Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// refused starts a cluster that must not start and returns what it says.
func refused(t *testing.T, cfg postgres.ClusterConfig) string {
	t.Helper()
	cfg.Logger = testkit.Logger(t)
	c := postgres.NewCluster(cfg)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := c.Start(ctx)
	if err == nil {
		c.Stop()
		t.Fatal("the cluster started")
	}
	if c.State() != postgres.Down {
		t.Errorf("after a refusal the state is %v", c.State())
	}
	return err.Error()
}

func says(t *testing.T, message string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(message, w) {
			t.Errorf("%q does not say %q", message, w)
		}
	}
}

// postmaster is the server's process as its lock file names it.
func postmaster(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatal("not within ", patience, ": ", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// gone: there is no such process, or nobody has yet fetched how it ended.
func gone(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return err != nil || strings.Contains(string(status), "State:\tZ")
}

func TestClusterStartsStopsAndStartsAgain(t *testing.T) {
	dir := clusterFolder(t)
	c := startCluster(t, postgres.ClusterConfig{Dir: dir})
	if c.State() != postgres.Up {
		t.Fatalf("state is %v", c.State())
	}
	db := openMigrated(t, c.URL())
	epoch, err := db.Chat().Epoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	pid := postmaster(t, dir)
	c.Stop()
	if c.State() != postgres.Down || !gone(pid) {
		t.Fatalf("after Stop: %v, gone: %v", c.State(), gone(pid))
	}

	began := time.Now()
	c = startCluster(t, postgres.ClusterConfig{Dir: dir})
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the second start took %v", took)
	} else {
		t.Log("the second start took ", took)
	}
	again, err := openMigrated(t, c.URL()).Chat().Epoch(t.Context())
	if err != nil || again != epoch {
		t.Fatalf("epoch was %s and is %s, %v", epoch, again, err)
	}
}

func TestClusterIsPrivate(t *testing.T) {
	dir := madeFolder(t)
	c := startCluster(t, postgres.ClusterConfig{Dir: dir})
	info, err := os.Stat(filepath.Join(dir, "run"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("the socket's folder: %v, %v", info, err)
	}
	conn := connect(t, c.URL())
	for setting, want := range map[string]string{
		"listen_addresses": "", "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on",
		"server_encoding": "UTF8", "jit": "off",
	} {
		var got string
		if err := conn.QueryRow(t.Context(), `SELECT current_setting($1)`, setting).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %q", setting, got, err, want)
		}
	}
	if os.Geteuid() != 0 {
		return
	}
	var st syscall.Stat_t
	if err := syscall.Stat(fmt.Sprintf("/proc/%d", postmaster(t, dir)), &st); err != nil || st.Uid == 0 {
		t.Errorf("the server runs as user %d, %v", st.Uid, err)
	}
}

func TestClusterWhereTheServerCannotWalk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root runs the server as somebody else")
	}
	dir := filepath.Join(testkit.Folder(t), "private", "postgres")
	if err := os.Mkdir(filepath.Dir(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c := startCluster(t, postgres.ClusterConfig{Dir: dir})
		openMigrated(t, c.URL()).Close()
		c.Stop()
		u, err := url.Parse(c.URL())
		if err != nil {
			t.Fatal(err)
		}
		socket := u.Query().Get("host")
		if _, err := os.Stat(socket); filepath.Dir(socket) != "/tmp" || !os.IsNotExist(err) {
			t.Errorf("left over: %s, %v", socket, err)
		}
	}
}

func TestClusterWithALongPath(t *testing.T) {
	dir := filepath.Join(filepath.Dir(clusterFolder(t)), strings.Repeat("long", 20), strings.Repeat("er", 20), "postgres")
	c := startCluster(t, postgres.ClusterConfig{Dir: dir, Scratch: true})
	openMigrated(t, c.URL()).Close()
}

func TestClusterRefusesAForeignFolder(t *testing.T) {
	dir := clusterFolder(t)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	theirs := filepath.Join(dir, "PG_VERSION")
	if err := os.WriteFile(theirs, []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	says(t, refused(t, postgres.ClusterConfig{Dir: dir}), dir, "not empty", "data.dir", "database.url")
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("the folder was touched: %v, %v", entries, err)
	}
}

func TestClusterRefusesAnotherMajorVersion(t *testing.T) {
	dir := madeFolder(t)
	version := filepath.Join(dir, "data", "PG_VERSION")
	if err := os.WriteFile(version, []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	says(t, refused(t, postgres.ClusterConfig{Dir: dir}), "Postgres 9", "database.binDir", "pg_upgrade")
}

func TestClusterRefusesAFolderInUse(t *testing.T) {
	dir := madeFolder(t)
	c := startCluster(t, postgres.ClusterConfig{Dir: dir, Scratch: true})
	says(t, refused(t, postgres.ClusterConfig{Dir: dir}), dir, "another Parley")
	openMigrated(t, c.URL()).Close()
}

func TestClusterRefusesPrograms(t *testing.T) {
	for version, words := range map[string][]string{
		"":                                   {"database.binDir", "no such file"},
		"echo 'postgres (PostgreSQL) 12.22'": {"12.22", "too old"},
		"echo 'something else entirely'":     {"database.binDir", "something else"},
		"echo 'postgres (PostgreSQL) new'":   {"database.binDir"},
		"exit 3":                             {"database.binDir", "exit status 3"},
	} {
		bin := t.TempDir()
		for name, script := range map[string]string{"postgres": version, "initdb": "exit 1"} {
			if version == "" {
				continue
			}
			if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		says(t, refused(t, postgres.ClusterConfig{Dir: clusterFolder(t), BinDir: bin}), words...)
	}
}

func TestClusterRefusesAnEmptiedFolder(t *testing.T) {
	dir := madeFolder(t)
	if err := os.Remove(filepath.Join(dir, "data", "PG_VERSION")); err != nil {
		t.Fatal(err)
	}
	says(t, refused(t, postgres.ClusterConfig{Dir: dir}), "restore it from a backup")
}

func TestClusterForgetsAnUnfinishedMaking(t *testing.T) {
	dir := clusterFolder(t)
	if err := os.MkdirAll(filepath.Join(dir, "init-1", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "PARLEY_POSTGRES"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	startCluster(t, postgres.ClusterConfig{Dir: dir, Scratch: true})
	if _, err := os.Stat(filepath.Join(dir, "init-1")); !os.IsNotExist(err) {
		t.Fatalf("it is still there: %v", err)
	}
}

// A killed server comes back by itself with all that it acknowledged; until then callers are told to try again.
func TestClusterRestartsAKilledServer(t *testing.T) {
	dir := madeFolder(t)
	c := startCluster(t, postgres.ClusterConfig{Dir: dir})
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- c.Run(ctx) }()
	db := openMigrated(t, c.URL())
	w := newWriter(t, db)
	for range 3 {
		for range 20 {
			w.mustSend(t)
		}
		pid := postmaster(t, dir)
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the state says that it died", func() bool { return c.State() == postgres.Restarting || postmasterIsNot(dir, pid) })
		eventually(t, "writing works again", func() bool { return w.send(t) == nil })
		eventually(t, "the state says so", func() bool { return c.State() == postgres.Up })
	}
	w.check(t, db)
	db.Close()
	cancel()
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	if c.State() != postgres.Down {
		t.Fatalf("state is %v", c.State())
	}
}

func postmasterIsNot(dir string, pid int) bool {
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	return err == nil && !strings.HasPrefix(string(text), strconv.Itoa(pid)+"\n")
}

// A server that cannot start is tried again until it can.
func TestClusterKeepsTrying(t *testing.T) {
	dir := madeFolder(t)
	var log lockedBuffer
	c := startCluster(t, postgres.ClusterConfig{Dir: dir, Scratch: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- c.Run(ctx) }()
	config := filepath.Join(dir, "data", "postgresql.conf")
	if err := os.Rename(config, config+".away"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(postmaster(t, dir), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a few attempts fail", func() bool { return strings.Count(log.String(), "did not come back") >= 3 })
	if c.State() != postgres.Restarting {
		t.Errorf("state is %v", c.State())
	}
	if err := os.Rename(config+".away", config); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it comes back", func() bool { return c.State() == postgres.Up })
	cancel()
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
}

func TestClusterSaysWhyItDoesNotStart(t *testing.T) {
	says(t, refused(t, postgres.ClusterConfig{Dir: madeFolder(t), Settings: map[string]string{"max_connections": "many"}}),
		"ended while it started", "exit status 1", "max_connections")
}

// A lock whose process number now belongs to another process does not keep the server from starting.
func TestClusterRecoversFromAReusedProcessNumber(t *testing.T) {
	dir := madeFolder(t)
	lock := fmt.Sprintf("%d\n%s\n1700000000\n5432\n\n\n  1 1\nready\n", os.Getpid(), filepath.Join(dir, "data"))
	path := filepath.Join(dir, "data", "postmaster.pid")
	if err := os.WriteFile(path, []byte(lock), 0o644); err != nil {
		t.Fatal(err)
	}
	startCluster(t, postgres.ClusterConfig{Dir: dir, Scratch: true})
}

// What people write is in no log, even when a statement fails with it.
func TestClusterLogHoldsNoMessages(t *testing.T) {
	var log lockedBuffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c := startCluster(t, postgres.ClusterConfig{Dir: madeFolder(t), Logger: logger, Scratch: true})
	db := openMigrated(t, c.URL())
	w := newWriter(t, db)
	_, err := db.Chat().Append(t.Context(), chat.Draft{
		ID: id.New(), ChannelID: w.channelID, Sender: w.sender, SenderModel: "User", Type: chat.Text,
		Body: "hunter2", ClientID: strings.Repeat("x", 200),
	})
	if err == nil {
		t.Fatal("a clientId that is too long passed")
	}
	c.Stop()
	if text := log.String(); strings.Contains(text, "hunter2") || !strings.Contains(text, "violates check constraint") {
		t.Fatalf("the log says:\n%s", text)
	}
}

func TestClusterWithoutAServersAccount(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root runs the server as somebody else")
	}
	if _, err := user.Lookup("postgres"); err != nil {
		t.Skip("this machine has no user postgres")
	}
	dir := madeFolder(t)
	data := filepath.Join(dir, "data")
	if err := os.Chown(data, 0, 0); err != nil {
		t.Fatal(err)
	}
	says(t, refused(t, postgres.ClusterConfig{Dir: dir}), "belongs to root", "chown")
}
