package portmux

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// asExhausted is set for a test binary that started itself again, to be a server with few file descriptors.
const asExhausted = "PORTMUX_TEST_AS_SERVER"

const fewFiles = 60

// serveExhausted is that server: it answers every connection of HTTP with "ok", until its standard input ends.
func serveExhausted() error {
	limit := unix.Rlimit{Cur: fewFiles, Max: fewFiles}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	m, err := New(Config{Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), DetectTimeout: time.Hour})
	if err != nil {
		return err
	}
	port, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	web := m.Listener(Web)
	go func() {
		for {
			c, err := web.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.WriteString(c, "ok")
				_, _ = io.Copy(io.Discard, c)
				_ = c.Close()
			}()
		}
	}()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	_, _ = os.Stdout.WriteString(port.Addr().String() + "\n")
	if err := m.Serve(ctx, port.(*net.TCPListener)); err != nil {
		return err
	}
	if m.Stats().AcceptErrors == 0 {
		return errors.New("it never ran out of file descriptors")
	}
	return nil
}

// Without file descriptors the server waits, closes those who say nothing, and goes on.
func TestOutOfFileDescriptors(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asExhausted+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address = strings.TrimSpace(address)
	open := func(says string) net.Conn {
		c, err := net.DialTimeout("tcp", address, patience)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_ = c.SetDeadline(time.Now().Add(patience))
		_, _ = io.WriteString(c, says) // it may be closed already
		return c
	}
	served := func(c net.Conn, when string) {
		t.Helper()
		if _, err := io.ReadFull(c, make([]byte, 2)); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	for range 2 * fewFiles {
		open("")
	}
	served(open("GET"), "while many say nothing")
	var crowd []net.Conn
	for range 2 * fewFiles {
		crowd = append(crowd, open("GET"))
	}
	served(crowd[0], "one of many")
	for _, c := range crowd {
		_ = c.Close()
	}
	served(open("GET"), "after they have gone")
	_ = stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
