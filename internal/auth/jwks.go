package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	jwksMinInterval = time.Minute     // between any two fetches, whoever asks for them
	jwksRefresh     = 5 * time.Minute // how long a key that was withdrawn may live on
	jwksTimeout     = 5 * time.Second // one fetch
	jwksMaxBytes    = 256 << 10
	jwksMaxKeys     = 64
)

// jwks keeps the key set that a URL publishes (RFC 7517). It fetches at most once a minute; those who ask while a fetch
// is under way share its outcome; when a fetch fails, the keys of the last good one stay.
type jwks struct {
	url    string
	client *http.Client
	logger *slog.Logger

	fetches, failures atomic.Uint64

	mu        sync.Mutex
	keys      []key
	attempted time.Time
	failed    bool          // the last attempt
	inFlight  chan struct{} // closed when the fetch under way has ended; nil when there is none
}

func newJWKS(url string, transport http.RoundTripper, logger *slog.Logger) *jwks {
	return &jwks{
		url:    url,
		logger: logger,
		client: &http.Client{
			Transport: transport,
			Timeout:   jwksTimeout,
			// Where keys come from is the operator's word and nobody else's.
			CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("auth.jwksUrl redirects") },
		},
	}
}

func (j *jwks) algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.RS256, jose.ES256, jose.EdDSA}
}

func (j *jwks) lookup(ctx context.Context, kid string) ([]key, error) {
	if found := j.cached(kid); len(found) > 0 {
		return found, nil
	}
	if err := j.refresh(ctx); err != nil {
		return nil, err
	}
	j.mu.Lock()
	never := j.keys == nil
	j.mu.Unlock()
	if never {
		return nil, errNoKeys
	}
	return j.cached(kid), nil
}

func (j *jwks) cached(kid string) []key {
	j.mu.Lock()
	defer j.mu.Unlock()
	if kid == "" {
		return j.keys // replaced as a whole, never written to
	}
	var found []key
	for _, k := range j.keys {
		if k.id == kid {
			found = append(found, k)
		}
	}
	return found
}

// run fetches now and then, sooner after a failure.
func (j *jwks) run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		if j.refresh(ctx) != nil {
			return nil // ctx has ended
		}
		j.mu.Lock()
		wait := jwksRefresh
		if j.failed {
			wait = jwksMinInterval
		}
		j.mu.Unlock()
		timer.Reset(wait)
	}
}

// refresh fetches, unless that was done less than a minute ago, or waits for the fetch under way. A fetch goes on when
// the one who asked for it has left, since others may wait for it. The error is that of ctx.
func (j *jwks) refresh(ctx context.Context) error {
	j.mu.Lock()
	if wait := j.inFlight; wait != nil {
		j.mu.Unlock()
		select {
		case <-wait:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if !j.attempted.IsZero() && time.Since(j.attempted) < jwksMinInterval {
		j.mu.Unlock()
		return ctx.Err()
	}
	done := make(chan struct{})
	j.attempted, j.inFlight = time.Now(), done
	j.mu.Unlock()

	keys, err := j.fetch(context.WithoutCancel(ctx))

	j.mu.Lock()
	j.failed = err != nil
	if err == nil {
		j.keys = keys
	}
	j.inFlight = nil
	j.mu.Unlock()
	close(done)
	if err != nil {
		j.failures.Add(1)
		j.logger.Warn("The signing keys of auth.jwksUrl could not be fetched; those of the last time stay.", "error", err)
	}
	return ctx.Err()
}

func (j *jwks) fetch(ctx context.Context) ([]key, error) {
	j.fetches.Add(1)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, j.url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	res, err := j.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, jwksMaxBytes+1))
	if err != nil {
		return nil, err
	}
	if len(body) > jwksMaxBytes {
		return nil, fmt.Errorf("the key set is over %d bytes", jwksMaxBytes)
	}
	return parseJWKS(body)
}

// parseJWKS keeps the keys that can verify a token here. Sets also publish keys for other uses: those are left out, and
// so is a symmetric key, which nobody should publish.
func parseJWKS(body []byte) ([]key, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("read the key set: %w", err)
	}
	if len(set.Keys) > jwksMaxKeys {
		return nil, fmt.Errorf("the key set has %d keys, more than %d", len(set.Keys), jwksMaxKeys)
	}
	var keys []key
	for _, raw := range set.Keys {
		var jwk jose.JSONWebKey
		if jwk.UnmarshalJSON(raw) != nil || jwk.Use != "" && jwk.Use != "sig" {
			continue
		}
		algorithm, err := algorithmOf(jwk.Key)
		if err != nil || jwk.Algorithm != "" && jwk.Algorithm != string(algorithm) {
			continue
		}
		keys = append(keys, key{id: jwk.KeyID, algorithm: algorithm, value: jwk.Key})
	}
	if len(keys) == 0 {
		return nil, errors.New("the key set holds no RSA, P-256 or Ed25519 key for signatures")
	}
	return keys, nil
}

// CheckJWKS fetches the key set of a URL as a Verifier would and returns how many of its keys can be used.
func CheckJWKS(ctx context.Context, url string, transport http.RoundTripper) (usable int, err error) {
	keys, err := newJWKS(url, transport, slog.New(slog.DiscardHandler)).fetch(ctx)
	return len(keys), err
}
