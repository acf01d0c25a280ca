package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

const (
	lookEvery    = 5 * time.Second
	maxFileBytes = 1 << 20
)

// Files is a certificate and its key in two files. They are read every few seconds and compared with what they held:
// that sees through every way of renewing, also through links and through tools that keep the time of a file.
type Files struct {
	certFile, keyFile string
	log               *slog.Logger

	current         atomic.Pointer[tls.Certificate]
	renewed, failed atomic.Uint64

	// Owned by Run.
	last   pair // what was tried last
	expiry expiry
}

type pair struct{ cert, key []byte }

func (p pair) equal(q pair) bool { return bytes.Equal(p.cert, q.cert) && bytes.Equal(p.key, q.key) }

// OpenFiles reads a pair, which must be good. Run keeps it fresh.
func OpenFiles(certFile, keyFile string, log *slog.Logger) (*Files, error) {
	f := &Files{certFile: certFile, keyFile: keyFile, log: log, expiry: expiry{log: log}}
	if _, err := f.load(); err != nil {
		return nil, err
	}
	return f, nil
}

// GetCertificate is for tls.Config.
func (f *Files) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return f.current.Load(), nil
}

// Run looks at the files until ctx ends. A new pair that cannot be used is logged, and the old one stays.
func (f *Files) Run(ctx context.Context) error {
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()
	for {
		f.expiry.look(f.current.Load().Leaf, time.Now())
		select {
		case <-ticks.C:
			f.refresh()
		case <-ctx.Done():
			return nil
		}
	}
}

func (f *Files) refresh() {
	changed, err := f.load()
	switch {
	case err != nil && changed:
		f.failed.Add(1)
		f.log.Error("the new certificate cannot be used; the old one stays", "error", err)
	case changed:
		f.renewed.Add(1)
		f.log.Info("a new certificate is in use", "until", f.current.Load().Leaf.NotAfter)
	}
}

// load takes the pair into use if it is not the one that was tried last. A file that cannot be read is as one that is
// empty, so that this too is told once.
func (f *Files) load() (changed bool, err error) {
	var p pair
	p.cert, err = read(f.certFile)
	if err == nil {
		p.key, err = read(f.keyFile)
	}
	if f.last.equal(p) && f.current.Load() != nil {
		return false, err
	}
	f.last = p
	if err != nil {
		return true, err
	}
	cert, err := tls.X509KeyPair(p.cert, p.key)
	if err != nil {
		return true, fmt.Errorf("%s and %s: %w", f.certFile, f.keyFile, err)
	}
	f.current.Store(&cert)
	return true, nil
}

func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	data, err := io.ReadAll(io.LimitReader(file, maxFileBytes))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data, nil
}

// Stats returns the numbers as they are now.
func (f *Files) Stats() Stats {
	return Stats{NotAfter: f.current.Load().Leaf.NotAfter, Renewed: f.renewed.Load(), Failed: f.failed.Load()}
}
