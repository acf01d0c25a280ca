package socketio

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/digierapro/parley/signaling/socketio/engineio"
	"github.com/digierapro/parley/signaling/socketio/internal/timerheap"
)

// Server is an http.Handler that serves Socket.IO. It looks at the query, not at the path, so it can be mounted anywhere.
type Server struct {
	cfg         Config
	engine      *engineio.Server
	stats       Stats
	timers      timerheap.Heap
	pruning     timerheap.Timer
	maxOutgoing int

	mu         sync.RWMutex
	namespaces map[string]*Namespace
	closed     bool

	running sync.WaitGroup // clients
}

// New makes a server.
func New(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, namespaces: map[string]*Namespace{}}
	engine, err := engineio.New(cfg.Engine, s.accept)
	if err != nil {
		return nil, fmt.Errorf("socketio: %w", err)
	}
	s.engine = engine
	s.maxOutgoing = engine.MaxOutgoing()
	s.stats.Engine = engine.Stats()
	s.pruning.Fire = s.prune
	return s, nil
}

// ServeHTTP answers one request of the protocol.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// Stats returns the server's counters.
func (s *Server) Stats() *Stats { return &s.stats }

// Of returns the namespace of a name, which exists from then on. The default one is "/".
func (s *Server) Of(name string) *Namespace {
	if name == "" || name[0] != '/' {
		name = "/" + name
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.namespaces[name]
	if n == nil {
		n = newNamespace(s, name)
		s.namespaces[name] = n
	}
	return n
}

func (s *Server) find(name string) *Namespace {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.namespaces[name]
}

// accept is called for each new connection.
func (s *Server) accept(session *engineio.Session, r *http.Request) engineio.Receiver {
	c := newClient(s, session, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		session.CloseFor(engineio.ServerClose)
		return nobody{}
	}
	s.running.Add(1)
	s.timers.Set(&c.timer, s.cfg.ConnectTimeout)
	if s.cfg.Recovery.Window > 0 && !s.timers.Pending(&s.pruning) {
		s.timers.Set(&s.pruning, s.cfg.Recovery.Window/4)
	}
	return c
}

// nobody receives for a connection that came when the server was closing.
type nobody struct{}

func (nobody) Message([]byte, bool) error { return engineio.ErrClosed }
func (nobody) Closed(engineio.Reason)     {}

// prune runs every quarter of the recovery window while there are connections or lost clients.
func (s *Server) prune() {
	s.mu.RLock()
	all := make([]*Namespace, 0, len(s.namespaces))
	for _, n := range s.namespaces {
		all = append(all, n)
	}
	s.mu.RUnlock()
	now := time.Now()
	for _, n := range all {
		n.prune(now)
	}
	if s.stats.RecoveryBytes.Load() > 0 || s.stats.Sockets.Load() > 0 {
		s.timers.Set(&s.pruning, s.cfg.Recovery.Window/4)
	}
}

// Close ends every connection and waits until all handlers have returned, or ctx has ended. Clients are not told to stay
// away: they see the transport close and come back, to this server's successor or to another node.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	err := s.engine.Close(ctx)
	s.timers.Close()
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("socketio: close: handlers are still running: %w", ctx.Err())
	}
}

// newID is 120 random bits.
func newID() string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
