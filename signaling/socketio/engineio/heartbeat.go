package engineio

import "time"

var pingMessage = newControl(string(typePing))

// pongKey tells which of what waits to be sent is the answer to a ping.
const pongKey = "pong"

// onTimer sends a ping, or ends a session whose client has not answered the last one. The client, for its part, closes
// when it hears nothing for PingInterval and PingTimeout together.
func (s *Session) onTimer() {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		s.srv.forget(s) // no poll came for the farewell
		return
	}
	if s.waitingPong {
		s.mu.Unlock()
		s.close(PingTimeout)
		return
	}
	s.waitingPong = true
	s.srv.timers.Set(&s.timer, s.srv.cfg.PingTimeout)
	s.queue.push(queued{msg: pingMessage, class: control}, 0, 0)
	s.kickLocked()
	s.mu.Unlock()
}

func (s *Session) pong() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || !s.waitingPong {
		return
	}
	s.waitingPong, s.probing = false, false
	s.srv.timers.Set(&s.timer, s.srv.cfg.PingInterval)
}

// Probe asks the client for a sign of life now instead of at the next ping: without one within the time the session ends,
// as after any other unanswered ping. For whoever has reason to think that the client is gone.
func (s *Session) Probe(within time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.recv == nil || s.probing {
		return
	}
	s.probing = true
	s.srv.timers.Set(&s.timer, within)
	if s.waitingPong {
		return // the ping that is on its way will do
	}
	s.waitingPong = true
	s.queue.push(queued{msg: pingMessage, class: control}, 0, 0)
	s.kickLocked()
}

// sendPong answers a WebSocket's own ping. Of several that wait to be answered, the last is enough (RFC 6455, 5.5.3).
func (s *Session) sendPong(payload []byte) {
	pong := single(seal(append(make([]byte, headerRoom, headerRoom+len(payload)), payload...), opPong))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.queue.remove(func(q queued) bool { return q.class == control && q.key == pongKey })
	s.queue.push(queued{msg: pong, class: control, key: pongKey}, 0, 0)
	s.kickLocked()
}
