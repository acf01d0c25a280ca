package signaling

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestMetricsAreForTheInside(t *testing.T) {
	for name, tt := range map[string]struct {
		peer, forwarded string
		proxies         proxies
		want            int
	}{
		"this machine":                 {"127.0.0.1:1", "", nil, 200},
		"a private network":            {"[fd00::1]:1", "", nil, 200},
		"the internet":                 {"198.51.100.1:1", "", nil, 404},
		"by a proxy we do not know":    {"127.0.0.1:1", "10.0.0.1", nil, 404},
		"by one we know, from inside":  {"127.0.0.1:1", "10.0.0.1", proxies{netip.MustParsePrefix("127.0.0.1/32")}, 200},
		"by one we know, from outside": {"127.0.0.1:1", "10.0.0.1, 198.51.100.1", proxies{netip.MustParsePrefix("127.0.0.1/32")}, 404},
	} {
		s := &Server{proxies: tt.proxies}
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.RemoteAddr = tt.peer
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		w := httptest.NewRecorder()
		s.inside(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
		if w.Code != tt.want {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}
