package postgres

import (
	"fmt"
	"log/slog"
	"maps"
	"os/exec"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// How long a server may take to end, for each way of asking it.
const (
	fastShutdown      = 30 * time.Second // ends transactions and writes everything to its place
	immediateShutdown = 10 * time.Second // ends at once; the next start recovers
)

// server is one life of the server process.
type server struct {
	cmd  *exec.Cmd
	log  *serverLog
	done chan struct{} // closed when it has ended and all its output is read
}

// startServer starts a server process that dies with us.
func (c *Cluster) startServer() (*server, error) {
	cmd := exec.Command(c.programs.path("postgres"), c.settings()...)
	s := &server{cmd: cmd, log: &serverLog{log: c.log}, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = s.log, s.log
	// Backends of a killed server may hold its output open for a moment; that must not hold up its restart.
	cmd.WaitDelay = time.Second
	// A process group of its own: Ctrl-C is for Parley, which stops the server when it is done with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	release, err := c.enter(cmd, c.folder.data)
	if err != nil {
		return nil, err
	}
	defer release()
	started := make(chan error)
	go s.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("the database server cannot be started as user %s: %w", c.account.name, err)
	}
	return s, nil
}

// run is the process's life; stop or done waits for its end.
func (s *server) run(started chan<- error) {
	err := startDyingWithUs(s.cmd, syscall.SIGINT)
	started <- err
	if err != nil {
		return
	}
	_ = s.cmd.Wait() // how it ended is in its ProcessState
	s.log.flush()
	close(s.done)
}

// settings are safe above all: nothing acknowledged is lost. The log says neither values nor statements, which hold what
// people write to each other.
func (c *Cluster) settings() []string {
	s := map[string]string{
		"cluster_name":            c.folder.name(),
		"listen_addresses":        "",
		"unix_socket_directories": c.socket,
		"unix_socket_permissions": "0700",
		"port":                    "5432",
		"max_connections":         "50",

		"fsync":              "on",
		"synchronous_commit": "on",
		"full_page_writes":   "on",

		"shared_buffers":                  "128MB",
		"jit":                             "off",
		"max_parallel_workers_per_gather": "0",
		"dynamic_shared_memory_type":      "mmap", // in the data folder: nothing is left elsewhere by a kill
		"max_wal_size":                    "512MB",
		"random_page_cost":                "1.1",

		"idle_in_transaction_session_timeout": "60s",
		"timezone":                            "UTC",

		"log_destination":         "stderr",
		"logging_collector":       "off",
		"log_line_prefix":         "",
		"log_timezone":            "UTC",
		"log_checkpoints":         "off",
		"log_error_verbosity":     "terse",
		"log_min_error_statement": "panic",
		"lc_messages":             "C",
	}
	if c.cfg.Scratch {
		s["fsync"], s["synchronous_commit"], s["full_page_writes"] = "off", "off", "off"
	}
	for name, value := range c.cfg.Settings {
		s[name] = value
	}
	args := make([]string, 0, 2*len(s))
	for _, name := range slices.Sorted(maps.Keys(s)) {
		args = append(args, "-c", name+"="+s[name])
	}
	return args
}

// startDyingWithUs starts a command that gets a signal when we die, however that happens. Linux ties it to the thread
// that starts the command, so the calling goroutine keeps its thread from here on: it must wait for the command and then
// end, and the thread ends with it.
func startDyingWithUs(cmd *exec.Cmd, signal syscall.Signal) error {
	runtime.LockOSThread()
	cmd.SysProcAttr.Pdeathsig = signal
	return cmd.Start()
}

// runDyingWithUs runs a command to its end in the same manner.
func runDyingWithUs(cmd *exec.Cmd, signal syscall.Signal) error {
	ended := make(chan error)
	go func() {
		err := startDyingWithUs(cmd, signal)
		if err == nil {
			err = cmd.Wait()
		}
		ended <- err
	}()
	return <-ended
}

// stop ends the server: cleanly if it can, at any rate if not.
func (s *server) stop(log *slog.Logger) {
	for _, step := range []struct {
		signal syscall.Signal
		within time.Duration
	}{{syscall.SIGINT, fastShutdown}, {syscall.SIGQUIT, immediateShutdown}, {syscall.SIGKILL, immediateShutdown}} {
		if s.signal(step.signal, step.within) {
			return
		}
		log.Warn("database server does not end", "signal", step.signal.String(), "waited", step.within)
	}
}

func (s *server) signal(signal syscall.Signal, within time.Duration) (ended bool) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	_ = s.cmd.Process.Signal(signal) // it may have ended already, which done tells
	select {
	case <-s.done:
		return true
	case <-timer.C:
		return false
	}
}

// status says how the server ended.
func (s *server) status() string {
	select {
	case <-s.done:
		return s.cmd.ProcessState.String()
	default:
		return "running"
	}
}
