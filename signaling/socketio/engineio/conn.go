package engineio

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// wsConn is the TCP connection of a WebSocket, with what is known of its frames. It lets frames through one write at a time.
type wsConn struct {
	net.Conn
	raw     syscall.RawConn // for reads and writes that do not wait; nil when there is no telling whether they would
	session *Session

	// Owned by the reader.
	frames frameReader
	rest   []byte // the beginning of a frame that is not whole

	reader  atomic.Int32 // what the reader does, see wake
	ending  atomic.Bool  // behind what is to be read is an end or an error; set before wake
	watched bool         // there is a reader only while there is something to read; set before the first
	fd      int32        // by which it is watched

	mu sync.Mutex // held during a write
}

func newWSConn(s *Session, conn net.Conn) *wsConn {
	return &wsConn{Conn: conn, raw: direct(conn), session: s}
}

// What the reader of a connection does.
const (
	readerNone  int32 = iota // it has not begun
	readerIdle               // there is none until something comes
	readerReads              // it looks for what has come
	readerAgain              // the same, and something came since
)

// wake has the connection read, unless there is a reader that will find what there is.
func (c *wsConn) wake() {
	for {
		switch state := c.reader.Load(); state {
		case readerIdle:
			if c.reader.CompareAndSwap(state, readerReads) {
				go c.session.readLoop(c) // Close waits for it, see startReading
				return
			}
		case readerReads:
			if c.reader.CompareAndSwap(state, readerAgain) {
				return
			}
		default:
			return
		}
	}
}

// emptied tells whether a read has left nothing to read. What comes after it wakes the connection again (epoll(7)).
func (c *wsConn) emptied(n, size int) bool {
	return c.watched && 0 < n && n < size && !c.ending.Load() && !c.session.over()
}

// rests makes the connection one without a reader, unless something came since the reader last looked.
func (c *wsConn) rests() bool {
	if c.reader.CompareAndSwap(readerReads, readerIdle) {
		return true
	}
	c.reader.Store(readerReads)
	return false
}

// errNothing says that nothing more has come.
var errNothing = errors.New("engineio: nothing to read")

// readSome reads what has come, and only waits for it when it is told to or cannot know.
func (c *wsConn) readSome(p []byte, wait bool) (n int, err error) {
	if wait || !c.watched {
		return c.Conn.Read(p)
	}
	o := directPool.Get().(*directIO)
	defer o.free()
	o.bytes = p
	err = c.raw.Read(o.read)
	switch {
	case err != nil:
		return 0, err
	case o.errno == syscall.EAGAIN:
		return 0, errNothing
	case o.errno == syscall.EINTR:
		return 0, nil
	case o.errno != 0:
		return 0, o.errno
	case o.n == 0:
		return 0, io.EOF
	}
	return o.n, nil
}

// hurry makes a write that is under way end soon.
func (c *wsConn) hurry(d time.Duration) {
	_ = c.Conn.SetWriteDeadline(time.Now().Add(d)) // fails only on a closed connection
}

// writeFrames writes frames with one system call where the connection can.
func (c *wsConn) writeFrames(frames [][]byte, timeout time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.Conn.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	if err := c.writeAll(frames); err != nil {
		return err
	}
	if c.raw == nil {
		return nil
	}
	return c.Conn.SetWriteDeadline(time.Time{}) // one that has passed would stop writeDirect
}

func (c *wsConn) writeAll(frames [][]byte) error {
	if len(frames) == 1 {
		_, err := c.Conn.Write(frames[0])
		return err
	}
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		bufs := net.Buffers(frames)
		_, err := bufs.WriteTo(tcp)
		return err
	}
	return c.writeJoined(frames)
}

var joinPool = sync.Pool{New: func() any { b := make([]byte, 0, batchBytes); return &b }}

// writeJoined copies small frames together, because a TLS connection makes a record and a system call of each write.
func (c *wsConn) writeJoined(frames [][]byte) error {
	buf := joinPool.Get().(*[]byte)
	defer joinPool.Put(buf)
	b := (*buf)[:0]
	for _, f := range frames {
		if len(b) > 0 && len(b)+len(f) > cap(b) {
			if _, err := c.Conn.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
		if len(f) > cap(b) {
			if _, err := c.Conn.Write(f); err != nil {
				return err
			}
			continue
		}
		b = append(b, f...)
	}
	if len(b) == 0 {
		return nil
	}
	_, err := c.Conn.Write(b)
	return err
}

// abort closes the connection without a word and without waiting, as a TLS connection's Close would. The reader finds out.
func (c *wsConn) abort() {
	c.session.srv.watcher.remove(c)
	conn := c.Conn
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	_ = conn.Close() // nobody is left to tell
	c.wake()
}
