package doctor

import (
	"context"
	"strings"

	"github.com/digierapro/parley/configs"
)

// found is a check whose answer is known.
func found(name string, f Finding) Check {
	return Check{Name: name, Run: func(context.Context) Finding { return f }}
}

// publicChecks look at the address that people type.
func publicChecks(cfg *configs.Config) []Check {
	const name = "public address"
	if cfg.Server.PublicURL == "" {
		if cfg.Dev {
			return nil
		}
		return []Check{found(name, warn("server.publicUrl is not set, so what people type cannot be tried. Set it to that, such as https://parley.example.com."))}
	}
	public, err := NewTarget(cfg.Server.PublicURL, "", nil)
	if err != nil {
		return []Check{found(name, fail("server.publicUrl: %s. Correct it.", err))}
	}
	var checks []Check
	if strings.HasPrefix(cfg.Server.PublicURL, "http://") && !isLocal(public.base.Hostname()) {
		return append(checks, found(name, fail("server.publicUrl begins with http://, and browsers give camera and microphone only to pages over https. Set server.tls, or put a proxy with TLS in front.")))
	}
	checks = append(checks, public.checkHealth(name, "See that the name leads to this machine, that the port is forwarded, and that the server runs. "+
		"Some networks do not let a machine reach its own public address: then try `parley doctor --probe` elsewhere."))
	if public.base.Scheme == "https" {
		checks = append(checks, public.checkChain("public TLS", public.base.Hostname()))
	}
	return checks
}
