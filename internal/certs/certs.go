// Package certs keeps the certificate that TLS is spoken with: from files that somebody else renews, or from a
// certificate authority by ACME, renewed by ourselves.
package certs

import (
	"crypto/x509"
	"log/slog"
	"time"
)

// Stats are the numbers of a source of certificates.
type Stats struct {
	NotAfter time.Time // when the certificate in use expires; zero without one
	Renewed  uint64    // new certificates taken into use
	Failed   uint64    // attempts at that which failed
}

const day = 24 * time.Hour

// warnings are the times before its end at which a certificate that nobody has renewed is worth a line in the log.
var warnings = []time.Duration{14 * day, 3 * day, 0}

// expiry warns of the end of a certificate, once at each of the times.
type expiry struct {
	log    *slog.Logger
	serial string // of the certificate that was last looked at
	warned int    // how many of the warnings it has had
}

// look is called now and then with the certificate in use.
func (e *expiry) look(leaf *x509.Certificate, now time.Time) {
	if serial := leaf.SerialNumber.String() + leaf.Issuer.String(); serial != e.serial {
		e.serial, e.warned = serial, 0
	}
	due := 0
	for _, before := range warnings {
		// Of one that is made for a week, half of its time is no news.
		if !now.Before(leaf.NotAfter.Add(-before)) && 2*before < leaf.NotAfter.Sub(leaf.NotBefore) {
			due++
		}
	}
	if due <= e.warned {
		return
	}
	e.warned = due
	left := leaf.NotAfter.Sub(now)
	if left <= 0 {
		e.log.Error("the certificate has expired: browsers refuse to connect", "names", leaf.DNSNames, "since", leaf.NotAfter)
		return
	}
	e.log.Warn("the certificate expires soon, and nobody has renewed it", "names", leaf.DNSNames, "days", int(left/day), "at", leaf.NotAfter)
}
