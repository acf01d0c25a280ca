package configs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"regexp"
)

func checkCert(c *Config) error {
	if c.Server.TLS.Cert == "" {
		return nil
	}
	if c.Server.TLS.ACME.Enabled() {
		return errors.New("is set and so is server.tls.acme.domains: a certificate comes from a file or by ACME, not both")
	}
	if c.Server.TLS.Key == "" {
		return errors.New("is set and server.tls.key is not: TLS needs both")
	}
	if _, err := os.ReadFile(c.Server.TLS.Cert); err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	return nil
}

// checkCertKey also checks that the key is the certificate's.
func checkCertKey(c *Config) error {
	if c.Server.TLS.Key == "" {
		return nil
	}
	if c.Server.TLS.Cert == "" {
		return errors.New("is set and server.tls.cert is not: TLS needs both")
	}
	if _, err := tls.LoadX509KeyPair(c.Server.TLS.Cert, c.Server.TLS.Key); err != nil {
		return fmt.Errorf("cannot be used with the certificate in server.tls.cert: %w", err)
	}
	return nil
}

// domainName is a name of labels that a certificate authority can look up. One in other letters is written as xn--.
var domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func checkDomains(c *Config) error {
	acme := c.Server.TLS.ACME
	for _, domain := range acme.Domains {
		if _, err := netip.ParseAddr(domain); err == nil || len(domain) > 253 || !domainName.MatchString(domain) {
			return fmt.Errorf("%q is not a domain name such as parley.example.com, in lower case", domain)
		}
	}
	return nil
}

func checkEmail(c *Config) error {
	acme := c.Server.TLS.ACME
	if acme.Email == "" {
		return nil
	}
	if !acme.Enabled() {
		return errors.New("is set and server.tls.acme.domains is not")
	}
	if addr, err := mail.ParseAddress(acme.Email); err != nil || addr.Address != acme.Email {
		return fmt.Errorf("%q is not an e-mail address", acme.Email)
	}
	return nil
}

func checkAgreed(c *Config) error {
	acme := c.Server.TLS.ACME
	if acme.Enabled() && !acme.Agreed {
		return errors.New("must be true for a certificate by ACME: it says that you have read and agree to the terms of the certificate authority")
	}
	return nil
}

func checkDirectory(c *Config) error {
	if u, err := url.Parse(c.Server.TLS.ACME.Directory); err != nil || u.Scheme != "https" || u.Hostname() == "" {
		return fmt.Errorf("%q is not an https address", c.Server.TLS.ACME.Directory)
	}
	return nil
}

func checkRootFile(c *Config) error {
	acme := c.Server.TLS.ACME
	if acme.RootFile == "" {
		return nil
	}
	data, err := os.ReadFile(acme.RootFile)
	if err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(data) {
		return errors.New("holds no certificate in PEM")
	}
	return nil
}
