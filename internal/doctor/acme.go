package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
)

// checkAuthority reads the directory of the certificate authority, without which nothing is got or renewed.
func checkAuthority(directory, rootFile string) Check {
	return Check{Name: "ACME authority", Run: func(ctx context.Context) Finding {
		if err := readDirectory(ctx, directory, rootFile); err != nil {
			return fail("The certificate authority at %s cannot be used: %s. See that this machine may reach it, and that server.tls.acme.directory and rootFile are right.", directory, reason(err))
		}
		return fine("%s answers", directory)
	}}
}

// readDirectory is RFC 8555 section 7.1.1.
func readDirectory(ctx context.Context, directory, rootFile string) error {
	roots, err := rootsOf(rootFile)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, directory, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	var found struct {
		NewOrder string `json:"newOrder"`
	}
	if json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(&found) != nil || found.NewOrder == "" {
		return errors.New("what answers is no ACME directory")
	}
	return nil
}

// rootsOf reads a file of roots; nil, which is the system's, for no file.
func rootsOf(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, errors.New(file + " holds no certificate in PEM")
	}
	return roots, nil
}

// checkDomain sees whether a domain has an address, where the authority asks for it.
func checkDomain(domain string, lookup func(ctx context.Context, host string) ([]string, error)) Check {
	return Check{Name: "domain", Run: func(ctx context.Context) Finding {
		addresses, err := lookup(ctx, domain)
		if err != nil {
			return fail("%s cannot be found: %s. Give it the address of this machine in the DNS, so that the certificate authority finds us.", domain, reason(err))
		}
		return fine("%s leads to %s", domain, strings.Join(addresses, ", "))
	}}
}
