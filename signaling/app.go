package signaling

import (
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// app serves the built web app. A path of the app that is no file is answered with its page, which routes by itself.
func (s *Server) app() http.Handler {
	if s.cfg.App == nil {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "This parley was built without its web app. Build it with `make build`, or use the API.", http.StatusNotFound)
		})
	}
	files := http.FileServerFS(s.cfg.App)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "Only GET is answered here.", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
		if info, err := fs.Stat(s.cfg.App, name); name == "" || err != nil || info.IsDir() {
			if path.Ext(name) != "" {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, r, s.cfg.App, "index.html")
			return
		}
		if strings.HasPrefix(name, "assets/") { // named by their content
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			w.Header().Set("Cache-Control", "no-cache")
		}
		if s.compressed(w, r, name) {
			return
		}
		files.ServeHTTP(w, r)
	})
}

// compressed answers with what the build has compressed of a file, if it did and the browser takes it.
func (s *Server) compressed(w http.ResponseWriter, r *http.Request, name string) bool {
	if info, err := fs.Stat(s.cfg.App, name+".gz"); err != nil || info.IsDir() {
		return false
	}
	w.Header().Set("Vary", "Accept-Encoding")
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" || !takesGzip(r.Header.Get("Accept-Encoding")) {
		return false
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Encoding", "gzip")
	http.ServeFileFS(w, r, s.cfg.App, name+".gz")
	return true
}

// takesGzip reads an Accept-Encoding: a coding may be refused by a weight of 0 (RFC 9110, 12.5.3).
func takesGzip(accept string) bool {
	for each := range strings.SplitSeq(accept, ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(each), ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		value, _ := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
		q, err := strconv.ParseFloat(value, 64)
		return weight == "" || (err == nil && q > 0)
	}
	return false
}
