package doctor

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// issuer is a certificate with its key.
type issuer struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// issue makes a certificate, signed by itself when there is no parent.
func issue(t *testing.T, parent *issuer, adjust func(*x509.Certificate)) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: serial, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90*24*time.Hour + time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, BasicConstraintsValid: true,
	}
	adjust(template)
	signer := &issuer{template, key}
	if parent != nil {
		signer = parent
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer.cert, key.Public(), signer.key)
	must(t, err)
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	return &issuer{cert, key}
}

func authority(name string) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.Subject, c.IsCA = pkix.Name{CommonName: name}, true }
}

func leaf(names ...string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.Subject, c.DNSNames = pkix.Name{CommonName: names[0]}, names
		c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
}

// with joins changes.
func with(all ...func(*x509.Certificate)) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		for _, each := range all {
			each(c)
		}
	}
}

func until(d time.Duration) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour*24*90), time.Now().Add(d)
	}
}

// Certificates as they go wrong, with the verdict on each.
func TestCertificates(t *testing.T) {
	root := issue(t, nil, authority("Public Root"))
	middle := issue(t, root, authority("Public Issuer"))
	company := issue(t, nil, authority("Company Root"))
	roots := x509.NewCertPool()
	roots.AddCert(root.cert)
	public := func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"http://ca.example/issuer.crt"} }
	const host = "parley.example.com"

	for _, tt := range []struct {
		name    string
		leaf    *issuer
		rest    []*issuer
		verdict Verdict
		word    string
	}{
		{"good", issue(t, middle, leaf(host)), []*issuer{middle}, OK, "90 days left"},
		{"the root is sent, too", issue(t, middle, leaf(host)), []*issuer{middle, root}, OK, host},
		{"expired", issue(t, middle, with(leaf(host), until(-time.Hour))), []*issuer{middle}, Failed, "expired on"},
		{"soon expired", issue(t, middle, with(leaf(host), until(5*24*time.Hour+time.Hour))), []*issuer{middle}, Warning, "in 5 days"},
		{"not valid yet", issue(t, middle, with(leaf(host), func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) })), []*issuer{middle}, Failed, "clock"},
		{"another name", issue(t, middle, leaf("www.example.com")), []*issuer{middle}, Failed, "is for www.example.com, 127.0.0.1 and not for"},
		{"the issuer is missing", issue(t, middle, with(leaf(host), public)), nil, Failed, "http://ca.example/issuer.crt"},
		{"signed by itself", issue(t, nil, leaf(host)), nil, Warning, "every browser"},
		{"a company's authority", issue(t, company, leaf(host)), []*issuer{company}, Warning, "Company Root"},
		{"a company's authority, without it", issue(t, company, leaf(host)), nil, Warning, "Company Root"},
		{"for mail", issue(t, middle, with(leaf(host), func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} })), []*issuer{middle}, Failed, "usage"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cert, key := writePair(t, tt.leaf, tt.rest)
			wants(t, checkCertificate(cert, key, host, roots), tt.verdict, tt.word)
		})
	}
	wants(t, checkCertificate("/nonexistent", "/nonexistent", host, roots), Failed, "cannot be used")
}

func writePair(t *testing.T, leaf *issuer, rest []*issuer) (certFile, keyFile string) {
	t.Helper()
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.cert.Raw})
	for _, each := range rest {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: each.cert.Raw})...)
	}
	must(t, os.WriteFile(certFile, text, 0o600))
	der, err := x509.MarshalPKCS8PrivateKey(leaf.key)
	must(t, err)
	must(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	return certFile, keyFile
}

// serveTLS runs a server with the certificate and returns it as a target.
func serveTLS(t *testing.T, cert, key string, roots *x509.CertPool) *Target {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(cert, key)
	must(t, err)
	server := httptest.NewUnstartedServer(http.HandlerFunc(answerHealth))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	server.StartTLS()
	t.Cleanup(server.Close)
	target, err := NewTarget(server.URL, "", roots)
	must(t, err)
	return target
}

func answerHealth(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte(`{"status":"UP","checks":{"media":"UP"}}`))
}

func TestTheChainOfARunningServer(t *testing.T) {
	root := issue(t, nil, authority("Public Root"))
	roots := x509.NewCertPool()
	roots.AddCert(root.cert)
	good := issue(t, root, leaf("localhost"))
	cert, key := writePair(t, good, nil)
	target := serveTLS(t, cert, key, roots)
	wants(t, target.checkChain("TLS", "127.0.0.1"), OK, "90 days left")
	wants(t, target.checkHealth("health", "Start it."), OK, "UP")

	cert, key = writePair(t, issue(t, root, with(leaf("localhost"), until(-time.Hour))), nil)
	target = serveTLS(t, cert, key, roots)
	wants(t, target.checkChain("TLS", "127.0.0.1"), Failed, "expired")
	wants(t, target.checkHealth("health", "Renew it."), Failed, "certificate is not accepted")

	plain := httptest.NewServer(http.HandlerFunc(answerHealth))
	defer plain.Close()
	target, err := NewTarget("https://"+plain.Listener.Addr().String(), "", nil)
	must(t, err)
	wants(t, target.checkChain("TLS", "127.0.0.1"), Failed, "does not speak TLS")
}

func poolOf(root *issuer) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(root.cert)
	return pool
}

func listenTLS(t *testing.T, cert *issuer) net.Listener {
	t.Helper()
	pair := tls.Certificate{Certificate: [][]byte{cert.cert.Raw}, PrivateKey: cert.key}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	must(t, err)
	return listener
}
