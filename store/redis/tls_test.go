package redis

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/testkit"
)

// Over TLS, with a certificate that only we trust.
func TestTLS(t *testing.T) {
	cert, key := selfSigned(t)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	must(t, l.Close())
	testkit.Redis(t, "--tls-port", port, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert, "--tls-auth-clients", "no")
	cfg := Config{URL: "rediss://:" + testkit.RedisPassword + "@127.0.0.1:" + port, RootFile: cert, Name: newName(), Logger: testkit.Logger(t)}
	a, b := openWith(t, cfg), openWith(t, cfg)
	there := record(t, b, bus.Channel("x"))
	publish(t, a, bus.Channel("x"), "secret")
	wants(t, there, "secret")
	if _, err := Inspect(t.Context(), cfg); err != nil {
		t.Error(err)
	}
	cfg.RootFile = ""
	if _, err := Inspect(t.Context(), cfg); err == nil {
		t.Error("a certificate is accepted that nobody trusts")
	}
	cfg.RootFile = key
	if _, err := New(cfg); err == nil {
		t.Error("a key is taken for a certificate")
	}
	cfg.RootFile = "/nowhere"
	if _, err := New(cfg); err == nil {
		t.Error("a file that is not there is taken for a certificate")
	}
}

func selfSigned(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "redis"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	must(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	must(t, err)
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
		return path
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", pkcs8)
}
