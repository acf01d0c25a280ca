package signaling

import (
	"net/http"
	"slices"
	"strings"
)

// headers sets what every answer carries. The policy lets the page load only what this server serves, talk only to this
// server, show pictures from anywhere over HTTPS, and be framed only by the CRM.
func (s *Server) headers(next http.Handler) http.Handler {
	policy := strings.Join([]string{
		"default-src 'self'",
		strings.Join(append([]string{"img-src 'self' https: data: blob:"}, s.cfg.PictureOrigins...), " "),
		"media-src 'self' blob: mediastream:",
		"connect-src 'self' ws: wss:",
		"object-src 'none'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'self' " + strings.Join(s.cfg.AllowedOrigins, " "),
	}, "; ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), geolocation=()")
		next.ServeHTTP(w, r)
	})
}

// cors lets the pages of allowed origins use REST with a token. Credentials such as cookies are never allowed: there are
// none. The socket answers for itself.
func (s *Server) cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if origin == "" || !strings.HasPrefix(r.URL.Path, "/api/") || strings.HasPrefix(r.URL.Path, SocketPath) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Add("Vary", "Origin")
		if slices.Contains(s.cfg.AllowedOrigins, strings.ToLower(origin)) {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Expose-Headers", "Retry-After, Location, ETag, Link")
			if r.Method == http.MethodOptions {
				w.Header().Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
				w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match")
				w.Header().Set("Access-Control-Max-Age", "600")
			}
		}
		next.ServeHTTP(w, r)
	})
}
