// Package signaling is the edge: it turns what comes over the socket and over REST into one call of a service, and what
// the services publish into pushes. It holds no rules of chat or calls.
package signaling

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/chat/presence"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/rate"
	"github.com/digierapro/parley/signaling/socketio"
	"github.com/digierapro/parley/signaling/socketio/engineio"
)

// SocketPath is where the Socket.IO endpoint is mounted.
const SocketPath = "/api/socket/io"

// BlobPath is below which the links of files lead to ourselves.
const BlobPath = "/api/blobs/"

const (
	// maxFrame is the largest packet a client may send: the largest message with room for escapes, and a large SDP.
	maxFrame = 256 << 10
	// maxAnswer is the largest that is sent to one: a sync with all it may hold, and a long list of channels.
	maxAnswer = 4 << 20
)

// Verifier says whose token it is.
type Verifier interface {
	Verify(ctx context.Context, token string) (auth.Identity, error)
}

// Config of a Server.
type Config struct {
	Chat     *chat.Service
	Presence *presence.Service
	Calls    *call.Service
	Verifier Verifier
	Bus      bus.Bus
	Log      *slog.Logger

	App            fs.FS // the built web app; nil when the binary has none
	AllowedOrigins []string
	TrustedProxies []netip.Prefix
	Metrics        http.Handler // nil for none
	Health         []Check
	ICEServers     func(ICERequest) []ICEServer // with credentials for the user; nil for none
	Dev            *Dev                         // nil but in development
	Blobs          http.Handler                 // serves links to files that this server keeps; nil when a bucket does
	PictureOrigins []string                     // of pictures in the page, beside our own and all of https
	Limits         Limits                       // of how often one may do what; nil for none
	SharedLimits   rate.Shared                  // what other nodes count, too; nil for one node alone
	ProbeTime      time.Duration                // for a socket to answer whose media is lost; 0 for 10 s
}

// Server is the HTTP handler of a node and the keeper of its sockets.
type Server struct {
	cfg     Config
	log     *slog.Logger
	io      *socketio.Server
	hub     *hub
	proxies proxies
	handler http.Handler
	limiter limiter
	stats   Stats

	mu       sync.Mutex
	sessions map[*session]struct{} // guarded by mu
}

// New returns a Server. Run keeps its clock.
func New(cfg Config) (*Server, error) {
	if cfg.Chat == nil || cfg.Presence == nil || cfg.Calls == nil || cfg.Verifier == nil || cfg.Bus == nil || cfg.Log == nil {
		return nil, errors.New("signaling: Chat, Presence, Calls, Verifier, Bus and Log are all needed")
	}
	if cfg.ProbeTime == 0 {
		cfg.ProbeTime = 10 * time.Second
	}
	s := &Server{cfg: cfg, log: cfg.Log, proxies: cfg.TrustedProxies, limiter: limiter{limits: cfg.Limits, shared: cfg.SharedLimits}, sessions: make(map[*session]struct{})}
	io, err := socketio.New(socketio.Config{
		Engine: engineio.Config{
			AllowedOrigins:   cfg.AllowedOrigins,
			RemoteAddr:       s.proxies.remoteAddr,
			MaxPayload:       maxFrame,
			MaxOutgoing:      maxAnswer,
			PacketsPerSecond: 1000,
			PacketBurst:      2000,
			Logger:           cfg.Log,
		},
		Recovery:       socketio.RecoveryConfig{Window: 2 * time.Minute},
		MaxAttachments: -1, // no event has any, and those of a packet that is never whole would wait in memory
		Logger:         cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	s.io = io
	ns := io.Of("/")
	s.hub = newHub(ns, cfg.Bus, cfg.ProbeTime)
	ns.Use(s.authenticate)
	ns.AllowRecovery(sameUser)
	ns.OnConnect(s.connected)
	ns.OnEvent(s.dispatch)
	s.handler = s.routes()
	return s, nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Run ends sessions whose token has run out, completes those that began while the database was down, and tells of changes
// that nobody told of, until ctx ends.
// Then it closes every socket, so that clients reconnect, here or elsewhere.
func (s *Server) Run(ctx context.Context) error {
	var positions sync.WaitGroup
	positions.Go(func() { s.keepUp(ctx) })
	defer positions.Wait()
	ticks := time.NewTicker(time.Second)
	defer ticks.Stop()
	var all []*session // one anew each second would be garbage
	for {
		select {
		case now := <-ticks.C:
			all = s.appendAll(all)
			for _, sess := range all {
				sess.check(ctx, now)
			}
			clear(all)
			all = all[:0]
		case <-ctx.Done():
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			return s.io.Close(closing)
		}
	}
}

func (s *Server) appendAll(to []*session) []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	to = slices.Grow(to, len(s.sessions))
	for sess := range s.sessions {
		to = append(to, sess)
	}
	return to
}
