package signaling

import (
	"net/http"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
)

// routes is the list of all that the HTTP server answers.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	sockets := s.limitConnects(s.io)
	mux.Handle(SocketPath, sockets)
	mux.Handle(SocketPath+"/", sockets)
	for _, p := range paths {
		mux.Handle(p.pattern, s.private(p.handle))
	}
	for _, p := range servicePaths {
		mux.Handle(p.pattern, s.forService(p.handle))
	}
	s.streamRoutes(mux)
	mux.HandleFunc("GET /api/health", s.getHealth)
	mux.HandleFunc("GET /api/config", s.getConfig)
	if s.cfg.Blobs != nil {
		mux.Handle("GET "+BlobPath+"{key...}", s.cfg.Blobs)
	}
	if s.cfg.Metrics != nil {
		mux.Handle("GET /metrics", s.inside(s.cfg.Metrics))
	}
	if s.cfg.Dev != nil {
		s.devRoutes(mux)
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions { // what may be asked is said by cors
			w.WriteHeader(http.StatusNoContent)
			return
		}
		s.fail(w, r, fault.New(fault.NotFound, "path_not_found", "There is no such path in this API."))
	})
	mux.Handle("/", s.app())
	return s.headers(s.cors(mux))
}

func (s *Server) getMe(_ *http.Request, who auth.Identity) (any, error) {
	return chat.UserOf(who), nil
}

// publicConfig is what the page must know before anybody has signed in.
type publicConfig struct {
	Dev              bool   `json:"dev"`
	SocketPath       string `json:"socketPath"`
	MessageLength    int    `json:"messageLength"`
	CallParticipants int    `json:"callParticipants"`
}

func (s *Server) getConfig(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, envelope{Success: true, Data: publicConfig{
		Dev: s.cfg.Dev != nil, SocketPath: SocketPath, MessageLength: chat.MaxMessageLength, CallParticipants: s.cfg.Calls.Participants(),
	}})
}
