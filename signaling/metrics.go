package signaling

import (
	"net/http"

	"github.com/digierapro/parley/internal/fault"
)

// inside hides a path from the internet: it answers only callers on this machine or in a private network. One that comes
// by a proxy that we were not told of might be anybody.
func (s *Server) inside(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		addr := s.proxies.remoteAddr(r)
		private := addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast()
		strange := r.Header.Get("X-Forwarded-For") != "" && addr == proxies(nil).remoteAddr(r)
		if !private || strange {
			s.fail(w, r, fault.New(fault.NotFound, "path_not_found", "There is no such path."))
			return
		}
		next.ServeHTTP(w, r)
	})
}
