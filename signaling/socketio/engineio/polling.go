package engineio

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"
)

// probeGrace is how long a poll that came during an upgrade waits for the upgrade to finish. Requests run in parallel
// here, so the poll may have overtaken the packet that finishes it.
const probeGrace = 100 * time.Millisecond

// poll is a GET that waits for something to send. Guarded by the session's mu, but for the channel.
type poll struct {
	wake          chan struct{} // holds one wake-up
	duringUpgrade bool          // it came when a WebSocket had reserved the upgrade
	graceOver     bool
}

func (p *poll) wakeUp() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// openPolling makes a session that begins with polling; the answer is the handshake.
func (s *Server) openPolling(w http.ResponseWriter, r *http.Request) *requestError {
	session, fault := s.open(r)
	if fault != nil {
		return fault
	}
	upgrades := []string{"websocket"}
	if s.cfg.DisableWebSocket {
		upgrades = []string{}
	}
	if err := session.begin(r, upgrades); err != nil {
		session.close(TransportError)
		return &errBadRequest
	}
	return session.servePoll(w, r)
}

// servePoll answers a GET when there is something to send. One GET at a time: a second one closes the session.
func (s *Session) servePoll(w http.ResponseWriter, r *http.Request) *requestError {
	// A server's read timeout must not end a long poll: net/http would cancel the request.
	if err := http.NewResponseController(w).SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return &errBadRequest
	}
	p := &poll{wake: make(chan struct{}, 1)}
	s.mu.Lock()
	if s.poll != nil {
		s.mu.Unlock()
		s.close(TransportError)
		return &errBadRequest
	}
	p.duringUpgrade = s.upgrade.reserved
	s.poll = p
	s.mu.Unlock()

	body, fault := s.awaitPoll(p, r)
	if fault != nil {
		return fault
	}
	if err := writePoll(w, body, s.srv.cfg.WriteTimeout); err != nil {
		s.close(TransportError)
	}
	return nil
}

// awaitPoll waits until a poll has an answer. It always takes the poll away again.
func (s *Session) awaitPoll(p *poll, r *http.Request) ([]byte, *requestError) {
	var grace <-chan time.Time
	for {
		s.mu.Lock()
		body, fault, ready := s.answerPollLocked(p)
		over := s.ended && s.farewell == 0
		if ready {
			s.poll = nil
		}
		waitsForUpgrade := s.upgrade.probed
		s.mu.Unlock()
		if ready {
			if over {
				s.srv.timers.Stop(&s.timer)
				s.srv.forget(s)
			}
			return body, fault
		}
		if waitsForUpgrade && grace == nil {
			timer := time.NewTimer(probeGrace)
			defer timer.Stop()
			grace = timer.C
		}
		select {
		case <-p.wake:
		case <-grace:
			s.mu.Lock()
			p.graceOver = true
			s.mu.Unlock()
		case <-r.Context().Done():
			s.mu.Lock()
			s.poll = nil
			s.mu.Unlock()
			s.close(TransportError)
			return nil, &errBadRequest
		}
	}
}

// answerPollLocked decides whether a poll can be answered now, and how.
func (s *Session) answerPollLocked(p *poll) (body []byte, fault *requestError, ready bool) {
	switch {
	case s.ended && s.farewell == 0: // it ended on a WebSocket, or has said so
		return nil, &errSessionUnknown, true
	case s.ended && s.reason == ForcedClose && !s.queue.empty():
		// The close packet is left for the next poll: clients handle messages a moment after they have read them, and
		// by then a close packet behind them would have closed the client.
		return s.drainLocked(0), nil, true
	case s.ended:
		body = append(s.drainLocked(1), s.farewell)
		s.farewell = 0
		return body, nil, true
	case s.conn != nil:
		return nil, &errBadRequest, true
	case !s.queue.empty():
		return s.drainLocked(0), nil, true
	case s.upgrade.probed && (!p.duringUpgrade || p.graceOver):
		return []byte{typeNoop}, nil, true
	default:
		return nil, nil, false
	}
}

// drainLocked takes all that is queued as one payload, with a separator behind it if more is to follow.
func (s *Session) drainLocked(more int) []byte {
	size := 2 * len(s.queue.items)
	for _, it := range s.queue.items {
		size += it.msg.size * 4 / 3
	}
	b := make([]byte, 0, size+more)
	for _, it := range s.queue.items {
		b = it.msg.appendPolling(b)
		s.srv.stats.PacketsOut.Add(int64(1 + len(it.msg.rest)))
	}
	s.queue.clear()
	s.tellRoomLocked()
	if more > 0 && len(b) > 0 {
		b = append(b, separator)
	}
	s.srv.stats.BytesOut.Add(int64(len(b)))
	return b
}

func writePoll(w http.ResponseWriter, body []byte, timeout time.Duration) error {
	if err := setDeadline(http.NewResponseController(w).SetWriteDeadline, timeout); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, err := w.Write(body)
	return err
}

// setDeadline sets a deadline where the response writer knows deadlines.
func setDeadline(set func(time.Time) error, timeout time.Duration) error {
	if err := set(time.Now().Add(timeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// servePost takes packets from the client. One POST at a time: a second one closes the session.
func (s *Session) servePost(w http.ResponseWriter, r *http.Request) *requestError {
	if fault := s.beginPost(); fault != nil {
		return fault
	}
	defer s.endPost()
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "application/octet-stream" {
		return &errBadRequest // binary bodies were of protocol version 3
	}
	body, fault := s.readPost(w, r)
	if fault != nil {
		return fault
	}
	if fault := s.receivePayload(body); fault != nil {
		return fault
	}
	h := w.Header()
	h.Set("Content-Type", "text/html")
	h.Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok") // the packets have been taken, whether or not the client hears of it
	return nil
}

func (s *Session) beginPost() *requestError {
	s.mu.Lock()
	switch {
	case s.ended:
		s.mu.Unlock()
		return &errSessionUnknown
	case s.conn != nil:
		s.mu.Unlock()
		return &errBadRequest
	case s.posting:
		s.mu.Unlock()
		s.close(TransportError)
		return &errBadRequest
	}
	s.posting = true
	s.mu.Unlock()
	return nil
}

func (s *Session) endPost() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posting = false
}

func (s *Session) readPost(w http.ResponseWriter, r *http.Request) ([]byte, *requestError) {
	limit := int64(s.maxPayload())
	if r.ContentLength > limit {
		s.close(TooLarge)
		return nil, &errPayloadTooLarge
	}
	cfg := &s.srv.cfg
	if err := setDeadline(http.NewResponseController(w).SetReadDeadline, cfg.PingInterval+cfg.PingTimeout); err != nil {
		s.close(TransportError)
		return nil, &errBadRequest
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		s.close(TooLarge)
		return nil, &errPayloadTooLarge
	case err != nil:
		s.close(TransportError)
		return nil, &errBadRequest
	}
	return body, nil
}

func (s *Session) receivePayload(body []byte) *requestError {
	packets, err := parsePayload(body, s.srv.cfg.PacketBurst)
	if errors.Is(err, errTooManyInBody) || err == nil && !s.takeTokens(len(packets)) {
		s.close(RateLimit)
		return &errBadRequest
	}
	for _, p := range packets {
		if err = s.receive(p); err != nil {
			break
		}
	}
	if err != nil {
		s.close(ParseError)
		return &errBadRequest
	}
	return nil
}
