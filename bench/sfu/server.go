package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// server is a Parley process under test.
type server struct {
	cmd   *exec.Cmd
	url   string
	pprof string // address; "" for none
	out   io.ReadCloser
}

const startFor = time.Minute

// start runs the binary in its trial mode on a free port of this machine. A data folder is used by one at a time.
func startServer(ctx context.Context, binary, data string, procs int, profiles bool) (*server, error) {
	cmd := exec.CommandContext(ctx, binary, "serve", "--dev", "--listen", "127.0.0.1:0", "--data-dir", data, "--log.level", "warn", "--server.rateLimits=false")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	cmd.Env = os.Environ()
	if procs > 0 {
		cmd.Env = append(cmd.Env, "GOMAXPROCS="+strconv.Itoa(procs))
	}
	s := &server{cmd: cmd}
	if profiles {
		address, err := freeAddress()
		if err != nil {
			return nil, err
		}
		s.pprof = address
		cmd.Env = append(cmd.Env, "PARLEY_PPROF="+address)
	}
	log, err := os.Create(filepath.Join(filepath.Dir(data), "server.log"))
	if err != nil {
		return nil, fmt.Errorf("keep the server's log: %w", err)
	}
	defer func() { _ = log.Close() }()
	cmd.Stderr = log
	if s.out, err = cmd.StdoutPipe(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	if s.url, err = readURL(s.out); err != nil {
		said, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("start the server: %w\n%s", errors.Join(err, s.stop()), said)
	}
	return s, nil
}

// readURL waits for the line that says where the server is.
func readURL(out io.Reader) (string, error) {
	found := make(chan string, 1)
	go func() { // ends with the process
		defer close(found)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			for word := range strings.FieldsSeq(lines.Text()) {
				if strings.HasPrefix(word, "http://") {
					found <- word
					_, _ = io.Copy(io.Discard, out)
					return
				}
			}
		}
	}()
	select {
	case url, ok := <-found:
		if !ok {
			return "", errors.New("it ended before it was ready")
		}
		return url, nil
	case <-time.After(startFor):
		return "", fmt.Errorf("it was not ready after %v", startFor)
	}
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop the server: %w", err)
	}
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("the server: %w", err)
	}
	return nil
}

// cpuTime is the process's user and system time. Its CPU clock counts the same as /proc/PID/stat, in nanoseconds instead
// of hundredths of a second.
func (s *server) cpuTime() (time.Duration, error) {
	var t unix.Timespec
	const scheduled = 2 // CPUCLOCK_SCHED of the process, see clock_getcpuclockid(3)
	if err := unix.ClockGettime(int32(^s.cmd.Process.Pid)<<3|scheduled, &t); err != nil {
		return 0, fmt.Errorf("read the server's CPU time: %w", err)
	}
	return time.Duration(t.Nano()), nil
}

// gauges are what the server's own metrics say.
type gauges struct{ mallocs, goroutines, resident float64 }

func (s *server) gauges(ctx context.Context) (g gauges, err error) {
	body, err := get(ctx, s.url+"/metrics")
	if err != nil {
		return g, err
	}
	for name, value := range map[string]*float64{
		"go_memstats_mallocs_total": &g.mallocs, "go_goroutines": &g.goroutines, "process_resident_memory_bytes": &g.resident,
	} {
		if *value, err = metric(string(body), name); err != nil {
			return g, err
		}
	}
	return g, nil
}

func metric(text, name string) (float64, error) {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
	}
	return 0, fmt.Errorf("the server has no metric %s", name)
}

func get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", url, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", url, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", url, err)
	}
	return body, nil
}
