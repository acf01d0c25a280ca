package signaling

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
)

// Dev is the sign-in of a development server: anybody who reaches it may be any of the demo users.
type Dev struct {
	Users   []auth.Identity
	AnyHost bool // answer also when the page's address is not this machine's
	Sign    func(who auth.Identity) (token string, expires time.Time, err error)
}

func (d *Dev) find(userID string) (auth.Identity, bool) {
	for _, u := range d.Users {
		if u.UserID == userID {
			return u, true
		}
	}
	return auth.Identity{}, false
}

func (s *Server) devRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/dev/users", s.devOnly(s.devUsers))
	mux.HandleFunc("POST /api/dev/token", s.devOnly(s.devToken))
}

// devOnly refuses a page of another name that was made to resolve to this machine (DNS rebinding): it would be of one
// origin with us, and could sign in.
func (s *Server) devOnly(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if !s.cfg.Dev.AnyHost && host != "localhost" && (err != nil || !addr.IsLoopback()) {
			s.fail(w, r, fault.New(fault.Forbidden, "foreign_host", "The demo sign-in answers only at localhost."))
			return
		}
		next(w, r)
	}
}

func (s *Server) devUsers(w http.ResponseWriter, _ *http.Request) {
	users := make([]chat.User, 0, len(s.cfg.Dev.Users))
	for _, u := range s.cfg.Dev.Users {
		users = append(users, chat.User{
			ID: u.UserID, Name: u.Name, AvatarURL: u.AvatarURL, Role: string(u.Role), Department: u.Department, Internal: u.Internal,
		})
	}
	writeJSON(w, http.StatusOK, envelope{Success: true, Data: map[string]any{"users": users}})
}

func (s *Server) devToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	body, err := decodeBody[struct {
		UserID string `json:"userId"`
	}](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	who, ok := s.cfg.Dev.find(body.UserID)
	if !ok {
		s.fail(w, r, fault.New(fault.NotFound, "user_not_found", "There is no such demo user."))
		return
	}
	token, expires, err := s.cfg.Dev.Sign(who)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, envelope{Success: true, Data: struct {
		Token     string    `json:"token"`
		ExpiresAt time.Time `json:"expiresAt"`
	}{token, expires}})
}
