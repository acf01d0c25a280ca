package engineio

import (
	"bufio"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

var errFrameRate = errors.New("engineio: too many frames")

// wsConn stands between the WebSocket library and the TCP connection. Reading, it counts frames. Writing, it lets our
// frames, which are encoded already, and the library's control frames through one at a time.
type wsConn struct {
	net.Conn
	raw          syscall.RawConn // for writes that do not wait; nil when there is no telling whether they would
	writeTimeout time.Duration

	// Owned by the reader; allow is set before it begins.
	meter frameMeter
	allow func(frames int) bool

	mu sync.Mutex // held during a write
}

func (c *wsConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if frames := c.meter.feed(p[:n]); frames > 0 {
		if !c.allow(frames) {
			return 0, errFrameRate
		}
	}
	return n, err
}

// Write is called by the WebSocket library with whole control frames.
func (c *wsConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.Conn.SetWriteDeadline(time.Now().Add(c.writeTimeout)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(p)
	if err == nil && c.raw != nil {
		err = c.Conn.SetWriteDeadline(time.Time{})
	}
	return n, err
}

// SetWriteDeadline does nothing: the library would cut short a write of ours.
func (c *wsConn) SetWriteDeadline(time.Time) error { return nil }

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

// abort closes the connection without a word and without waiting, as a TLS connection's Close would.
func (c *wsConn) abort() {
	conn := c.Conn
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	_ = conn.Close() // nobody is left to tell
}

// hijacker gives the WebSocket library a wsConn in place of the connection it asks for.
type hijacker struct {
	http.ResponseWriter
	writeTimeout time.Duration
	conn         *wsConn
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn = &wsConn{Conn: conn, raw: direct(conn), writeTimeout: h.writeTimeout}
	return h.conn, rw, nil
}

// noWriteBuffers is the pool of the library's write buffers. We write data frames ourselves, so it stays empty.
var noWriteBuffers sync.Pool

func (s *Session) upgradeHTTP(w http.ResponseWriter, r *http.Request) (*websocket.Conn, *wsConn, error) {
	h := &hijacker{ResponseWriter: w, writeTimeout: s.srv.cfg.WriteTimeout}
	upgrader := websocket.Upgrader{
		HandshakeTimeout: s.srv.cfg.WriteTimeout,
		ReadBufferSize:   readBufferSize,
		WriteBufferSize:  writeBufferSize,
		WriteBufferPool:  &noWriteBuffers,
		CheckOrigin:      func(*http.Request) bool { return true }, // checked for both transports in ServeHTTP
		Error: func(w http.ResponseWriter, _ *http.Request, _ int, _ error) {
			errBadRequest.write(w)
		},
	}
	ws, err := upgrader.Upgrade(h, r, nil)
	if err != nil {
		return nil, nil, err
	}
	conn := h.conn // the library keeps the function below; h would keep the request and its buffers
	conn.allow = s.takeTokens
	ws.SetCloseHandler(func(code int, _ string) error {
		return s.answerClose(conn, code)
	})
	return ws, conn, nil
}
