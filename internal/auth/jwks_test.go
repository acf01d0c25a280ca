package auth

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// crm is the web server of a CRM that publishes its keys.
type crm struct {
	mu      sync.Mutex
	keys    []jose.JSONWebKey
	body    string // instead of keys
	status  int
	fail    error
	delay   time.Duration
	fetches int
}

func (c *crm) RoundTrip(req *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fetches++
	if c.fail != nil {
		return nil, c.fail
	}
	c.mu.Unlock()
	timer := time.NewTimer(c.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-req.Context().Done():
	}
	c.mu.Lock()
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	body := c.body
	if body == "" {
		data, err := json.Marshal(jose.JSONWebKeySet{Keys: c.keys})
		if err != nil {
			return nil, err
		}
		body = string(data)
	}
	status := c.status
	if status == 0 {
		status = http.StatusOK
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Location": {"https://elsewhere.example/"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

func (c *crm) set(change func(*crm)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c)
}

func (c *crm) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fetches
}

func public(kid string, k crypto.Signer) jose.JSONWebKey {
	return jose.JSONWebKey{KeyID: kid, Key: k.Public(), Use: "sig"}
}

func byJWKS(c *crm) *Verifier {
	return &Verifier{keys: newJWKS("https://crm.example/jwks.json", c, quiet)}
}

func TestJWKSRotation(t *testing.T) {
	k := testKeys()
	synctest.Test(t, func(t *testing.T) {
		server := &crm{keys: []jose.JSONWebKey{public("one", k.rsa)}}
		v := byJWKS(server)
		verify := func(kid string, algorithm jose.SignatureAlgorithm, key any) error {
			_, err := v.Verify(t.Context(), sign(t, algorithm, key, kid, good(nil)))
			return err
		}
		if err := verify("one", jose.RS256, k.rsa); err != nil {
			t.Fatal(err)
		}
		server.set(func(c *crm) { c.keys = append(c.keys, public("two", k.ec), public("three", k.ed)) })
		for range 100 { // an unknown kid within the minute fetches nothing
			wantFault(t, verify("two", jose.ES256, k.ec), ErrInvalid)
		}
		if n := server.count(); n != 1 {
			t.Fatalf("%d fetches within a minute", n)
		}
		time.Sleep(time.Minute)
		for range 100 {
			wantFault(t, verify("unknown", jose.ES256, k.ec), ErrInvalid)
		}
		if n := server.count(); n != 2 {
			t.Fatalf("%d fetches after a minute, want one more", n)
		}
		for kid, key := range map[string]crypto.Signer{"one": k.rsa, "two": k.ec, "three": k.ed} {
			algorithm, _ := algorithmOf(key.Public())
			if err := verify(kid, algorithm, key); err != nil {
				t.Errorf("kid %s: %v", kid, err)
			}
			if err := verify("", algorithm, key); err != nil {
				t.Errorf("kid %s left out: %v", kid, err)
			}
		}
		wantFault(t, verify("one", jose.ES256, k.ec), ErrInvalid)
		wantFault(t, verify("one", jose.PS256, k.rsa), ErrInvalid)
		wantFault(t, verify("one", jose.HS256, []byte(testSecret)), ErrInvalid)
	})
}

func TestJWKSMergesConcurrentFetches(t *testing.T) {
	k := testKeys()
	synctest.Test(t, func(t *testing.T) {
		server := &crm{keys: []jose.JSONWebKey{public("one", k.ec)}, delay: time.Second}
		v := byJWKS(server)
		token := sign(t, jose.ES256, k.ec, "one", good(nil))
		// The one who starts the fetch gives up; the others must not suffer for it.
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		errs := make(chan error, 20)
		go func() { _, err := v.Verify(impatient, token); errs <- err }()
		synctest.Wait()
		for range 19 {
			go func() { _, err := v.Verify(t.Context(), token); errs <- err }()
		}
		accepted := 0
		for range 20 {
			if err := <-errs; err == nil {
				accepted++
			} else {
				wantFault(t, err, ErrKeysUnavailable)
			}
		}
		if accepted != 19 || server.count() != 1 {
			t.Errorf("%d of 19 accepted, %d fetches", accepted, server.count())
		}
	})
}

