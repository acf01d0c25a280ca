package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"time"
)

// soonExpired is when a certificate should have been renewed: ACME renews 30 days ahead.
const soonExpired = 14 * 24 * time.Hour

// checkCertificate looks at the files of server.tls.
func checkCertificate(certFile, keyFile, host string, roots *x509.CertPool) Check {
	return Check{Name: "certificate", Run: func(context.Context) Finding {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return fail("server.tls cannot be used: %s. Name the files of a certificate and of its key.", reason(err))
		}
		chain, err := parseChain(pair.Certificate)
		if err != nil {
			return fail("server.tls.cert cannot be read: %s. Write the certificate again, in PEM.", reason(err))
		}
		return judgeChain(chain, host, roots, time.Now())
	}}
}

func parseChain(raw [][]byte) (chain []*x509.Certificate, err error) {
	for _, der := range raw {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		chain = append(chain, cert)
	}
	if len(chain) == 0 {
		return nil, errors.New("there is no certificate in it")
	}
	return chain, nil
}

// judgeChain sees whether a browser that knows the roots accepts a chain for a host. Without a host any name will do.
func judgeChain(chain []*x509.Certificate, host string, roots *x509.CertPool, now time.Time) Finding {
	leaf := chain[0]
	names := strings.Join(namesOf(leaf), ", ")
	left := leaf.NotAfter.Sub(now)
	switch {
	case now.Before(leaf.NotBefore):
		return fail("The certificate is valid only from %s on. See that this machine's clock is right, else get another certificate.", day(leaf.NotBefore))
	case left <= 0:
		return fail("The certificate expired on %s. Renew it, and see why that did not happen by itself.", day(leaf.NotAfter))
	case host != "" && leaf.VerifyHostname(host) != nil:
		return fail("The certificate is for %s and not for %s, so browsers refuse it. Get one for that name, or change server.publicUrl.", names, host)
	}
	if found := judgeIssuer(chain, roots, now); found.Verdict != OK {
		return found
	}
	if left < soonExpired {
		return warn("The certificate expires on %s, in %d days. Renew it, and see why that did not happen by itself.", day(leaf.NotAfter), days(left))
	}
	return fine("for %s, %d days left", names, days(left))
}

func judgeIssuer(chain []*x509.Certificate, roots *x509.CertPool, now time.Time) Finding {
	between := x509.NewCertPool()
	for _, cert := range chain[1:] {
		between.AddCert(cert)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now})
	var unknown x509.UnknownAuthorityError
	last := chain[len(chain)-1]
	switch {
	case err == nil:
		return fine("")
	case !errors.As(err, &unknown):
		return fail("Browsers refuse the certificate: %s. Get another one.", said(err))
	case last.Subject.String() == last.Issuer.String():
		return warn("The certificate comes from %q, which this machine does not know: every browser must be told to trust that. "+
			"Install it there and here, or use a certificate of a public authority.", last.Issuer.CommonName)
	case len(last.IssuingCertificateURL) > 0:
		return fail("The certificate's chain is not complete: the one of %q is missing, so some browsers and phones refuse it. "+
			"Append it to the certificate's file (as fullchain.pem has it); it is at %s.", last.Issuer.CommonName, last.IssuingCertificateURL[0])
	}
	return warn("The certificate was issued by %q, which this machine does not know. Append that one's certificate to the file, "+
		"and install your company's root where the browsers are.", last.Issuer.CommonName)
}

// said keeps the words of x509, which reason takes for the end of the matter.
func said(err error) string { return strings.TrimPrefix(err.Error(), "x509: ") }

func namesOf(cert *x509.Certificate) []string {
	names := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		names = []string{cert.Subject.CommonName}
	}
	return names
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func days(d time.Duration) int { return int(d.Hours() / 24) }
