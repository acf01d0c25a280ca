package doctor

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/digierapro/parley/configs"
)

// Local plans the checks of a server by its configuration, on its own machine. When the server runs and there is a token,
// calls to it are tried, too.
func Local(ctx context.Context, cfg *configs.Config, token string) Plan {
	own := ownTarget(cfg, token)
	checks := systemChecks(cfg.Data.Dir)
	checks = append(checks, checkDatabase(cfg), checkFFmpeg("ffmpeg"))
	var clocks []clock
	if cfg.Database.URL != "" {
		clocks = append(clocks, databaseClock(cfg.Database.URL))
	}
	if cfg.Auth.JWKSURL != "" {
		checks = append(checks, checkKeys(cfg.Auth.JWKSURL, http.DefaultTransport))
		clocks = append(clocks, webClock("the CRM's keys", cfg.Auth.JWKSURL, http.DefaultClient))
	}
	if len(clocks) > 0 {
		checks = append(checks, checkClock(clocks))
	}
	checks = append(checks, checkTCPPort(cfg.Server.Listen, own), checkUDPPort(cfg.Server.Listen, own))
	if !cfg.Media.PublicIP.Auto { // else the server finds it out, and warns when it cannot
		checks = append(checks, checkMediaAddress(cfg.Media.PublicIP.Addr, cfg.Server.Listen, net.InterfaceAddrs))
	}
	if len(cfg.Server.AllowedOrigins) > 0 {
		checks = append(checks, checkOrigins(cfg.Server))
	}
	if cfg.Server.TLS.Cert != "" {
		checks = append(checks, checkCertificate(cfg.Server.TLS.Cert, cfg.Server.TLS.Key, hostOf(cfg.Server.PublicURL), nil))
	}
	checks = append(checks, checkPublicURL(cfg)...)
	switch {
	case !runs(ctx, own):
		return Plan{Checks: checks, Note: "Calls were not tried: start the server and run this again."}
	case token == "":
		return Plan{Checks: checks, Note: noToken}
	}
	return Plan{Checks: append(checks, own.callChecks()...), target: own}
}

// runs tells whether the server does.
func runs(ctx context.Context, own *Target) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err := own.health(ctx)
	return err == nil
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// ownTarget is the server that the configuration describes, on this machine.
func ownTarget(cfg *configs.Config, token string) *Target {
	host, port := splitHost(cfg.Server.Listen, "8080")
	if host == "" || host == "0.0.0.0" {
		host = "127.0.0.1"
	} else if host == "::" {
		host = "::1"
	}
	address := net.JoinHostPort(host, port)
	base := &url.URL{Scheme: "http", Host: address}
	if cfg.Server.TLS.Cert != "" {
		base.Scheme = "https"
		if name := hostOf(cfg.Server.PublicURL); name != "" {
			base.Host = net.JoinHostPort(name, port)
		}
	}
	own := localTarget(base, address, token)
	own.publicIP = cfg.Media.PublicIP.Addr
	return own
}

// checkPublicURL looks at the address that people type.
func checkPublicURL(cfg *configs.Config) []Check {
	if cfg.Server.PublicURL == "" {
		if cfg.Dev {
			return nil
		}
		return []Check{{Name: "public address", Run: func(context.Context) Finding {
			return warn("server.publicUrl is not set, so what people type cannot be tried. Set it to that, such as https://parley.example.com.")
		}}}
	}
	public, err := NewTarget(cfg.Server.PublicURL, "", nil)
	if err != nil {
		return []Check{{Name: "public address", Run: func(context.Context) Finding {
			return fail("server.publicUrl: %s. Correct it.", err)
		}}}
	}
	if strings.HasPrefix(cfg.Server.PublicURL, "http://") && !isLocal(public.base.Hostname()) {
		return []Check{{Name: "public address", Run: func(context.Context) Finding {
			return fail("server.publicUrl begins with http://, and browsers give camera and microphone only to pages over https. Set server.tls, or put a proxy with TLS in front.")
		}}}
	}
	checks := []Check{public.checkHealth("public address", "See that the name leads to this machine, that the port is forwarded, and that the server runs. Some networks do not let a machine reach its own public address: then try `parley doctor --probe` elsewhere.")}
	if public.base.Scheme == "https" {
		checks = append(checks, public.checkChain())
	}
	return checks
}
