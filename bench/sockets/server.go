package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/digierapro/parley/internal/portmux"
	"github.com/digierapro/parley/signaling/socketio"
	"github.com/digierapro/parley/signaling/socketio/engineio"
)

// sample is the server's own account of itself.
type sample struct {
	Sockets    int
	RSS        int64
	Heap       int64 // live objects
	Stack      int64
	Goroutines int64
}

// serve is the server process: it prints its address and answers /sample, until its standard input ends.
func serve(ctx context.Context, sockets int) error {
	io1, err := newSocketServer(sockets)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", io1)
	mux.HandleFunc("/sample", func(w http.ResponseWriter, _ *http.Request) {
		s, err := takeSample(io1.Of("/").Len())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(s)
	})
	port, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	shared, err := portmux.New(portmux.Config{Log: slog.New(slog.DiscardHandler), MaxConns: sockets + 100, MaxConnsPerAddress: sockets + 100})
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	served, web := make(chan error, 2), shared.Listener(portmux.Web)
	go func() { served <- server.Serve(web) }()
	go func() { served <- shared.Serve(ctx, port) }()
	fmt.Println(port.Addr())

	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends when the parent does; so does this process then
		cancel()
	}()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	ending, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	err = errors.Join(io1.Close(ending), server.Shutdown(ending))
	<-served
	<-served
	return err
}

// newSocketServer is set up as a real one would be: middleware, recovery, rooms.
func newSocketServer(sockets int) (*socketio.Server, error) {
	s, err := socketio.New(socketio.Config{
		Engine: engineio.Config{
			MaxPerAddr:        sockets + 1,
			MaxPendingPerAddr: sockets + 1,
			MaxSessions:       sockets + 1,
		},
		Recovery: socketio.RecoveryConfig{Window: 2 * time.Minute},
	})
	if err != nil {
		return nil, err
	}
	ns := s.Of("/")
	ns.Use(func(_ context.Context, s *socketio.Socket) error {
		var auth struct{ Token string }
		if err := json.Unmarshal(s.Handshake().Auth, &auth); err != nil {
			return err
		}
		s.Set(auth.Token)
		return nil
	})
	ns.OnConnect(func(s *socketio.Socket) { s.Join("user:"+s.Get().(string), "everyone") })
	ns.OnEvent(func(_ *socketio.Socket, ev *socketio.Event) { _ = ev.Ack("ok") })
	return s, nil
}

func takeSample(sockets int) (sample, error) {
	rss, err := residentBytes()
	if err != nil {
		return sample{}, err
	}
	readings := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}, {Name: "/sched/goroutines:goroutines"},
	}
	metrics.Read(readings)
	value := func(i int) int64 { return int64(readings[i].Value.Uint64()) }
	return sample{Sockets: sockets, RSS: rss, Heap: value(0), Stack: value(1), Goroutines: value(2)}, nil
}

// residentBytes reads VmRSS.
func residentBytes() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib << 10, err
		}
	}
	return 0, errors.New("no VmRSS in /proc/self/status")
}

// raiseFileLimit allows this process so many open files.
func raiseFileLimit(files uint64) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("read the limit of open files: %w", err)
	}
	if limit.Cur >= files {
		return nil
	}
	limit.Cur = files
	limit.Max = max(limit.Max, files)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("allow %d open files (ulimit -n): %w", files, err)
	}
	return nil
}

// serverProcess is the server as the measuring process sees it.
type serverProcess struct {
	addr  string
	cmd   *exec.Cmd
	stdin io.Closer
}

func startServer(ctx context.Context, sockets int) (*serverProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-server", "-sockets", strconv.Itoa(sockets))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &serverProcess{cmd: cmd, stdin: stdin}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("server did not start: %w", err)
	}
	p.addr = strings.TrimSpace(line)
	return p, nil
}

func (p *serverProcess) sample() (sample, error) {
	var s sample
	resp, err := http.Get("http://" + p.addr + "/sample")
	if err != nil {
		return s, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return s, fmt.Errorf("sample: %s", resp.Status)
	}
	return s, json.NewDecoder(resp.Body).Decode(&s)
}

// stop ends the server by closing its standard input.
func (p *serverProcess) stop() {
	_ = p.stdin.Close()
	if err := p.cmd.Wait(); err != nil {
		fmt.Fprintln(os.Stderr, "sockets: server:", err)
	}
}
