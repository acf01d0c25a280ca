package engineio

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

var errFrameRate = errors.New("engineio: too many frames")

// openWebSocket makes a session that begins on a WebSocket.
func (s *Server) openWebSocket(w http.ResponseWriter, r *http.Request) *requestError {
	session, fault := s.open(r)
	if fault != nil {
		return fault
	}
	conn, err := session.upgradeHTTP(w, r)
	if err != nil {
		s.forget(session)
		return nil // it is answered
	}
	if err := session.begin(r, []string{}); err != nil {
		session.close(TransportError)
		conn.abort()
		return nil
	}
	if !session.runWebSocket(conn) {
		conn.abort()
	}
	return nil
}

// runWebSocket makes a WebSocket the session's transport, sends what is queued, and starts the reader, so that the
// request's goroutine and buffers can go.
func (s *Session) runWebSocket(conn *wsConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || !s.srv.goFunc(func() { s.startReading(conn) }) {
		return false
	}
	s.conn = conn
	s.srv.stats.WebSockets.Add(1)
	s.kickLocked()
	return true
}

// startReading reads from now on. The connection counts as running until it is read no more, also while it has no reader;
// the caller counts, so that Close cannot have finished waiting.
func (s *Session) startReading(conn *wsConn) {
	s.srv.running.Add(1)
	conn.reader.Store(readerReads)
	conn.watched = s.srv.watcher.add(conn)
	s.readLoop(conn)
}

const (
	readBytes       = 4 << 10 // that are read at once
	readBytesInWait = 512     // the same where the reader waits, and the buffer with it
)

var readPool = sync.Pool{New: func() any { b := make([]byte, readBytes); return &b }}

// readLoop reads until the connection fails or, where that is watched, until nothing more has come; then wake starts it
// anew. After the session has ended it reads on for the client's close frame.
func (s *Session) readLoop(conn *wsConn) {
	var buf []byte
	if conn.watched {
		pooled := readPool.Get().(*[]byte)
		defer readPool.Put(pooled)
		buf = *pooled
	} else {
		buf = make([]byte, readBytesInWait)
	}
	err := s.take(conn, nil) // what an upgrade has left
	for err == nil {
		var n int
		n, err = conn.readSome(buf, s.over())
		switch {
		case err == nil:
			err = s.take(conn, buf[:n])
			if err == nil && conn.emptied(n, len(buf)) && conn.rests() {
				return
			}
		case errors.Is(err, errNothing) && conn.rests():
			return
		case errors.Is(err, errNothing):
			err = nil
		}
	}
	s.endReading(conn, err)
}

func (s *Session) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// endReading closes a connection that has failed, or whose client has said enough.
func (s *Session) endReading(conn *wsConn, err error) {
	defer s.srv.running.Done()
	defer conn.abort()
	if errors.Is(err, errFrame) {
		_ = conn.writeFrames([][]byte{closeFrame(1002, "")}, hurryTime) // it is closed next
	}
	reason := reasonOf(err)
	s.close(reason)
	s.awaitWriter()
	if reason == TooLarge || reason == RateLimit {
		s.discard(conn)
	}
}

// take handles the frames that are whole with what has come now.
func (s *Session) take(conn *wsConn, p []byte) error {
	if len(conn.rest) > 0 {
		conn.rest = append(conn.rest, p...)
		p = conn.rest
	}
	came := len(p)
	for len(p) > 0 {
		got, used, err := conn.frames.next(p, s.maxPayload())
		if err != nil {
			return err
		}
		if used == 0 {
			break
		}
		p = p[used:]
		if !s.takeTokens(1) {
			return errFrameRate
		}
		if err := s.takeFrame(conn, got); err != nil {
			return err
		}
	}
	switch {
	case len(p) == 0:
		conn.rest = nil
	case len(p) < came || len(conn.rest) == 0:
		conn.rest = bytes.Clone(p) // and not a part of what was read, or of a large message
	}
	return nil
}

func (s *Session) takeFrame(conn *wsConn, got received) error {
	switch got.opcode {
	case opText, opBinary:
		s.takeMessage(got)
	case opPing:
		s.sendPong(got.data)
	case opClose:
		return s.answerClose(conn, got.data)
	}
	return nil
}

func (s *Session) takeMessage(got received) {
	p, err := packet{typ: typeMessage, binary: true, data: got.data}, error(nil)
	if got.opcode == opText {
		p, err = parseText(got.data)
	}
	if err == nil {
		err = s.receive(p)
	}
	if err != nil {
		s.close(ParseError)
	}
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
	switch {
	case errors.Is(err, io.EOF):
		return TransportClose
	case errors.Is(err, errFrameRate):
		return RateLimit
	case errors.Is(err, errMessageTooLarge):
		return TooLarge
	default:
		return TransportError
	}
}
