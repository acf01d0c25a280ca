package engineio

import (
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"github.com/digierapro/parley/signaling/socketio/internal/timerheap"
)

// Session is one client's message stream, over whichever transport it uses now.
type Session struct {
	srv          *Server
	id           string
	addr         netip.Addr
	admissionKey netip.Addr

	receiving sync.Mutex // held while the Receiver takes a message

	established bool // guarded by srv.mu

	mu          sync.Mutex
	ended       bool
	reason      Reason // why it ended
	recv        Receiver
	queue       queue
	roomAgain   chan struct{} // closed when the queue is below half; nil when nobody waits
	bucket      bucket
	waitingPong bool
	probing     bool            // Probe has set the time for the pong
	timer       timerheap.Timer // the heartbeat; after the end, how long a last poll is waited for

	// The WebSocket, once there is one. Its reader runs as long as it is open.
	conn    *wsConn
	writing bool          // a writer is at work
	written chan struct{} // closed when it stops; nil when nobody waits

	// Polling.
	poll     *poll
	posting  bool
	farewell byte // last packet for a poll of a session that has ended
	upgrade  upgrade
}

func newSession(srv *Server, id string, addr netip.Addr) *Session {
	s := &Session{srv: srv, id: id, addr: addr, admissionKey: admissionKey(addr)}
	s.timer.Fire = s.onTimer
	return s
}

// RemoteAddr is where the client comes from, as Config.RemoteAddr says.
func (s *Session) RemoteAddr() netip.Addr { return s.addr }

// ID is the session's id. It is a secret of the client.
func (s *Session) ID() string { return s.id }

// Establish says that the client has proved who it is: it counts against MaxPerAddr from now on, and may send messages
// up to MaxPayload. It reports false when its address has too many such sessions.
func (s *Session) Establish() bool {
	s.srv.mu.Lock()
	defer s.srv.mu.Unlock()
	if s.established || s.srv.sessions[s.id] != s {
		return true
	}
	if !s.srv.admission.establish(s.admissionKey, &s.srv.cfg) {
		s.srv.stats.RefusedLimit.Add(1)
		return false
	}
	s.established = true
	return true
}

func (s *Session) maxPayload() int {
	s.srv.mu.Lock()
	defer s.srv.mu.Unlock()
	if s.established {
		return s.srv.cfg.MaxPayload
	}
	return s.srv.cfg.MaxPayloadPending
}

// begin gives the session its receiver and the handshake, which is the first packet it sends.
func (s *Session) begin(r *http.Request, upgrades []string) error {
	open, err := s.srv.openPacket(s, upgrades)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.queue.items = append(s.queue.items, queued{msg: open, class: control})
	s.queue.bytes += open.size
	s.mu.Unlock()
	recv := s.srv.accept(s, r)

	s.mu.Lock()
	s.recv = recv
	ended, reason := s.ended, s.reason
	if !ended {
		s.srv.timers.Set(&s.timer, s.srv.cfg.PingInterval)
	}
	s.mu.Unlock()
	if ended {
		recv.Closed(reason) // close found no receiver to tell
	}
	return nil
}

// receive handles a packet that came over an open transport.
func (s *Session) receive(p packet) error {
	s.srv.stats.PacketsIn.Add(1)
	s.srv.stats.BytesIn.Add(int64(len(p.data)))
	switch p.typ {
	case typeMessage:
		return s.deliver(p)
	case typePong:
		s.pong()
		return nil
	case typeClose:
		s.close(TransportClose)
		return nil
	case typeNoop:
		return nil
	default: // open, upgrade, and ping, which is for the server to send
		return errNotAllowed
	}
}

// deliver gives a message to the receiver, one at a time even while the transport changes.
func (s *Session) deliver(p packet) (err error) {
	s.receiving.Lock()
	defer s.receiving.Unlock()
	s.mu.Lock()
	recv, ended := s.recv, s.ended
	s.mu.Unlock()
	if ended {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			s.srv.stats.Panics.Add(1)
			s.srv.cfg.Logger.Error("panic in message receiver", slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
			s.close(HandlerPanic)
		}
	}()
	return recv.Message(p.data, p.binary)
}

// takeTokens accounts for n packets of the client.
func (s *Session) takeTokens(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bucket.take(n, time.Now(), s.srv.cfg.PacketsPerSecond, s.srv.cfg.PacketBurst)
}
