package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/caddyserver/certmagic"
)

// ACMEConfig says which certificates to get, and from whom.
type ACMEConfig struct {
	Domains   []string
	Email     string // "" for none
	Agreed    bool   // to the authority's terms
	Directory string // of the authority
	RootFile  string // what its own certificate is checked against, in PEM; "" for the roots of the system
	Folder    string // for certificates, keys and the account
	Log       *slog.Logger

	// Where we are reached: the authority asks port 443, which may be forwarded to TLSPort. HTTPPort is where its port 80
	// arrives, 0 if nowhere.
	Host              string // of the ports, "" for all
	TLSPort, HTTPPort int
}

// ACME gets certificates and renews them when a third of their time is left. It answers TLS-ALPN-01 by GetCertificate
// (the listener's TLS must offer Protocol), and HTTP-01 by ChallengeHandler.
type ACME struct {
	cfg   ACMEConfig
	roots *x509.CertPool // nil for those of the system

	checkEvery      time.Duration               // for what is to be renewed; 0 for certmagic's ten minutes
	running         atomic.Pointer[runningACME] // nil until Run
	renewed, failed atomic.Uint64
}

// Protocol is what ALPN calls the protocol of TLS-ALPN-01 (RFC 8737).
const Protocol = "acme-tls/1"

type runningACME struct {
	cache  *certmagic.Cache
	config *certmagic.Config
	issuer *certmagic.ACMEIssuer
}

// OpenACME reads RootFile. Run does the rest.
func OpenACME(cfg ACMEConfig) (*ACME, error) {
	if len(cfg.Domains) == 0 || !cfg.Agreed || cfg.Directory == "" || cfg.Folder == "" || cfg.Log == nil {
		return nil, errors.New("certs: Domains, Agreed, Directory, Folder and Log are all needed")
	}
	a := &ACME{cfg: cfg}
	if cfg.RootFile == "" {
		return a, nil
	}
	text, err := os.ReadFile(cfg.RootFile)
	if err != nil {
		return nil, fmt.Errorf("the root of the certificate authority: %w", err)
	}
	a.roots = x509.NewCertPool()
	if !a.roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("the root of the certificate authority: %s holds no certificate in PEM", cfg.RootFile)
	}
	return a, nil
}

var errNotYet = errors.New("there is no certificate yet")

// GetCertificate is for tls.Config.
func (a *ACME) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	r := a.running.Load()
	if r == nil {
		return nil, errNotYet
	}
	return r.config.GetCertificate(hello)
}

// ChallengeHandler answers the authority over plain HTTP and gives all else to next.
func (a *ACME) ChallengeHandler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if r := a.running.Load(); r != nil && r.issuer.HandleHTTPChallenge(w, request) {
			return
		}
		next.ServeHTTP(w, request)
	})
}

// Run gets what is missing or old, and keeps at it until ctx ends. The ports must be served, or the authority would not
// find us. What cannot be got is asked for again later, at growing intervals.
func (a *ACME) Run(ctx context.Context) error {
	r := a.start()
	defer r.cache.Stop()
	a.running.Store(r)
	if err := r.config.ManageAsync(ctx, a.cfg.Domains); err != nil {
		return fmt.Errorf("certificates by ACME: %w", err)
	}
	warn := make(map[string]*expiry, len(a.cfg.Domains))
	for _, domain := range a.cfg.Domains {
		warn[domain] = &expiry{log: a.cfg.Log}
	}
	ticks := time.NewTicker(time.Minute)
	defer ticks.Stop()
	for {
		for domain, e := range warn {
			if leaf := r.leaf(domain); leaf != nil {
				e.look(leaf, time.Now())
			}
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (a *ACME) start() *runningACME {
	log := zapLogger(a.cfg.Log)
	r := &runningACME{}
	r.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert:   func(certmagic.Certificate) (*certmagic.Config, error) { return r.config, nil },
		RenewCheckInterval: a.checkEvery, Logger: log,
	})
	r.config = certmagic.New(r.cache, certmagic.Config{
		Storage: &certmagic.FileStorage{Path: a.cfg.Folder}, Logger: log,
		DefaultServerName: a.cfg.Domains[0], FallbackServerName: a.cfg.Domains[0], // TURN clients may name an address
		OnEvent: a.count, ShouldEmitFunc: func(event string) bool { return event == obtained || event == failed },
	})
	r.issuer = certmagic.NewACMEIssuer(r.config, certmagic.ACMEIssuer{
		CA: a.cfg.Directory, Email: a.cfg.Email, Agreed: a.cfg.Agreed, TrustedRoots: a.roots, Logger: log,
		ListenHost: a.cfg.Host, AltTLSALPNPort: a.cfg.TLSPort,
		AltHTTPPort: a.cfg.HTTPPort, DisableHTTPChallenge: a.cfg.HTTPPort == 0,
	})
	r.config.Issuers = []certmagic.Issuer{r.issuer}
	return r
}

// The events that are counted.
const (
	obtained = "cert_obtained"
	failed   = "cert_failed"
)

func (a *ACME) count(_ context.Context, event string, _ map[string]any) error {
	if event == obtained {
		a.renewed.Add(1)
	} else {
		a.failed.Add(1)
	}
	return nil
}

// leaf is the certificate of a domain, or nil.
func (r *runningACME) leaf(domain string) *x509.Certificate {
	var best *x509.Certificate
	for _, c := range r.cache.AllMatchingCertificates(domain) {
		if c.Leaf != nil && (best == nil || c.Leaf.NotAfter.After(best.NotAfter)) {
			best = c.Leaf
		}
	}
	return best
}

// Stats returns the numbers as they are now. Of several certificates, the one that expires first counts.
func (a *ACME) Stats() Stats {
	s := Stats{Renewed: a.renewed.Load(), Failed: a.failed.Load()}
	r := a.running.Load()
	if r == nil {
		return s
	}
	for _, domain := range a.cfg.Domains {
		if leaf := r.leaf(domain); leaf != nil && (s.NotAfter.IsZero() || leaf.NotAfter.Before(s.NotAfter)) {
			s.NotAfter = leaf.NotAfter
		}
	}
	return s
}
