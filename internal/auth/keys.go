package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// MinSecretBytes is the least an HS256 secret may hold: as much as its hash gives out (RFC 7518 section 3.2).
const MinSecretBytes = 32

const minRSABits = 2048

// key is something a token may have been signed with, bound to the one algorithm that it is good for.
type key struct {
	id        string
	algorithm jose.SignatureAlgorithm
	value     any
}

// keySource knows the keys of the CRM.
type keySource interface {
	// algorithms are all that a token may name; any other is refused before a key is looked for.
	algorithms() []jose.SignatureAlgorithm
	// lookup gives the keys that may have signed a token with this kid, which may be "".
	lookup(ctx context.Context, kid string) ([]key, error)
	// run keeps the keys fresh until ctx ends.
	run(ctx context.Context) error
}

// staticKey is a secret or a public key from the configuration. There is one, so kid says nothing.
type staticKey struct{ key key }

func (s staticKey) algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{s.key.algorithm}
}

func (s staticKey) lookup(context.Context, string) ([]key, error) { return []key{s.key}, nil }

func (s staticKey) run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func secretKey(secret string) (staticKey, error) {
	if len(secret) < MinSecretBytes {
		return staticKey{}, fmt.Errorf("the secret has %d bytes and needs at least %d", len(secret), MinSecretBytes)
	}
	return staticKey{key{algorithm: jose.HS256, value: []byte(secret)}}, nil
}

// publicKey reads the first block of a PEM file: a public key, or a certificate for its public key.
func publicKey(data []byte) (staticKey, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return staticKey{}, errors.New("there is no PEM block in it")
	}
	parsed, err := parsePublicKey(block)
	if err != nil {
		return staticKey{}, err
	}
	algorithm, err := algorithmOf(parsed)
	if err != nil {
		return staticKey{}, err
	}
	return staticKey{key{algorithm: algorithm, value: parsed}}, nil
}

func parsePublicKey(block *pem.Block) (any, error) {
	switch block.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		return cert.PublicKey, nil
	}
	return nil, fmt.Errorf("it holds a %q and not a public key", block.Type)
}

// algorithmOf pins the one algorithm that a public key verifies here.
func algorithmOf(value any) (jose.SignatureAlgorithm, error) {
	switch k := value.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() < minRSABits {
			return "", fmt.Errorf("an RSA key needs at least %d bits and this one has %d", minRSABits, k.N.BitLen())
		}
		return jose.RS256, nil
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return "", fmt.Errorf("an EC key must be on the curve P-256 (ES256) and this one is on %s", k.Curve.Params().Name)
		}
		return jose.ES256, nil
	case ed25519.PublicKey:
		return jose.EdDSA, nil
	}
	return "", fmt.Errorf("a %T is none of an RSA, a P-256 and an Ed25519 public key", value)
}
