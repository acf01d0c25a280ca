package engineio

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// originRules decides which pages may talk to the server. A request without an Origin is no browser's cross-site
// request and passes; no cookie is ever used, so it carries nobody's rights.
type originRules struct {
	all     bool
	allowed map[string]bool
}

func newOriginRules(origins []string) (originRules, error) {
	rules := originRules{allowed: make(map[string]bool, len(origins))}
	for _, o := range origins {
		if o == "*" {
			rules.all = true
			continue
		}
		u, err := url.Parse(o)
		if err != nil || u.Scheme == "" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" ||
			u.RawQuery != "" || u.Fragment != "" {
			return rules, fmt.Errorf("engineio: %q is not an origin such as https://crm.example.com", o)
		}
		rules.allowed[normalOrigin(u)] = true
	}
	return rules, nil
}

// normalOrigin is an origin in lower case and without the default port of its scheme.
func normalOrigin(u *url.URL) string {
	scheme := strings.ToLower(u.Scheme)
	return scheme + "://" + normalHost(scheme, u.Host)
}

func normalHost(scheme, host string) string {
	host = strings.ToLower(host)
	switch scheme {
	case "http":
		return strings.TrimSuffix(host, ":80")
	case "https":
		return strings.TrimSuffix(host, ":443")
	default:
		return host
	}
}

func (o originRules) allow(r *http.Request) bool {
	origins := r.Header["Origin"]
	if len(origins) == 0 {
		return true
	}
	if len(origins) > 1 {
		return false
	}
	if o.all {
		return true
	}
	u, err := url.Parse(origins[0])
	if err != nil || u.Host == "" {
		return false
	}
	if normalHost(u.Scheme, u.Host) == normalHost(u.Scheme, r.Host) {
		return true
	}
	return o.allowed[normalOrigin(u)]
}

// setCORS lets the page of an allowed origin read the answers of polling requests.
func setCORS(h http.Header, r *http.Request) {
	h.Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
	}
}

func writePreflight(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}
