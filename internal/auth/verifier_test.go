package auth

import (
	"crypto"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/digierapro/parley/internal/fault"
)

func TestVerifyTimesIssuerAndAudience(t *testing.T) {
	at := func(d time.Duration) func(time.Time) int64 {
		return func(now time.Time) int64 { return now.Add(d).Unix() }
	}
	tests := []struct {
		name  string
		claim string
		value any // a func is called with the time of the test
		want  error
	}{
		{"no exp", "exp", nil, ErrInvalid},
		{"exp is text", "exp", "tomorrow", ErrInvalid},
		{"exp is negative", "exp", -1, ErrInvalid},
		{"exp is past the year 9999", "exp", 1e15, ErrInvalid},
		{"exp has a fraction", "exp", 4102444800.5, nil},
		{"expired 59 s ago", "exp", at(-59 * time.Second), nil},
		{"expired 61 s ago", "exp", at(-61 * time.Second), ErrExpired},
		{"nbf in 59 s", "nbf", at(59 * time.Second), nil},
		{"nbf in 61 s", "nbf", at(61 * time.Second), ErrInvalid},
		{"iat in 59 s", "iat", at(59 * time.Second), nil},
		{"iat in 61 s", "iat", at(61 * time.Second), ErrInvalid},
		{"other issuer", "iss", "somebody", ErrInvalid},
		{"no issuer", "iss", nil, ErrInvalid},
		{"other audience", "aud", "crm", ErrInvalid},
		{"no audience", "aud", nil, ErrInvalid},
		{"one of several audiences", "aud", []string{"crm", "parley"}, nil},
		{"audience is a number", "aud", 7, ErrInvalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := open(t, Config{Secret: testSecret, Issuer: "crm", Audience: "parley"})
				payload := good(map[string]any{"iss": "crm", "aud": "parley"})
				value := tt.value
				if f, ok := value.(func(time.Time) int64); ok {
					value = f(time.Now())
				}
				payload[tt.claim] = value
				if value == nil {
					delete(payload, tt.claim)
				}
				id, err := v.Verify(t.Context(), sign(t, jose.HS256, []byte(testSecret), "", payload))
				if tt.want != nil {
					wantFault(t, err, tt.want)
				} else if err != nil || id.UserID != "alice" {
					t.Fatalf("got %+v, %v", id, err)
				}
			})
		})
	}
}

func TestVerifyByKindOfKey(t *testing.T) {
	k := testKeys()
	signers := map[string]struct {
		algorithm jose.SignatureAlgorithm
		private   crypto.Signer
	}{
		"RS256": {jose.RS256, k.rsa}, "ES256": {jose.ES256, k.ec}, "EdDSA": {jose.EdDSA, k.ed},
	}
	for name, configured := range signers {
		v := open(t, Config{PublicKeyFile: writeFile(t, publicPEM(t, configured.private))})
		for other, s := range signers {
			_, err := v.Verify(t.Context(), sign(t, s.algorithm, s.private, "any", good(nil)))
			if name == other && err != nil {
				t.Errorf("%s key, %s token: %v", name, other, err)
			} else if name != other {
				wantFault(t, err, ErrInvalid)
			}
		}
		_, err := v.Verify(t.Context(), sign(t, jose.HS256, []byte(testSecret), "", good(nil)))
		wantFault(t, err, ErrInvalid)
	}
}

// The public key is public: whoever signs with its bytes as a secret must get nowhere.
func TestVerifyRefusesKeyConfusion(t *testing.T) {
	k := testKeys()
	public := publicPEM(t, k.rsa)
	v := open(t, Config{PublicKeyFile: writeFile(t, public)})
	for _, secret := range [][]byte{public, []byte(strings.TrimSpace(string(public)))} {
		_, err := v.Verify(t.Context(), sign(t, jose.HS256, secret, "", good(nil)))
		wantFault(t, err, ErrInvalid)
	}
	bySecret := open(t, Config{Secret: testSecret})
	for _, algorithm := range []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.RS512} {
		_, err := bySecret.Verify(t.Context(), sign(t, algorithm, k.rsa, "", good(nil)))
		wantFault(t, err, ErrInvalid)
		if algorithm != jose.RS256 {
			_, err = v.Verify(t.Context(), sign(t, algorithm, k.rsa, "", good(nil)))
			wantFault(t, err, ErrInvalid)
		}
	}
	_, err := bySecret.Verify(t.Context(), sign(t, jose.HS512, []byte(testSecret+testSecret), "", good(nil)))
	wantFault(t, err, ErrInvalid)
}

