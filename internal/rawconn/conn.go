// Package rawconn reads and writes TCP and Unix connections without a word to Go's scheduler. Before each system call that
// might block, Go has its monitor wake up and look every 20 µs whether it does. These never do: their descriptors are
// non-blocking, and waiting is the poller's. For a server that mostly waits, the monitor was a sixth of all its CPU time.
package rawconn

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
)

// Conn is a connection read and written so. All else is the connection's own.
type Conn struct {
	net.Conn
	raw syscall.RawConn // nil for a connection without a descriptor, which reads and writes as ever
}

// New wraps a connection.
func New(conn net.Conn) Conn {
	if c, ok := conn.(syscall.Conn); ok {
		if raw, err := c.SyscallConn(); err == nil {
			return Conn{conn, raw}
		}
	}
	return Conn{Conn: conn}
}

// op is one system call and what came of it.
type op struct {
	bytes       []byte
	n           int
	errno       syscall.Errno
	read, write func(fd uintptr) (done bool) // made once, since each would be an allocation
}

var ops = sync.Pool{New: func() any {
	o := &op{}
	o.read = func(fd uintptr) bool { return o.did(readNow(fd, o.bytes)) }
	o.write = func(fd uintptr) bool { return o.did(writeNow(fd, o.bytes)) }
	return o
}}

func (o *op) did(n int, errno syscall.Errno) (done bool) {
	o.n, o.errno = max(n, 0), errno
	return errno != syscall.EAGAIN
}

// Read implements net.Conn.
func (c Conn) Read(b []byte) (int, error) {
	if c.raw == nil || len(b) == 0 {
		return c.Conn.Read(b)
	}
	o := ops.Get().(*op)
	defer o.free()
	o.bytes = b
	for {
		err := c.raw.Read(o.read)
		switch {
		case err != nil:
			return 0, renamed(err, "read")
		case o.errno == syscall.EINTR:
		case o.errno != 0:
			return 0, c.failed("read", o.errno)
		case o.n == 0:
			return 0, io.EOF
		default:
			return o.n, nil
		}
	}
}

// Write implements net.Conn.
func (c Conn) Write(b []byte) (written int, err error) {
	if c.raw == nil || len(b) == 0 {
		return c.Conn.Write(b)
	}
	o := ops.Get().(*op)
	defer o.free()
	for written < len(b) {
		o.bytes = b[written:]
		err := c.raw.Write(o.write)
		switch {
		case err != nil:
			return written, renamed(err, "write")
		case o.errno == syscall.EINTR:
		case o.errno != 0:
			return written, c.failed("write", o.errno)
		default:
			written += o.n
		}
	}
	return written, nil
}

func (o *op) free() {
	o.bytes = nil
	ops.Put(o)
}

// failed is the error that package net would give.
func (c Conn) failed(what string, errno syscall.Errno) error {
	return &net.OpError{
		Op: what, Net: c.LocalAddr().Network(), Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError(what, errno),
	}
}

// renamed is the error of a passed deadline or a closed connection, as package net would give it.
func renamed(err error, what string) error {
	var failed *net.OpError
	if errors.As(err, &failed) {
		failed.Op = what
	}
	return err
}
