package engineio

import (
	"net"
	"sync"
	"syscall"
)

// directBytes is the largest frame that is written by whoever sends it.
const directBytes = 64 << 10

// directIO reads from a connection what has come, or writes to it as much as its buffer in the kernel takes, and never
// waits. A goroutine and two timers a message, as a write that may wait needs, cost more than the write itself.
type directIO struct {
	bytes       []byte
	n           int
	errno       syscall.Errno
	read, write func(fd uintptr) bool // made once, since each would be an allocation
}

var directPool = sync.Pool{New: func() any {
	o := &directIO{}
	// Whatever comes of it, it is not to be waited for.
	o.read = func(fd uintptr) bool { o.n, o.errno = readNow(fd, o.bytes); return true }
	o.write = func(fd uintptr) bool { o.n, o.errno = writeNow(fd, o.bytes); return true }
	return o
}}

func (o *directIO) free() {
	o.bytes = nil
	directPool.Put(o)
}

// direct gives access to the file descriptor of a TCP connection; nil for others, such as TLS.
func direct(conn net.Conn) syscall.RawConn {
	if tcp, ok := conn.(syscall.Conn); ok {
		if raw, err := tcp.SyscallConn(); err == nil {
			return raw
		}
	}
	return nil
}

// writeDirect writes as much of a frame as can be written at once. What it does not write is for a writer that waits.
func (c *wsConn) writeDirect(frame []byte) (written int, err error) {
	if c.raw == nil || !c.mu.TryLock() {
		return 0, nil
	}
	defer c.mu.Unlock()
	o := directPool.Get().(*directIO)
	defer o.free()
	o.bytes = frame
	err = c.raw.Write(o.write)
	switch {
	case err != nil:
		return 0, nil // a deadline that has passed, or it is closed: the writer finds out
	case o.errno == 0:
		return o.n, nil
	case o.errno == syscall.EAGAIN, o.errno == syscall.EINTR:
		return 0, nil
	}
	return 0, o.errno
}

// sendDirect writes a message without a writer when nothing waits before it. It is called with mu held and the session
// open, gives it up meanwhile, and reports whether the message is on its way; if not, it is to be queued. The writer's
// place is taken for the time, so that nobody overtakes.
func (s *Session) sendDirect(m *Message) (sent bool) {
	if s.conn == nil || s.conn.raw == nil || s.writing || !s.queue.empty() || len(m.rest) > 0 || m.size > directBytes {
		return false
	}
	s.writing = true
	s.mu.Unlock()
	n, err := s.conn.writeDirect(m.first.wire)
	if err != nil {
		s.close(TransportError)
		s.stopWriting()
		s.conn.abort()
		s.mu.Lock()
		return true
	}
	s.srv.stats.BytesOut.Add(int64(n))
	if n == m.size {
		s.srv.stats.PacketsOut.Add(1)
	}
	s.mu.Lock()
	if n > 0 && n < m.size {
		s.queue.unshift(&Message{first: frame{wire: m.first.wire[n:]}, size: m.size - n})
	}
	s.handOverLocked()
	return n > 0
}

// handOverLocked gives the writer's place to a writer, if there is anything to write, or else gives it up.
func (s *Session) handOverLocked() {
	if s.queue.empty() && !s.ended {
		s.writing = false
		return
	}
	s.srv.running.Go(s.writeLoop)
}