func TestJWKSOutageKeepsTheOldKeys(t *testing.T) {
	k := testKeys()
	synctest.Test(t, func(t *testing.T) {
		server := &crm{fail: errors.New("connection refused")}
		v := byJWKS(server)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- v.Run(ctx) }()
		synctest.Wait()
		verify := func() error {
			_, err := v.Verify(ctx, sign(t, jose.ES256, k.ec, "one", good(nil)))
			return err
		}
		wantFault(t, verify(), ErrKeysUnavailable)

		server.set(func(c *crm) { c.fail, c.keys = nil, []jose.JSONWebKey{public("one", k.ec)} })
		time.Sleep(time.Minute + time.Second) // Run tries again a minute after a failure
		if err := verify(); err != nil {
			t.Fatal(err)
		}
		server.set(func(c *crm) { c.fail = errors.New("connection refused") })
		time.Sleep(24 * time.Hour)
		if err := verify(); err != nil {
			t.Fatalf("the outage took the keys: %v", err)
		}
		server.set(func(c *crm) { c.fail, c.keys = nil, []jose.JSONWebKey{public("two", k.ec)} })
		time.Sleep(jwksRefresh + time.Second)
		wantFault(t, verify(), ErrInvalid) // a withdrawn key goes without anybody asking
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if s := v.Stats(); s.JWKSFailures < 1000 || s.JWKSFetches != uint64(server.count()) {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestJWKSBadAnswers(t *testing.T) {
	k := testKeys()
	oct := `{"keys":[{"kty":"oct","kid":"one","alg":"HS256","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}]}`
	tests := map[string]func(*crm){
		"an error page":       func(c *crm) { c.status, c.body = 500, "<html>" },
		"a redirect":          func(c *crm) { c.status = http.StatusFound },
		"no JSON":             func(c *crm) { c.body = "<html>" },
		"no keys":             func(c *crm) { c.body = `{"keys":[]}` },
		"a symmetric key":     func(c *crm) { c.body = oct },
		"for encryption":      func(c *crm) { c.keys[0].Use = "enc" },
		"another algorithm":   func(c *crm) { c.keys[0].Algorithm = "PS256" },
		"a weak key":          func(c *crm) { c.keys[0].Key = k.smallRSA.Public() },
		"too many keys":       func(c *crm) { c.body = `{"keys":[` + strings.Repeat(`{},`, 64) + `{}]}` },
		"too large":           func(c *crm) { c.body = `{"keys":[]}` + strings.Repeat(" ", jwksMaxBytes) },
		"slower than we wait": func(c *crm) { c.delay = time.Hour },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &crm{keys: []jose.JSONWebKey{public("one", k.rsa)}}
				change(server)
				v, start := byJWKS(server), time.Now()
				for _, token := range []string{
					sign(t, jose.RS256, k.rsa, "one", good(nil)),
					sign(t, jose.RS256, k.smallRSA, "one", good(nil)),
				} {
					_, err := v.Verify(t.Context(), token)
					wantFault(t, err, ErrKeysUnavailable)
				}
				_, err := v.Verify(t.Context(), sign(t, jose.HS256, []byte(testSecret), "one", good(nil)))
				wantFault(t, err, ErrInvalid)
				if waited := time.Since(start); waited > jwksTimeout {
					t.Errorf("waited %v", waited)
				}
				if s := v.Stats(); s.JWKSFetches != 1 || s.JWKSFailures != 1 {
					t.Errorf("stats %+v", s)
				}
			})
		})
	}
}

func TestJWKSLeavesOutWhatItCannotUse(t *testing.T) {
	k := testKeys()
	body, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public("small", k.smallRSA), public("p384", k.ec384), public("good", k.ed)}})
	if err != nil {
		t.Fatal(err)
	}
	withUnknown := strings.Replace(string(body), `{"keys":[`, `{"keys":[{"kty":"new","kid":"x"},7,`, 1)
	keys, err := parseJWKS([]byte(withUnknown))
	if err != nil || len(keys) != 1 || keys[0].id != "good" {
		t.Fatalf("got %+v, %v", keys, err)
	}
}
