package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/portmux"
)

// patience is how long something may take that is sure to come, on a busy machine.
const patience = 15 * time.Second

const domain = "parley.test"

// eventually waits for a condition that no event tells of.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// listen opens the port that is to be served.
func listen(t *testing.T) *net.TCPListener {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.(*net.TCPListener)
}

func portOf(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

// serve shares a port as the server does: TLS with a's certificates, and challenges over plain HTTP.
func serve(t *testing.T, port *net.TCPListener, a *ACME) *portmux.Mux {
	t.Helper()
	mux, err := portmux.New(portmux.Config{
		Log: slog.New(slog.DiscardHandler), TLS: &tls.Config{GetCertificate: a.GetCertificate, NextProtos: []string{Protocol}},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: a.ChallengeHandler(http.NotFoundHandler())}
	plain := mux.Listener(portmux.PlainWeb)
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(plain) }) // until the port ends
	serving.Go(func() {
		if err := mux.Serve(ctx, port); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); serving.Wait(); _ = server.Close() })
	return mux
}

func open(t *testing.T, p *pebble, port net.Listener, folder string) *ACME {
	t.Helper()
	said := &logged{}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("it said:\n%s", said)
		}
	})
	a, err := OpenACME(ACMEConfig{
		Domains: []string{domain}, Email: "operator@parley.test", Agreed: true, Directory: p.directory, RootFile: p.rootFile,
		Folder: folder, Log: said.logger(), Host: "127.0.0.1", TLSPort: portOf(port),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// shake does a handshake with a name and says whether the certificate is the authority's for the domain.
func shake(p *pebble, port net.Listener, name string) error {
	conn, err := tls.Dial("tcp", port.Addr().String(), &tls.Config{ServerName: name, InsecureSkipVerify: true})
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return verify(p, conn.ConnectionState())
}

func verify(p *pebble, state tls.ConnectionState) error {
	options := x509.VerifyOptions{Roots: p.issues, Intermediates: x509.NewCertPool(), DNSName: domain}
	for _, c := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(c)
	}
	_, err := state.PeerCertificates[0].Verify(options)
	return err
}

// One port: the certificate is got by TLS-ALPN-01 on it and then served on it; the next start has it already.
func TestACMEByTLS(t *testing.T) {
	port, folder := listen(t), filepath.Join(t.TempDir(), "certificates")
	p := startPebble(t, portOf(port), 1, 90*day)
	a := open(t, p, port, folder)
	if _, err := a.GetCertificate(&tls.ClientHelloInfo{ServerName: domain}); err == nil || !a.Stats().NotAfter.IsZero() {
		t.Error("a certificate before the start")
	}
	mux := serve(t, port, a)
	stop := running(t, a)
	eventually(t, "there is a certificate", func() bool { return a.Stats().Renewed == 1 && !a.Stats().NotAfter.IsZero() })
	for _, name := range []string{domain, "", "127.0.0.1", "elsewhere.test"} {
		if err := shake(p, port, name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	if left := time.Until(a.Stats().NotAfter); left < 80*day || left > 91*day {
		t.Errorf("it is good for %v", left)
	}
	if mux.Stats().Connections(portmux.ACME) == 0 {
		t.Error("the authority did not come by TLS")
	}
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may look at the keys: %v %v", info.Mode(), err)
	}
	stop()

	again := open(t, p, port, folder)
	stop = running(t, again)
	eventually(t, "the certificate of before is found", func() bool { return !again.Stats().NotAfter.IsZero() })
	if again.Stats().Renewed != 0 {
		t.Error("another was got")
	}
	stop()
}

// The authority cannot reach our TLS, and asks at its port 80.
func TestACMEByHTTP(t *testing.T) {
	port := listen(t)
	p := startPebble(t, 1, portOf(port), 90*day)
	a := open(t, p, port, t.TempDir())
	a.cfg.HTTPPort = portOf(port)
	mux := serve(t, port, a)
	running(t, a)
	eventually(t, "there is a certificate", func() bool { return a.Stats().Renewed == 1 && !a.Stats().NotAfter.IsZero() })
	if err := shake(p, port, domain); err != nil || mux.Stats().Connections(portmux.HTTP) == 0 {
		t.Errorf("%v, %d connections of HTTP", err, mux.Stats().Connections(portmux.HTTP))
	}
}

// The authority does not reach us at all.
func TestACMEFails(t *testing.T) {
	port := listen(t)
	p := startPebble(t, 1, 1, 90*day)
	a := open(t, p, port, t.TempDir())
	serve(t, port, a)
	stop := running(t, a)
	eventually(t, "the failure is counted", func() bool { return a.Stats().Failed > 0 })
	if err := shake(p, port, domain); err == nil {
		t.Error("a handshake without a certificate")
	}
	stop() // and nothing waits for the next attempt
}

// What nears its end is renewed while it is served.
func TestACMERenews(t *testing.T) {
	port := listen(t)
	p := startPebble(t, portOf(port), 1, 15*time.Second)
	a := open(t, p, port, t.TempDir())
	a.checkEvery = 500 * time.Millisecond
	serve(t, port, a)
	running(t, a)
	eventually(t, "there is a certificate", func() bool { return !a.Stats().NotAfter.IsZero() })
	first := a.Stats().NotAfter
	eventually(t, "there is a new one", func() bool { return a.Stats().NotAfter.After(first) })
	if err := shake(p, port, domain); err != nil {
		t.Error(err)
	}
}

func TestOpenACMERefuses(t *testing.T) {
	good := ACMEConfig{Domains: []string{domain}, Agreed: true, Directory: "https://a.test", Folder: t.TempDir(), Log: slog.New(slog.DiscardHandler)}
	words := filepath.Join(t.TempDir(), "words")
	write(t, words, []byte("words"))
	for name, spoil := range map[string]func(*ACMEConfig){
		"no domain":     func(c *ACMEConfig) { c.Domains = nil },
		"not agreed":    func(c *ACMEConfig) { c.Agreed = false },
		"no directory":  func(c *ACMEConfig) { c.Directory = "" },
		"no folder":     func(c *ACMEConfig) { c.Folder = "" },
		"no root":       func(c *ACMEConfig) { c.RootFile = words + "-not" },
		"root of words": func(c *ACMEConfig) { c.RootFile = words },
	} {
		cfg := good
		spoil(&cfg)
		if _, err := OpenACME(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := OpenACME(good); err != nil {
		t.Error(err)
	}
}
