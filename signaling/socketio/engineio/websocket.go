package engineio

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

var errMessageTooLarge = errors.New("engineio: message too large")

// openWebSocket makes a session that begins on a WebSocket.
func (s *Server) openWebSocket(w http.ResponseWriter, r *http.Request) *requestError {
	session, fault := s.open(r)
	if fault != nil {
		return fault
	}
	ws, conn, err := session.upgradeHTTP(w, r)
	if err != nil {
		s.forget(session)
		return nil // the upgrader has answered
	}
	if err := session.begin(r, []string{}); err != nil {
		session.close(TransportError)
		conn.abort()
		return nil
	}
	if !session.runWebSocket(ws, conn) {
		conn.abort()
	}
	return nil
}

// runWebSocket makes a WebSocket the session's transport, sends what is queued, and starts the reader, so that the
// request's goroutine and buffers can go.
func (s *Session) runWebSocket(ws *websocket.Conn, conn *wsConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || !s.srv.goFunc(func() { s.readLoop(ws, conn) }) {
		return false
	}
	s.conn = conn
	s.srv.stats.WebSockets.Add(1)
	s.kickLocked()
	return true
}

// readLoop reads until the connection fails. After the session has ended it reads on for the client's close frame.
func (s *Session) readLoop(ws *websocket.Conn, conn *wsConn) {
	defer conn.abort()
	var err error
	for err == nil {
		err = s.readOne(ws)
	}
	reason := reasonOf(err)
	s.close(reason)
	s.awaitWriter()
	if reason == TooLarge || reason == RateLimit {
		s.discard(conn)
	}
}

func (s *Session) readOne(ws *websocket.Conn) error {
	kind, r, err := ws.NextReader()
	if err != nil {
		return err
	}
	data, err := readMessage(r, s.maxPayload())
	if err != nil {
		return err
	}
	p := packet{typ: typeMessage, binary: true, data: data}
	if kind == websocket.TextMessage {
		p, err = parseText(data)
	}
	if err == nil {
		err = s.receive(p)
	}
	if err != nil {
		s.close(ParseError)
	}
	return nil
}

var readPool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooledRead keeps one large message from making its buffer stay.
const maxPooledRead = 64 << 10

// readMessage reads one message into a buffer of its own size.
func readMessage(r io.Reader, limit int) ([]byte, error) {
	buf := readPool.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= maxPooledRead {
			buf.Reset()
			readPool.Put(buf)
		}
	}()
	n, err := buf.ReadFrom(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	if n > int64(limit) {
		return nil, errMessageTooLarge
	}
	return bytes.Clone(buf.Bytes()), nil
}

// discard takes in what a client is still sending, because closing a connection with unread data would reset it, and
// the client would not see the close frame.
func (s *Session) discard(conn *wsConn) {
	if err := conn.SetReadDeadline(time.Now().Add(s.srv.cfg.CloseTimeout)); err != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, conn.Conn, int64(s.srv.cfg.MaxPayload)) // whatever happens, it is closed next
}

func reasonOf(err error) Reason {
	var closed *websocket.CloseError
	switch {
	case errors.As(err, &closed):
		return TransportClose
	case errors.Is(err, errFrameRate):
		return RateLimit
	case errors.Is(err, errMessageTooLarge):
		return TooLarge
	default:
		return TransportError
	}
}
