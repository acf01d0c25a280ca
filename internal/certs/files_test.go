package certs

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// makePair is a certificate in PEM, with its key.
func makePair(t testing.TB, name string, from, until time.Time) pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: serial, NotBefore: from, NotAfter: until, DNSNames: []string{name}}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, b []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}) }
	return pair{encode("CERTIFICATE", der), encode("PRIVATE KEY", private)}
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// folder writes a pair as certbot and Kubernetes do: the files are links.
func folder(t testing.TB, dir, version string, p pair) (certFile, keyFile string) {
	t.Helper()
	real := filepath.Join(dir, version)
	if err := os.MkdirAll(real, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(real, "cert.pem"), p.cert)
	write(t, filepath.Join(real, "key.pem"), p.key)
	if err := os.Symlink(version, filepath.Join(dir, "next")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "live")); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "live", "cert.pem"), filepath.Join(dir, "live", "key.pem")
}

// logged is what was written to a log; it may be written to at any time.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logged) count(text string) int { return strings.Count(l.String(), text) }

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func nameOf(t testing.TB, f *Files) string {
	t.Helper()
	cert, err := f.GetCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	return cert.Leaf.DNSNames[0]
}

func TestFilesAreReloaded(t *testing.T) {
	dir, log := t.TempDir(), &logged{}
	soon := time.Now().Add(24 * time.Hour).Truncate(time.Second)
	synctest.Test(t, func(t *testing.T) {
		from := time.Now().Add(-time.Hour)
		certFile, keyFile := folder(t, dir, "1", makePair(t, "one.example", from, soon))
		f, err := OpenFiles(certFile, keyFile, log.logger())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- f.Run(ctx) }()
		later := func() {
			time.Sleep(3 * lookEvery) // of the clock in the bubble
			synctest.Wait()
		}
		if later(); nameOf(t, f) != "one.example" || f.Stats().Renewed != 0 || !f.Stats().NotAfter.Equal(soon) {
			t.Errorf("unchanged: %+v", f.Stats())
		}
		folder(t, dir, "2", makePair(t, "two.example", from, soon))
		if later(); nameOf(t, f) != "two.example" || f.Stats().Renewed != 1 {
			t.Errorf("links to another folder: %s %+v", nameOf(t, f), f.Stats())
		}
		third := makePair(t, "three.example", from, soon)
		write(t, certFile, third.cert)
		if later(); nameOf(t, f) != "two.example" || f.Stats().Failed != 1 || log.count("cannot be used") != 1 {
			t.Errorf("half of a pair: %s %+v", nameOf(t, f), f.Stats())
		}
		write(t, keyFile, third.key)
		if later(); nameOf(t, f) != "three.example" || f.Stats().Renewed != 2 {
			t.Errorf("and the other half: %s %+v", nameOf(t, f), f.Stats())
		}
		for _, broken := range []string{"", "-----BEGIN CERTIFICATE-----\n", "words"} {
			failed := f.Stats().Failed
			write(t, certFile, []byte(broken))
			if later(); nameOf(t, f) != "three.example" || f.Stats().Failed != failed+1 {
				t.Errorf("%q: %s %+v", broken, nameOf(t, f), f.Stats())
			}
		}
		if err := os.Remove(filepath.Join(dir, "live")); err != nil {
			t.Fatal(err)
		}
		if later(); nameOf(t, f) != "three.example" {
			t.Errorf("the files are gone: %s", nameOf(t, f))
		}
		folder(t, dir, "4", third)
		failed := f.Stats().Failed
		if later(); f.Stats().Failed != failed || nameOf(t, f) != "three.example" {
			t.Errorf("the same pair again: %+v", f.Stats())
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	one, two := makePair(t, "a.example", now, now.Add(time.Hour)), makePair(t, "a.example", now, now.Add(time.Hour))
	certFile, keyFile := filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	for name, p := range map[string]pair{"another's key": {one.cert, two.key}, "no certificate": {nil, one.key}, "no key": {one.cert, one.cert}} {
		write(t, certFile, p.cert)
		write(t, keyFile, p.key)
		if _, err := OpenFiles(certFile, keyFile, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := OpenFiles(certFile, filepath.Join(dir, "none"), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("no file: accepted")
	}
}

func TestExpiryWarnings(t *testing.T) {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		valid time.Duration
		left  []time.Duration // looked at, in this order
		want  int             // lines
	}{
		"a quarter":       {90 * day, []time.Duration{80 * day, 15 * day}, 0},
		"two weeks":       {90 * day, []time.Duration{15 * day, 13 * day, 12 * day, 4 * day}, 1},
		"three days":      {90 * day, []time.Duration{13 * day, 2 * day, day}, 2},
		"expired":         {90 * day, []time.Duration{13 * day, 2 * day, 0, -day, -2 * day}, 3},
		"late":            {90 * day, []time.Duration{day, -day}, 2},
		"a week":          {7 * day, []time.Duration{6 * day, 4 * day, 2 * day}, 1},
		"made for a day":  {day, []time.Duration{day, time.Hour}, 0},
		"a day, and over": {day, []time.Duration{-time.Hour}, 1},
	}
	for name, tt := range tests {
		log := &logged{}
		e := expiry{log: log.logger()}
		leaf := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: from.Add(tt.valid)}
		for _, left := range tt.left {
			e.look(leaf, leaf.NotAfter.Add(-left))
		}
		if got := log.count("\n"); got != tt.want {
			t.Errorf("%s: %d lines: %s", name, got, log)
		}
		renewed := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: from, NotAfter: from.Add(90 * day)}
		if e.look(renewed, from.Add(89*day)); log.count("\n") != tt.want+1 {
			t.Errorf("%s: nothing of the next one: %s", name, log)
		}
	}
}
