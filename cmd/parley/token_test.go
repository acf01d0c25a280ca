package main

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/auth"
)

const tokenSecret = "0123456789abcdef0123456789abcdef"

func runTokenFor(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	t.Setenv("PARLEY_CONFIG", "")
	t.Setenv("PARLEY_AUTH_SECRET", "")
	var out, errs bytes.Buffer
	code = runToken(args, &out, &errs)
	return code, out.String(), errs.String()
}

func verifyToken(t *testing.T, cfg auth.Config, token string) auth.Identity {
	t.Helper()
	v, err := auth.Open(cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	id, err := v.Verify(t.Context(), strings.TrimSuffix(token, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestTokenForTheConfiguredSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parley.yaml")
	if err := os.WriteFile(path, []byte("auth: {secret: "+tokenSecret+", issuer: crm, audience: parley}"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := auth.Config{Secret: tokenSecret, Issuer: "crm", Audience: "parley"}

	code, token, stderr := runTokenFor(t, "--config", path, "--user", "alice", "--name", "Alice", "--role", "manager", "--department", "Sales", "--ttl", "15m")
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	id := verifyToken(t, cfg, token)
	if id.UserID != "alice" || id.Name != "Alice" || id.Role != auth.RoleManager || id.Department != "Sales" || !id.Internal {
		t.Errorf("got %+v", id)
	}
	if left := time.Until(id.Expires); left < 14*time.Minute || left > 15*time.Minute {
		t.Errorf("lasts %v", left)
	}

	_, token, _ = runTokenFor(t, "--config", path, "--user", "carol", "--client")
	if id := verifyToken(t, cfg, token); id.Name != "carol" || id.Role != auth.RoleClient || id.Internal {
		t.Errorf("got %+v", id)
	}
	_, token, _ = runTokenFor(t, "--config", path, "--user", "dan", "--external")
	if id := verifyToken(t, cfg, token); id.Role != auth.RoleUser || id.Internal {
		t.Errorf("got %+v", id)
	}
}

func TestTokenForTheDevFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	code, token, stderr := runTokenFor(t, "--dev", "--data-dir", dir, "--user", "alice")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	secret, err := auth.LoadOrCreateSecret(filepath.Join(dir, "dev-secret"))
	if err != nil {
		t.Fatal(err)
	}
	if id := verifyToken(t, auth.Config{Secret: secret}, token); id.UserID != "alice" || id.Role != auth.RoleUser {
		t.Errorf("got %+v", id)
	}
}

func TestTokenRefuses(t *testing.T) {
	secret := "--auth.secret=" + tokenSecret
	tests := map[string]struct {
		args []string
		want string
	}{
		"nobody":          {[]string{secret}, "--user is needed"},
		"no secret":       {[]string{"--user=a"}, "auth.secret"},
		"another way":     {[]string{"--user=a", "--auth.jwksUrl=https://x.example/jwks"}, "only the CRM can sign them"},
		"unknown role":    {[]string{secret, "--user=a", "--role=owner"}, `--role "owner" is none of`},
		"contradiction":   {[]string{secret, "--user=a", "--role=admin", "--client"}, "contradict each other"},
		"no time":         {[]string{secret, "--user=a", "--ttl=0s"}, "--ttl 0s is not between"},
		"too much time":   {[]string{secret, "--user=a", "--ttl=9000h"}, "is not between"},
		"no duration":     {[]string{secret, "--user=a", "--ttl=soon"}, "soon"},
		"a long id":       {[]string{secret, "--user=" + strings.Repeat("x", 65)}, "65 characters"},
		"unknown flag":    {[]string{secret, "--usr=a"}, "unknown flag: --usr"},
		"loose word":      {[]string{secret, "--user=a", "alice"}, `"alice" is not a flag`},
		"unreadable file": {[]string{"--user=a", "--config=/nowhere.yaml"}, "/nowhere.yaml"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := runTokenFor(t, tt.args...)
			if code != 2 || stdout != "" || !strings.Contains(stderr, tt.want) {
				t.Errorf("exit code %d, printed %q and %q, want %q in it", code, stdout, stderr, tt.want)
			}
			if strings.Contains(stderr, tokenSecret) {
				t.Error("the secret was printed")
			}
		})
	}
	if code, _, stderr := runTokenFor(t, "--help"); code != 0 || !strings.Contains(stderr, "--department") {
		t.Errorf("--help: exit code %d, printed %q", code, stderr)
	}
}
