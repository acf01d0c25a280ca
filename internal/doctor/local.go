package doctor

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/digierapro/parley/configs"
)

// Local plans the checks of a server by its configuration, on its own machine. What the configuration does not name has no
// check. When the server runs and there is a token, calls to it are tried, too.
func Local(ctx context.Context, cfg *configs.Config, token string) Plan {
	own := ownTarget(cfg, token)
	running := runs(ctx, own)
	checks := systemChecks(cfg)
	checks = append(checks, checkDatabase(cfg))
	if cfg.Redis.URL != "" {
		checks = append(checks, checkRedis(cfg))
	}
	checks = append(checks, checkFFmpeg("ffmpeg"))
	if cfg.Blobs.S3.Enabled() {
		checks = append(checks, bucketChecks(cfg)...)
	}
	checks = append(checks, signingChecks(cfg)...)
	checks = append(checks, addressChecks(cfg, own)...)
	if len(cfg.Server.AllowedOrigins) > 0 {
		checks = append(checks, checkOrigins(cfg.Server))
	}
	checks = append(checks, certificateChecks(cfg, own, running)...)
	checks = append(checks, publicChecks(cfg)...)
	switch {
	case !running:
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

// signingChecks are about tokens: their keys, and the clocks that say when they end.
func signingChecks(cfg *configs.Config) (checks []Check) {
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
	return checks
}

// addressChecks are about the ports and addresses of this machine.
func addressChecks(cfg *configs.Config, own *Target) (checks []Check) {
	for i, address := range cfg.Server.Addresses() {
		key := "server.listen"
		if i > 0 {
			key = "server.alsoListen"
		}
		checks = append(checks, checkTCPPort(address, key, own))
	}
	checks = append(checks, checkUDPPort(cfg.Server.Listen, own))
	if cfg.Media.PublicIP.Auto {
		return append(checks, checkSTUNServer(cfg.Media.STUNServer, cfg.Server.Listen))
	}
	return append(checks, checkMediaAddress(cfg.Media.PublicIP.Addr, cfg.Server.Listen, net.InterfaceAddrs))
}

// certificateChecks are about TLS that we speak ourselves.
func certificateChecks(cfg *configs.Config, own *Target, running bool) (checks []Check) {
	tls := cfg.Server.TLS
	if tls.Cert != "" {
		checks = append(checks, checkCertificate(tls.Cert, tls.Key, hostOf(cfg.Server.PublicURL), nil))
	}
	if !tls.ACME.Enabled() {
		return checks
	}
	checks = append(checks, checkAuthority(tls.ACME.Directory, tls.ACME.RootFile))
	for _, domain := range tls.ACME.Domains {
		checks = append(checks, checkDomain(domain, net.DefaultResolver.LookupHost))
		if running {
			checks = append(checks, own.checkChain("certificate", domain))
		}
	}
	return checks
}
