package testkit

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// RedisPassword is that of every Redis of the kit.
const RedisPassword = "a-password-of-the-tests"

// RedisServer is a Redis of one test, on a port of its own. It keeps nothing, and dies with the test binary.
type RedisServer struct {
	t    testing.TB
	port string
	args []string

	cmd  *exec.Cmd     // nil while it is down
	done chan struct{} // closed when it has ended
	said bytes.Buffer
}

// Redis starts one. Settings are arguments of redis-server, such as "--maxclients", "10".
func Redis(t testing.TB, settings ...string) *RedisServer {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal("testkit: ", err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	r := &RedisServer{t: t, port: port, args: append([]string{
		"--port", port, "--bind", "127.0.0.1", "--requirepass", RedisPassword, "--save", "", "--appendonly", "no", "--dir", SharedFolder(t),
	}, settings...)}
	r.Start()
	t.Cleanup(func() {
		r.Kill()
		if t.Failed() {
			t.Logf("redis-server said:\n%s", &r.said)
		}
	})
	return r
}

// Addr is its host and port.
func (r *RedisServer) Addr() string { return net.JoinHostPort("127.0.0.1", r.port) }

// URL is its address as in redis.url.
func (r *RedisServer) URL() string { return "redis://:" + RedisPassword + "@" + r.Addr() + "/0" }

// Start starts it, also after Kill, and returns when it answers.
func (r *RedisServer) Start() {
	r.t.Helper()
	if r.cmd != nil {
		return
	}
	r.cmd, r.done = exec.Command("redis-server", r.args...), make(chan struct{})
	r.cmd.Stdout, r.cmd.Stderr = &r.said, &r.said
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go r.live(r.cmd, started, r.done)
	if err := <-started; err != nil {
		r.cmd = nil
		r.t.Fatal("testkit: redis-server (on Debian: apt-get install redis-server): ", err)
	}
	for deadline := time.Now().Add(wait); !r.answers(); time.Sleep(5 * time.Millisecond) {
		select {
		case <-r.done:
			r.t.Fatalf("testkit: redis-server ended: %s\n%s", r.cmd.ProcessState, &r.said)
		default:
		}
		if time.Now().After(deadline) {
			r.t.Fatal("testkit: redis-server does not answer")
		}
	}
}

// live keeps the thread that the process is tied to until the process has ended.
func (r *RedisServer) live(cmd *exec.Cmd, started chan<- error, done chan<- struct{}) {
	runtime.LockOSThread()
	err := cmd.Start()
	started <- err
	if err == nil {
		_ = cmd.Wait() // how it ended is in its ProcessState
		close(done)
	}
}

func (r *RedisServer) answers() bool {
	answer, err := r.ask("PING")
	return err == nil && answer == "+PONG"
}

// Do sends a command and fails the test when it is refused.
func (r *RedisServer) Do(args ...string) string {
	r.t.Helper()
	answer, err := r.ask(args...)
	if err != nil || strings.HasPrefix(answer, "-") {
		r.t.Fatalf("testkit: redis %s: %s %v", args[0], answer, err)
	}
	return answer
}

// ask sends one command over a connection of its own and returns the first line of the answer.
func (r *RedisServer) ask(args ...string) (string, error) {
	conn, err := net.DialTimeout("tcp4", r.Addr(), time.Second)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return "", err
	}
	if _, err := conn.Write(append(command("AUTH", RedisPassword), command(args...)...)); err != nil {
		return "", err
	}
	buf := make([]byte, 4096)
	for text := ""; ; {
		n, err := conn.Read(buf)
		if text += string(buf[:n]); strings.Count(text, "\r\n") >= 2 {
			_, answer, _ := strings.Cut(text, "\r\n")
			answer, _, _ = strings.Cut(answer, "\r\n")
			return answer, nil
		}
		if err != nil {
			return "", err
		}
	}
}

// command is an array of bulk strings.
func command(args ...string) []byte {
	b := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, a := range args {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(a), a)
	}
	return b
}

// Kill ends it at once, with all connections to it.
func (r *RedisServer) Kill() {
	if r.cmd == nil {
		return
	}
	_ = r.cmd.Process.Signal(os.Kill) // it may have ended
	<-r.done
	r.cmd = nil
}

// Freeze stops it as a machine without power does: connections stay, and nothing answers until Thaw.
func (r *RedisServer) Freeze() { r.signal(syscall.SIGSTOP) }

// Thaw lets it go on.
func (r *RedisServer) Thaw() { r.signal(syscall.SIGCONT) }

func (r *RedisServer) signal(s syscall.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.t.Fatal("testkit: ", err)
	}
}
