package postgres

import (
	"context"
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

// leftoverPoll is how often a server that is on its way down is looked at.
const leftoverPoll = 20 * time.Millisecond

// stopLeftovers ends what still runs on the data folder: the server of a Parley that was killed, or the backends of a
// server that was.
func (f *folder) stopLeftovers(ctx context.Context, a account, log *slog.Logger) error {
	for _, step := range []struct {
		signal syscall.Signal
		within time.Duration
	}{{syscall.SIGINT, fastShutdown}, {syscall.SIGQUIT, immediateShutdown}, {syscall.SIGKILL, immediateShutdown}} {
		running := f.processes(a)
		if len(running) == 0 {
			return nil
		}
		log.Warn("a database server is left over and is stopped", "pids", running, "signal", step.signal.String())
		f.signalLeftovers(a, running, step.signal)
		if err := f.awaitNone(ctx, a, step.within); err != nil {
			return err
		}
	}
	if running := f.processes(a); len(running) > 0 {
		return fmt.Errorf("another database server runs on %s (process %d) and does not end: stop it", f.data, running[0])
	}
	return nil
}

// awaitNone waits until no process is left or the time is over; an error only when ctx ends.
func (f *folder) awaitNone(ctx context.Context, a account, within time.Duration) error {
	for deadline := time.Now().Add(within); time.Now().Before(deadline) && len(f.processes(a)) > 0; {
		if !sleep(ctx, leftoverPoll) {
			return fmt.Errorf("stop a left-over database server: %w", ctx.Err())
		}
	}
	return nil
}

// signalLeftovers signals the server, which ends its backends itself, or the backends of a dead one.
func (f *folder) signalLeftovers(a account, running []int, signal syscall.Signal) {
	if main := f.lockedBy(); signal != syscall.SIGKILL {
		for _, pid := range running {
			if pid == main {
				running = []int{main}
				break
			}
		}
	}
	for _, pid := range running {
		// The handle names this very process, so the number cannot become another's between the look and the signal.
		if p, err := os.FindProcess(pid); err == nil {
			if f.isOurs(pid, a) {
				_ = p.Signal(signal) // it may have ended
			}
			_ = p.Release()
		}
	}
}

// processes lists the server's processes on this data folder.
func (f *folder) processes(a account) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil && f.isOurs(pid, a) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// isOurs reports whether a process is a Postgres of this very folder: it belongs to the server's account, and it stands
// in the data folder, as all of them do. Where we may not see where it stands (root in a container), it must carry the
// folder's name as settings has given it.
func (f *folder) isOurs(pid int, a account) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	var st unix.Stat_t
	if err := unix.Stat(proc, &st); err != nil || int(st.Uid) != a.uid || !isPostgres(proc) {
		return false
	}
	cwd, err := os.Readlink(filepath.Join(proc, "cwd"))
	if errors.Is(err, fs.ErrPermission) {
		line, err := os.ReadFile(filepath.Join(proc, "cmdline"))
		return err == nil && strings.Contains(string(line), f.name())
	}
	return err == nil && cwd == f.data
}

func isPostgres(proc string) bool {
	name, err := os.ReadFile(filepath.Join(proc, "comm"))
	return err == nil && strings.TrimSpace(string(name)) == "postgres"
}

// lockedBy is the process that the server's lock file names; 0 when there is none.
func (f *folder) lockedBy() int {
	text, err := os.ReadFile(filepath.Join(f.data, "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return 0
	}
	return pid
}

// removeStaleLocks removes the locks of a server that is gone. The one in the data folder Postgres judges itself, and
// better; only when its process number has meanwhile gone to somebody else would it be taken for a living server's.
func (f *folder) removeStaleLocks(socket string) error {
	stale := []string{filepath.Join(socket, socketName), filepath.Join(socket, socketName+".lock")}
	if pid := f.lockedBy(); pid != 0 && unix.Kill(pid, 0) == nil {
		stale = append(stale, filepath.Join(f.data, "postmaster.pid"))
	}
	for _, path := range stale {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the lock of a dead database server: %w", err)
		}
	}
	return nil
}
