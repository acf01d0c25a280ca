package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	markerName = "PARLEY_POSTGRES"
	markerText = "Parley keeps its database here and runs it itself. Do not start another server on it.\n"

	socketName    = ".s.PGSQL.5432"
	maxSocketPath = 107 - len("/"+socketName) // of its folder
)

// folder is Parley's own folder around a cluster:
//
//	PARLEY_POSTGRES  marks it as ours
//	lock             held as long as a Parley runs on it
//	data/            the cluster; it and run/ are the server's own when Parley runs as root
//	run/             the socket
//	init-*           a cluster in the making, left over when that was interrupted
type folder struct {
	dir  string // absolute, without symbolic links: as the kernel names it
	data string
	lock *os.File
}

// openFolder makes or checks the folder and locks it.
func openFolder(dir string) (*folder, error) {
	mode := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711 // the server runs as somebody else and has to come to what is its own
	}
	if err := os.MkdirAll(filepath.Dir(dir), mode); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made: %w", err)
	}
	if err := os.Mkdir(dir, mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("the database's folder cannot be made: %w", err)
	}
	dir, err := resolve(dir)
	if err != nil {
		return nil, err
	}
	if err := claim(dir); err != nil {
		return nil, err
	}
	lock, err := lockFile(dir)
	if err != nil {
		return nil, err
	}
	return &folder{dir: dir, data: filepath.Join(dir, "data"), lock: lock}, nil
}

func resolve(dir string) (string, error) {
	real, err := filepath.EvalSymlinks(dir)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return "", fmt.Errorf("the database's folder cannot be found: %w", err)
	}
	return real, nil
}

// claim accepts a folder that carries our mark and marks an empty one. Any other is not ours.
func claim(dir string) error {
	marker := filepath.Join(dir, markerName)
	if _, err := os.Lstat(marker); err == nil {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("the database's folder cannot be read: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("the folder %s is not empty and was not made by Parley, so nothing in it is touched: "+
			"choose another data.dir, or set database.url to use a database of your own", dir)
	}
	if err := os.WriteFile(marker, []byte(markerText), 0o644); err != nil {
		return fmt.Errorf("the database's folder cannot be written: %w", err)
	}
	return nil
}

// lockWait is how long a lock is tried for: a Parley that was killed while it started a program lets go of it only when that
// one has begun.
const lockWait = time.Second

func lockFile(dir string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the database's folder cannot be locked: %w", err)
	}
	err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	for until := time.Now().Add(lockWait); errors.Is(err, unix.EWOULDBLOCK) && time.Now().Before(until); {
		time.Sleep(lockWait / 20)
		err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		_ = lock.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("another Parley is running on the folder %s: stop it first, or choose another data.dir", dir)
		}
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return lock, nil
}

// sweep removes clusters that were never finished. What cannot be removed harms nothing and is left for the next start: a
// child of an initdb that was killed a moment ago may still be writing there.
func (f *folder) sweep(log *slog.Logger) {
	unfinished, err := filepath.Glob(filepath.Join(f.dir, "init-*"))
	for _, dir := range unfinished {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if err != nil {
		log.Warn("a database that was never finished cannot be removed", "error", err)
	}
}

// major is the version of Postgres that made the cluster; 0 when there is none yet.
func (f *folder) major() (int, error) {
	text, err := os.ReadFile(filepath.Join(f.data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(f.data); err == nil {
			return 0, fmt.Errorf("the folder %s is no database although Parley made one there: restore it from a backup, or remove it to begin anew", f.data)
		}
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("the database's version cannot be read: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("the database's version cannot be read: %s holds %q", filepath.Join(f.data, "PG_VERSION"), text)
	}
	return major, nil
}

// name is how this cluster's processes show which folder is theirs: every user may read it, and paths can be long.
func (f *folder) name() string {
	sum := sha256.Sum256([]byte(f.data))
	return "parley_" + hex.EncodeToString(sum[:8])
}

// socketFolder makes the folder of the socket, which only the server and we may enter: whoever reaches the socket is let
// in. It is in our folder, or in a shorter place when the name would be too long for a socket, or when the server could
// not come there.
func (f *folder) socketFolder(a account) (string, error) {
	dir := filepath.Join(f.dir, "run")
	if len(dir) > maxSocketPath || !a.reaches(f.dir) {
		dir = filepath.Join(shortPlace(a), f.name())
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("the folder of the database's socket cannot be made: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", fmt.Errorf("the folder of the database's socket cannot be read: %w", err)
	}
	owner := int(info.Sys().(*syscall.Stat_t).Uid)
	if !info.IsDir() || (owner != os.Geteuid() && owner != a.uid) || info.Mode().Perm() != 0o700 {
		return "", fmt.Errorf("the folder %s, for the database's socket, belongs to somebody else or is open to others: remove it", dir)
	}
	return dir, a.own(dir)
}

// shortPlace is XDG_RUNTIME_DIR, which is private, or the folder for temporary files.
func shortPlace(a account) string {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) && len(dir) < maxSocketPath/2 && a.reaches(dir) {
		return dir
	}
	return "/tmp"
}

// close gives the folder free. The socket's folder is removed where it stands outside of ours.
func (f *folder) close(socket string) {
	if socket != "" && filepath.Dir(socket) != f.dir {
		_ = os.Remove(socket) // not empty while a server that could not be stopped still uses it
	}
	_ = f.lock.Close()
}
