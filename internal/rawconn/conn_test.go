package rawconn_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/net/nettest"

	"github.com/digierapro/parley/internal/rawconn"
)

// pair makes two ends of a connection.
func pair(t *testing.T, network string) (one, other net.Conn, stop func()) {
	t.Helper()
	addr := "127.0.0.1:0"
	if network == "unix" {
		addr = filepath.Join(t.TempDir(), "socket")
	}
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- conn
	}()
	dialed, err := net.Dial(network, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	one, other = dialed, <-accepted
	return one, other, func() { _, _ = one.Close(), other.Close() }
}

// TestIsAConn runs the tests that package net's own connections pass: deadlines, closing, reading and writing at once.
func TestIsAConn(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) {
				one, other, stop := pair(t, network)
				return rawconn.New(one), rawconn.New(other), stop, nil
			})
		})
	}
	t.Run("without a descriptor", func(t *testing.T) {
		nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) {
			one, other := net.Pipe()
			return rawconn.New(one), rawconn.New(other), func() { _, _ = one.Close(), other.Close() }, nil
		})
	})
}

// TestMoreThanTheKernelHolds is written in parts, as the other side reads.
func TestMoreThanTheKernelHolds(t *testing.T) {
	one, other, stop := pair(t, "tcp")
	defer stop()
	sent := bytes.Repeat([]byte("0123456789abcdef"), 4<<20)
	go func() {
		defer func() { _ = one.Close() }()
		if n, err := rawconn.New(one).Write(sent); n != len(sent) || err != nil {
			t.Errorf("%d written, %v", n, err)
		}
	}()
	if got, err := io.ReadAll(rawconn.New(other)); err != nil || !bytes.Equal(got, sent) {
		t.Errorf("%d read, %v", len(got), err)
	}
}

// TestErrorsAreThoseOfPackageNet, on which its users rely.
func TestErrorsAreThoseOfPackageNet(t *testing.T) {
	reset := func(t *testing.T) net.Conn {
		one, other, stop := pair(t, "tcp")
		t.Cleanup(stop)
		if err := errors.Join(other.(*net.TCPConn).SetLinger(0), other.Close()); err != nil {
			t.Fatal(err)
		}
		return one
	}
	closed := func(t *testing.T) net.Conn {
		one, _, stop := pair(t, "tcp")
		stop()
		return one
	}
	for name, c := range map[string]struct {
		conn func(t *testing.T) net.Conn
		want error
	}{"reset": {reset, syscall.ECONNRESET}, "closed": {closed, net.ErrClosed}} {
		t.Run(name, func(t *testing.T) {
			_, err := rawconn.New(c.conn(t)).Read(make([]byte, 1))
			var failed *net.OpError
			if !errors.Is(err, c.want) || !errors.As(err, &failed) || failed.Op != "read" {
				t.Errorf("%#v", err)
			}
			_, theirs := c.conn(t).Read(make([]byte, 1))
			if !errors.Is(theirs, c.want) {
				t.Errorf("package net gives %v", theirs)
			}
		})
	}
}
