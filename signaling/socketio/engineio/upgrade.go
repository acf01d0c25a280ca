package engineio

import (
	"net/http"
	"time"

	"github.com/gorilla/websocket"
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
	ws, conn, err := s.upgradeHTTP(w, r)
	if err != nil {
		s.releaseUpgrade()
		return // the upgrader has answered
	}
	if !s.srv.goFunc(func() { s.runUpgrade(ws, conn) }) {
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
	_, conn, err := s.upgradeHTTP(w, r)
	if err != nil {
		return // the upgrader has answered
	}
	_ = conn.writeFrames([][]byte{closeFrame(websocket.ClosePolicyViolation, "session has a transport")}, hurryTime)
	conn.abort()
}

// runUpgrade waits for probe and upgrade packets, and then is the session's reader.
func (s *Session) runUpgrade(ws *websocket.Conn, conn *wsConn) {
	if !s.awaitUpgrade(ws, conn) || !s.finishUpgrade(conn) {
		s.srv.stats.UpgradeLost.Add(1)
		s.releaseUpgrade()
		conn.abort()
		return
	}
	s.readLoop(ws, conn)
}

// awaitUpgrade is the client's half of the exchange: 2probe, and after the answer 5. Anything else loses the slot, and
// the session stays with polling.
func (s *Session) awaitUpgrade(ws *websocket.Conn, conn *wsConn) bool {
	s.mu.Lock()
	s.upgrade.conn = conn
	ended := s.ended
	s.mu.Unlock()
	if ended || conn.SetReadDeadline(time.Now().Add(s.srv.cfg.UpgradeTimeout)) != nil {
		return false
	}
	if p, ok := s.readText(ws); !ok || p.typ != typePing || string(p.data) != probeText {
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
	p, ok := s.readText(ws)
	return ok && p.typ == typeUpgrade && conn.SetReadDeadline(time.Time{}) == nil
}

// readText reads one text packet of the exchange.
func (s *Session) readText(ws *websocket.Conn) (packet, bool) {
	kind, r, err := ws.NextReader()
	if err != nil || kind != websocket.TextMessage {
		return packet{}, false
	}
	data, err := readMessage(r, len(probeText)+1)
	if err != nil {
		return packet{}, false
	}
	p, err := parseText(data)
	return p, err == nil
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
