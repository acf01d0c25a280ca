package engineio

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/digierapro/parley/signaling/socketio/internal/timerheap"
)

const (
	batchFrames = 64       // frames of one write
	batchBytes  = 16 << 10 // bytes of one write, if there is more than one frame
)

// Receiver is what an application gives for a session.
type Receiver interface {
	// Message takes a message from the client. It is called for one message at a time, in order, and may keep data. An
	// error closes the session with ParseError.
	Message(data []byte, binary bool) error
	// Closed is called once, when the session has ended; Message may still be running then.
	Closed(reason Reason)
}

// Server is an http.Handler that serves Engine.IO sessions. It looks at the query, not at the path.
type Server struct {
	cfg     Config
	accept  func(*Session, *http.Request) Receiver
	origins originRules
	stats   Stats
	timers  *timerheap.Heap
	watcher watcher

	mu        sync.Mutex
	sessions  map[string]*Session
	admission admission
	closed    bool

	running sync.WaitGroup // goroutines of sessions; added to under mu while not closed, or by another one
}

// New makes a server. accept is called for each new session before its first message, and must not block.
func New(cfg Config, accept func(*Session, *http.Request) Receiver) (*Server, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	origins, err := newOriginRules(cfg.AllowedOrigins)
	if err != nil {
		return nil, err
	}
	return &Server{
		cfg:       cfg,
		accept:    accept,
		origins:   origins,
		timers:    &timerheap.Heap{},
		sessions:  map[string]*Session{},
		admission: admission{addrs: map[netip.Addr]addrCount{}},
	}, nil
}

// Stats returns the server's counters.
func (s *Server) Stats() *Stats { return &s.stats }

// MaxOutgoing is the most bytes of one message to a client.
func (s *Server) MaxOutgoing() int { return s.cfg.MaxOutgoing }

// ServeHTTP answers one request of the protocol.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.origins.allow(r) {
		s.stats.RefusedOrigin.Add(1)
		errForbidden.write(w)
		return
	}
	setCORS(w.Header(), r)
	if r.Method == http.MethodOptions {
		writePreflight(w)
		return
	}
	if fault := s.serve(w, r); fault != nil {
		s.stats.RefusedRequest.Add(1)
		fault.write(w)
	}
}

// serve checks a request in the order of the reference implementation and hands it to its transport.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) *requestError {
	query := r.URL.Query()
	isUpgrade := websocket.IsWebSocketUpgrade(r)
	switch transport := query.Get("transport"); {
	case transport == "polling" && !s.cfg.DisablePolling:
		if isUpgrade {
			return &errBadRequest
		}
	case transport == "websocket" && !s.cfg.DisableWebSocket:
		if !isUpgrade {
			return &errBadRequest
		}
	default:
		return &errTransportUnknown
	}
	if query.Has("sid") {
		return s.serveSession(w, r, query.Get("sid"), isUpgrade)
	}
	if r.Method != http.MethodGet {
		return &errHandshakeMethod
	}
	if query.Get("EIO") != "4" {
		return &errProtocolVersion
	}
	if isUpgrade {
		return s.openWebSocket(w, r)
	}
	return s.openPolling(w, r)
}

func (s *Server) serveSession(w http.ResponseWriter, r *http.Request, sid string, isUpgrade bool) *requestError {
	session := s.find(sid)
	if session == nil {
		return &errSessionUnknown
	}
	if isUpgrade {
		session.serveUpgrade(w, r)
		return nil
	}
	switch r.Method {
	case http.MethodGet:
		return session.servePoll(w, r)
	case http.MethodPost:
		return session.servePost(w, r)
	default:
		return &errBadRequest
	}
}

func (s *Server) find(sid string) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[sid]
}

// open admits a new session. The caller then gives it a transport and calls start.
func (s *Server) open(r *http.Request) (*Session, *requestError) {
	session := newSession(s, s.cfg.SessionIDPrefix+newID(), s.cfg.RemoteAddr(r))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, &errShuttingDown
	}
	if !s.admission.enter(session.admissionKey, &s.cfg) {
		s.stats.RefusedLimit.Add(1)
		return nil, &errTooMany
	}
	s.sessions[session.id] = session
	s.stats.Sessions.Add(1)
	s.stats.Opened.Add(1)
	return session, nil
}

// forget takes a session out of the table; from then on its id is unknown.
func (s *Server) forget(session *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[session.id] != session {
		return
	}
	delete(s.sessions, session.id)
	s.admission.leave(session.admissionKey, session.established)
	s.stats.Sessions.Add(-1)
}

// goFunc runs f on a goroutine that Close waits for. It reports false when the server is closed.
func (s *Server) goFunc(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Go(f)
	return true
}

// Close ends every session and waits for all that the server started. Clients are told to come back: a WebSocket ends
// with close code 1001, a poll with a close packet. When ctx ends first, connections are cut.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	sessions := make([]*Session, 0, len(s.sessions))
	for _, session := range s.sessions {
		sessions = append(sessions, session)
	}
	s.mu.Unlock()
	for _, session := range sessions {
		session.close(ServerClose)
	}
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = fmt.Errorf("engineio: close: %w", ctx.Err())
		for _, session := range sessions {
			session.abort()
		}
		<-done
	}
	for _, session := range sessions {
		s.forget(session)
	}
	s.watcher.close()
	s.timers.Close()
	return err
}

// openPacket is the handshake.
func (s *Server) openPacket(session *Session, upgrades []string) (*Message, error) {
	body, err := json.Marshal(struct {
		SID          string   `json:"sid"`
		Upgrades     []string `json:"upgrades"`
		PingInterval int64    `json:"pingInterval"`
		PingTimeout  int64    `json:"pingTimeout"`
		MaxPayload   int      `json:"maxPayload"`
	}{session.id, upgrades, s.cfg.PingInterval.Milliseconds(), s.cfg.PingTimeout.Milliseconds(), s.cfg.MaxPayload})
	if err != nil {
		return nil, fmt.Errorf("engineio: encode handshake: %w", err)
	}
	return newControl(string(typeOpen) + string(body)), nil
}

// newID is 144 random bits: a session's id is the secret that lets a request act for it.
func newID() string {
	var b [18]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
