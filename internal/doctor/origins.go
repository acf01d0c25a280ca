package doctor

import (
	"context"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/digierapro/parley/configs"
)

// checkOrigins sees whether pages from the allowed origins can work, and whether any should not be allowed.
func checkOrigins(cfg configs.Server) Check {
	return Check{Name: "allowed origins", Run: func(context.Context) Finding {
		secure := strings.HasPrefix(cfg.PublicURL, "https://")
		for _, origin := range cfg.AllowedOrigins {
			u, err := url.Parse(origin)
			switch {
			case err != nil:
				return fail("server.allowedOrigins: %q is no origin. Write it like https://crm.example.com.", origin)
			case isLocal(u.Hostname()) && secure:
				return warn("server.allowedOrigins lets pages of %s in, which is whatever runs on a visitor's own machine. Take it out when development is over.", origin)
			case u.Scheme == "http" && !isLocal(u.Hostname()):
				return warn("server.allowedOrigins: browsers give no camera or microphone to pages of %s. Serve them over https and allow that.", origin)
			}
		}
		if i := slices.Index(cfg.AllowedOrigins, strings.ToLower(cfg.PublicURL)); i >= 0 {
			return warn("server.allowedOrigins names server.publicUrl, which is always allowed. Take it out.")
		}
		return fine("%s", strings.Join(cfg.AllowedOrigins, ", "))
	}}
}

// isLocal tells whether a host is the browser's own machine.
func isLocal(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
