package transport

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	_ "crypto/sha512" // registers SHA-384 and SHA-512 for client fingerprints
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// certificate is the self-signed one that every client of a listener sees; its fingerprint is in the answers.
type certificate struct {
	tls         tls.Certificate
	fingerprint string // sha-256, as SDP writes it
}

func newCertificate() (*certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("media certificate key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fmt.Errorf("media certificate serial: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "WebRTC"},
		NotBefore:    now.Add(-24 * time.Hour),
		NotAfter:     now.AddDate(1, 0, 0), // browsers compare the fingerprint only
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("media certificate: %w", err)
	}
	sum := sha256.Sum256(der)
	return &certificate{
		tls:         tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		fingerprint: formatFingerprint(sum[:]),
	}, nil
}

// fingerprint is one a=fingerprint of the client.
type fingerprint struct {
	hash crypto.Hash
	sum  string // raw bytes
}

var fingerprintHashes = map[string]crypto.Hash{
	"sha-256": crypto.SHA256, "sha-384": crypto.SHA384, "sha-512": crypto.SHA512,
}

func formatFingerprint(sum []byte) string {
	var b strings.Builder
	for i, v := range sum {
		if i > 0 {
			b.WriteByte(':')
		}
		fmt.Fprintf(&b, "%02X", v)
	}
	return b.String()
}

// parseFingerprint reads "sha-256 AB:CD:…"; ok is false for a hash that we do not take.
func parseFingerprint(value string) (f fingerprint, ok bool, err error) {
	name, digits, found := strings.Cut(value, " ")
	hash, known := fingerprintHashes[strings.ToLower(name)]
	if !found || !known {
		return f, false, nil
	}
	sum, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(digits), ":", ""))
	if err != nil || len(sum) != hash.Size() {
		return f, false, errors.New("a fingerprint of the wrong length or form")
	}
	return fingerprint{hash: hash, sum: string(sum)}, true, nil
}

// matches tells whether der is the certificate that f names.
func (f fingerprint) matches(der []byte) bool {
	h := f.hash.New()
	h.Write(der)
	return string(h.Sum(nil)) == f.sum
}