func TestVerifyRefusesForgeries(t *testing.T) {
	v := open(t, Config{Secret: testSecret})
	valid := sign(t, jose.HS256, []byte(testSecret), "", good(nil))
	parts := strings.Split(valid, ".")
	mac := hmac.New(sha256.New, []byte(testSecret))
	mac.Write([]byte(`x`))
	tests := map[string]string{
		"alg none":           unsigned(t, `{"alg":"none"}`, good(nil), ""),
		"alg None":           unsigned(t, `{"alg":"None"}`, good(nil), "x"),
		"no alg":             unsigned(t, `{}`, good(nil), string(mac.Sum(nil))),
		"alg in lower case":  unsigned(t, `{"alg":"hs256"}`, good(nil), "x"),
		"alg twice":          unsigned(t, `{"alg":"none","alg":"HS256"}`, good(nil), "x"),
		"own key":            unsigned(t, `{"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}}`, good(nil), "x"),
		"unknown crit":       unsigned(t, `{"alg":"HS256","crit":["x"],"x":1}`, good(nil), "x"),
		"no signature":       parts[0] + "." + parts[1] + ".",
		"two parts":          parts[0] + "." + parts[1],
		"four parts":         valid + ".x",
		"not base64":         "a.b!.c",
		"other payload":      parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"bob"}`)) + "." + parts[2],
		"other secret":       sign(t, jose.HS256, []byte(strings.Repeat("y", 32)), "", good(nil)),
		"JSON serialization": `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
		"payload is a list":  sign(t, jose.HS256, []byte(testSecret), "", []string{"sub"}),
		"payload is null":    sign(t, jose.HS256, []byte(testSecret), "", nil),
		"over 8 KiB":         sign(t, jose.HS256, []byte(testSecret), "", good(map[string]any{"more": strings.Repeat("x", 8<<10)})),
		"a megabyte of dots": strings.Repeat(".", 1<<20),
	}
	for name, token := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := v.Verify(t.Context(), token)
			wantFault(t, err, ErrInvalid)
			if len(token) < 1<<10 && strings.Contains(err.Error(), token) {
				t.Error("the error repeats the token")
			}
		})
	}
	_, err := v.Verify(t.Context(), "")
	wantFault(t, err, ErrMissing)
	if got := v.Stats(); got.Invalid != uint64(len(tests)+1) || got.Accepted != 0 {
		t.Errorf("stats %+v", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	k := testKeys()
	tests := map[string]struct {
		cfg  Config
		want string
	}{
		"nothing":         {Config{}, "exactly one"},
		"two sources":     {Config{Secret: testSecret, JWKSURL: "https://crm.example/jwks"}, "exactly one"},
		"three sources":   {Config{Secret: testSecret, JWKSURL: "https://crm.example/jwks", PublicKeyFile: "x"}, "exactly one"},
		"short secret":    {Config{Secret: testSecret[1:]}, "31 bytes and needs at least 32"},
		"no file":         {Config{PublicKeyFile: "/nowhere/key.pem"}, "/nowhere/key.pem"},
		"no PEM":          {Config{PublicKeyFile: writeFile(t, []byte("hello"))}, "no PEM block"},
		"a private key":   {Config{PublicKeyFile: writeFile(t, []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))}, "not a public key"},
		"garbage in PEM":  {Config{PublicKeyFile: writeFile(t, []byte("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"))}, "cannot be used"},
		"a small RSA key": {Config{PublicKeyFile: writeFile(t, publicPEM(t, k.smallRSA))}, "2048 bits"},
		"another curve":   {Config{PublicKeyFile: writeFile(t, publicPEM(t, k.ec384))}, "P-256"},
	}
	for name, tt := range tests {
		if _, err := Open(tt.cfg, quiet); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, tt.want)
		}
	}
}

func TestExpiredFollowsVerify(t *testing.T) {
	now := time.Now()
	id := Identity{Expires: now}
	if id.Expired(now.Add(59*time.Second)) || !id.Expired(now.Add(61*time.Second)) {
		t.Error("Expired and Verify disagree about the leeway")
	}
}

func wantFault(t *testing.T, err, want error) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
}
