package doctor

import (
	"net"
	"net/url"

	"github.com/digierapro/parley/configs"
)

// ownTarget is the server that the configuration describes, on this machine.
func ownTarget(cfg *configs.Config, token string) *Target {
	host, port := splitHost(cfg.Server.Listen, "8080")
	switch host {
	case "", "0.0.0.0":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	address := net.JoinHostPort(host, port)
	base := &url.URL{Scheme: "http", Host: address}
	if tls := cfg.Server.TLS; tls.Enabled() {
		base.Scheme = "https"
		if name := hostOf(cfg.Server.PublicURL); name != "" {
			base.Host = net.JoinHostPort(name, port)
		} else if tls.ACME.Enabled() {
			base.Host = net.JoinHostPort(tls.ACME.Domains[0], port)
		}
	}
	return localTarget(base, address, token)
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
