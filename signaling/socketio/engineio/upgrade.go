package engineio

import (
	"net/http"
	"time"
)

// upgrade is the state of a session's way from polling to a WebSocket. Guarded by the session's mu.
type upgrade struct {
	reserved bool    // a WebSocket has the slot
	probed   bool    // it has sent its probe; polls end with a noop
	conn     *wsConn // it, until it is the session's transport
}

var (
	probeAnswer = newControl(string(typePong) + "probe")
	probeText   = "probe"
)

// serveUpgrade takes a WebSocket for a session that exists. The slot is reserved before the 101 is written, or a second
// WebSocket could steal the session; one that comes too late is accepted and closed, as the protocol's clients expect.
func (s *Session) serveUpgrade(w http.ResponseWriter, r *http.Request) {
	if !s.reserveUpgrade() {
		s.refuseUpgrade(w, r)
		return
	}
	conn, err := s.upgradeHTTP(w, r)
	if err != nil {
		s.releaseUpgrade()
		return // it is answered
	}
	if !s.srv.goFunc(func() { s.runUpgrade(conn) }) {
		conn.abort()
		s.releaseUpgrade()
	}
}

func (s *Session) reserveUpgrade() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.conn != nil || s.upgrade.reserved {
		return false
	}
	s.upgrade = upgrade{reserved: true}
	return true
}

func (s *Session) releaseUpgrade() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upgrade = upgrade{}
}

func (s *Session) refuseUpgrade(w http.ResponseWriter, r *http.Request) {
	conn, err := s.upgradeHTTP(w, r)
	if err != nil {
		return // it is answered
	}
	_ = conn.writeFrames([][]byte{closeFrame(1008, "session has a transport")}, hurryTime)
	conn.abort()
}

// runUpgrade waits for probe and upgrade packets, and then is the session's reader.
func (s *Session) runUpgrade(conn *wsConn) {
	if !s.awaitUpgrade(conn) || !s.finishUpgrade(conn) {
		s.srv.stats.UpgradeLost.Add(1)
		s.releaseUpgrade()
		conn.abort()
		return
	}
	s.startReading(conn)
}

// awaitUpgrade is the client's half of the exchange: 2probe, and after the answer 5. Anything else loses the slot, and
// the session stays with polling.
func (s *Session) awaitUpgrade(conn *wsConn) bool {
	s.mu.Lock()
	s.upgrade.conn = conn
	ended := s.ended
	s.mu.Unlock()
	if ended || conn.SetReadDeadline(time.Now().Add(s.srv.cfg.UpgradeTimeout)) != nil {
		return false
	}
	if p, ok := s.readText(conn); !ok || p.typ != typePing || string(p.data) != probeText {
		return false
	}
	if conn.writeFrames([][]byte{probeAnswer.first.wire}, s.srv.cfg.WriteTimeout) != nil {
		return false
	}
	s.mu.Lock()
	s.upgrade.probed = true
	if s.poll != nil {
		s.poll.wakeUp()
	}
	s.mu.Unlock()
	p, ok := s.readText(conn)
	return ok && p.typ == typeUpgrade && conn.SetReadDeadline(time.Time{}) == nil
}

// readText reads one text packet of the exchange. What comes behind it is left for the reader.
func (s *Session) readText(conn *wsConn) (packet, bool) {
	buf := make([]byte, 64)
	for {
		got, used, err := conn.frames.next(conn.rest, len(probeText)+1)
		conn.rest = conn.rest[used:]
		switch {
		case err != nil || used > 0 && !s.takeTokens(1):
			return packet{}, false
		case got.opcode == opText:
			p, err := parseText(got.data)
			return p, err == nil
		case got.opcode == opBinary || got.opcode == opClose:
			return packet{}, false
		case used == 0:
			n, err := conn.Read(buf)
			if err != nil {
				return packet{}, false
			}
			conn.rest = append(conn.rest, buf[:n]...)
		}
	}
}

// finishUpgrade makes the WebSocket the transport. What was queued meanwhile goes over it.
func (s *Session) finishUpgrade(conn *wsConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.conn = conn
	s.upgrade = upgrade{reserved: true}
	s.srv.stats.WebSockets.Add(1)
	s.srv.stats.Upgraded.Add(1)
	if s.poll != nil {
		s.poll.wakeUp()
	}
	s.kickLocked()
	return true
}
