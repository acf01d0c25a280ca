package engineio

var pingMessage = newControl(string(typePing))

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
	s.waitingPong = false
	s.srv.timers.Set(&s.timer, s.srv.cfg.PingInterval)
}
