package engineio

import (
	"encoding/binary"
	"io"
	"time"
)

const (
	// lingerAfterClose is how long the last packets of a polling session that the application closed wait for a poll.
	lingerAfterClose = 5 * time.Second
	// lingerAfterGoodbye is the same when the client said goodbye: its last poll may arrive after its POST.
	lingerAfterGoodbye = 100 * time.Millisecond
	// hurryTime is what a write to a slow client that is being closed still gets.
	hurryTime = time.Second
)

// Close ends the session after what is queued has been sent.
func (s *Session) Close() { s.close(ForcedClose) }

// CloseFor ends the session for a reason. What is queued is lost, except with ForcedClose and ServerClose.
func (s *Session) CloseFor(r Reason) { s.close(r) }

// close ends the session once; later calls do nothing.
func (s *Session) close(reason Reason) {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return
	}
	s.ended, s.reason = true, reason
	s.srv.timers.Stop(&s.timer)
	if reason != ForcedClose && reason != ServerClose {
		s.queue.clear()
	}
	lingers := false
	if s.conn != nil {
		s.closeWebSocketLocked(reason)
	} else {
		lingers = s.closePollingLocked(reason)
	}
	s.tellRoomLocked()
	recv := s.recv
	s.mu.Unlock()

	if !lingers {
		s.srv.forget(s)
	}
	s.srv.stats.ClosedByReason[reason].Add(1)
	if recv != nil {
		recv.Closed(reason)
	}
}

func (s *Session) closeWebSocketLocked(reason Reason) {
	s.srv.stats.WebSockets.Add(-1)
	switch reason {
	case TransportClose, TransportError, PingTimeout:
		s.conn.abort()
		return
	case SlowConsumer:
		s.conn.hurry(hurryTime)
	default:
	}
	s.startWriterLocked()
}

// closePollingLocked leaves a last packet for the poll that waits, or for one that is expected.
func (s *Session) closePollingLocked(reason Reason) (lingers bool) {
	s.farewell = typeClose
	if reason == TransportClose {
		s.farewell = typeNoop
	}
	if s.upgrade.conn != nil {
		s.upgrade.conn.abort()
	}
	if s.poll != nil {
		s.poll.wakeUp()
		if reason != ForcedClose || s.queue.empty() {
			return false
		}
	}
	switch reason {
	case ForcedClose:
		s.srv.timers.Set(&s.timer, lingerAfterClose)
	case TransportClose:
		s.srv.timers.Set(&s.timer, lingerAfterGoodbye)
	default:
		return false
	}
	return true
}

// sayGoodbye writes the close frame and gives the client a while to answer it.
func (s *Session) sayGoodbye() {
	s.mu.Lock()
	reason, conn := s.reason, s.conn
	s.mu.Unlock()
	timeout := s.srv.cfg.WriteTimeout
	if reason == SlowConsumer {
		timeout = min(timeout, hurryTime)
	}
	if err := conn.writeFrames([][]byte{closeFrame(reason.closeCode(), reason.String())}, timeout); err != nil {
		conn.abort()
		return
	}
	if err := conn.SetReadDeadline(time.Now().Add(s.srv.cfg.CloseTimeout)); err != nil {
		conn.abort()
	}
	conn.wake() // it waits with the deadline
}

// answerClose ends the reading when the client's close frame has come.
func (s *Session) answerClose(conn *wsConn, payload []byte) error {
	if s.over() {
		return io.EOF // it is the answer to ours
	}
	code, err := closeCode(payload)
	if err != nil {
		return err
	}
	if code == 1005 {
		code = 1000
	}
	_ = conn.writeFrames([][]byte{closeFrame(code, "")}, min(s.srv.cfg.WriteTimeout, hurryTime)) // it is closed next
	return io.EOF
}

// closeFrame is RFC 6455, 5.5.1.
func closeFrame(code int, text string) []byte {
	b := make([]byte, 0, 4+len(text))
	b = append(b, 0x88, byte(2+len(text)))
	b = binary.BigEndian.AppendUint16(b, uint16(code))
	return append(b, text...)
}

// abort cuts the connections of a session that has been closed.
func (s *Session) abort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.conn.abort()
	}
	if s.upgrade.conn != nil {
		s.upgrade.conn.abort()
	}
}
