package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/digierapro/parley/internal/fault"
)

// maxTokenBytes is far above what a CRM puts in a token and far below what costs anything to look at.
const maxTokenBytes = 8 << 10

// What Verify refuses with. A client can do something about each: sign in, sign in anew, come back later.
var (
	ErrMissing         = fault.New(fault.Unauthenticated, "token_missing", "There is no token.")
	ErrInvalid         = fault.New(fault.Unauthenticated, "token_invalid", "The token is not valid.")
	ErrExpired         = fault.New(fault.Unauthenticated, "token_expired", "The token has expired.")
	ErrKeysUnavailable = fault.New(fault.Unavailable, "keys_unavailable", "The keys that tokens are checked with cannot be fetched just now.")
)

var errNoKeys = errors.New("no key set has been fetched yet")

// Config says who signs tokens. Exactly one of Secret, PublicKeyFile and JWKSURL is set.
type Config struct {
	Secret        string // HS256
	PublicKeyFile string // PEM: RS256, ES256 or EdDSA, by the kind of the key
	JWKSURL       string // RS256, ES256 and EdDSA, each by the kind of its key
	Issuer        string // "" accepts any
	Audience      string // "" accepts any
}

// Stats counts what a Verifier has done.
type Stats struct {
	Accepted     uint64
	Invalid      uint64
	Expired      uint64
	Unavailable  uint64
	JWKSFetches  uint64
	JWKSFailures uint64
}

// Verifier turns tokens into identities.
type Verifier struct {
	keys     keySource
	issuer   string
	audience string

	accepted, invalid, expired, unavailable atomic.Uint64
}

// Open makes a Verifier and reads the public key's file when there is one. It fetches nothing.
func Open(cfg Config, logger *slog.Logger) (*Verifier, error) {
	keys, err := cfg.keySource(logger)
	if err != nil {
		return nil, err
	}
	return &Verifier{keys: keys, issuer: cfg.Issuer, audience: cfg.Audience}, nil
}

func (c Config) keySource(logger *slog.Logger) (keySource, error) {
	switch {
	case c.Secret != "" && c.PublicKeyFile == "" && c.JWKSURL == "":
		return secretKey(c.Secret)
	case c.Secret == "" && c.PublicKeyFile != "" && c.JWKSURL == "":
		data, err := os.ReadFile(c.PublicKeyFile)
		if err != nil {
			return nil, fmt.Errorf("read the public key: %w", err)
		}
		source, err := publicKey(data)
		if err != nil {
			return nil, fmt.Errorf("the public key in %s cannot be used: %w", c.PublicKeyFile, err)
		}
		return source, nil
	case c.Secret == "" && c.PublicKeyFile == "" && c.JWKSURL != "":
		return newJWKS(c.JWKSURL, http.DefaultTransport, logger), nil
	}
	return nil, errors.New("exactly one of a secret, a public key file and a JWKS URL must be set")
}

// Run keeps the keys of a JWKS fresh until ctx ends. With any other kind of key it only waits.
func (v *Verifier) Run(ctx context.Context) error { return v.keys.run(ctx) }

// Verify checks a token and says whose it is. It may wait for a key set to be fetched, at most once a minute and as long
// as ctx lasts. The error is one of the faults above, with the reason for the log.
func (v *Verifier) Verify(ctx context.Context, token string) (Identity, error) {
	id, err := v.verify(ctx, token)
	switch {
	case err == nil:
		v.accepted.Add(1)
		return id, nil
	case token == "":
		v.invalid.Add(1)
		return Identity{}, ErrMissing
	case errors.Is(err, errExpired):
		v.expired.Add(1)
		return Identity{}, ErrExpired
	case errors.Is(err, errNoKeys) || ctx.Err() != nil:
		v.unavailable.Add(1)
		return Identity{}, fault.Wrap(err, ErrKeysUnavailable.Kind, ErrKeysUnavailable.Code, ErrKeysUnavailable.Message).After(jwksMinInterval)
	}
	v.invalid.Add(1)
	return Identity{}, fault.Wrap(err, ErrInvalid.Kind, ErrInvalid.Code, ErrInvalid.Message)
}

func (v *Verifier) verify(ctx context.Context, token string) (Identity, error) {
	if len(token) > maxTokenBytes {
		return Identity{}, fmt.Errorf("the token has %d bytes, over %d", len(token), maxTokenBytes)
	}
	signed, err := jose.ParseSignedCompact(token, v.keys.algorithms())
	if err != nil {
		return Identity{}, err
	}
	payload, err := v.checkSignature(ctx, signed)
	if err != nil {
		return Identity{}, err
	}
	c, err := parseClaims(payload)
	if err != nil {
		return Identity{}, err
	}
	if err := c.checkValidity(time.Now(), v.issuer, v.audience); err != nil {
		return Identity{}, err
	}
	return c.identity()
}

// checkSignature gives the payload if one of our keys has signed it with the key's own algorithm.
func (v *Verifier) checkSignature(ctx context.Context, signed *jose.JSONWebSignature) ([]byte, error) {
	header := signed.Signatures[0].Header
	candidates, err := v.keys.lookup(ctx, header.KeyID)
	if err != nil {
		return nil, err
	}
	for _, k := range candidates {
		if string(k.algorithm) != header.Algorithm {
			continue
		}
		if payload, err := signed.Verify(k.value); err == nil {
			return payload, nil
		}
	}
	return nil, errors.New("none of the keys has signed the token")
}

// Stats returns the counters.
func (v *Verifier) Stats() Stats {
	s := Stats{
		Accepted: v.accepted.Load(), Invalid: v.invalid.Load(),
		Expired: v.expired.Load(), Unavailable: v.unavailable.Load(),
	}
	if j, ok := v.keys.(*jwks); ok {
		s.JWKSFetches, s.JWKSFailures = j.fetches.Load(), j.failures.Load()
	}
	return s
}
