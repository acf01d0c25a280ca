package auth

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSignedTokensAreVerified(t *testing.T) {
	signer, err := NewSigner(testSecret, "crm", "parley")
	if err != nil {
		t.Fatal(err)
	}
	want := Identity{UserID: "bob", Name: "Bob", Email: "bob@x.example", AvatarURL: "https://x.example/b.png", Role: RoleManager, Department: "Sales", Internal: true}
	token, expires, err := signer.Sign(want, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	got, err := open(t, Config{Secret: testSecret, Issuer: "crm", Audience: "parley"}).Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Expires.Equal(expires) || time.Since(got.IssuedAt) > time.Minute {
		t.Errorf("issued %v, expires %v, want %v", got.IssuedAt, got.Expires, expires)
	}
	want.IssuedAt, want.Expires = got.IssuedAt, got.Expires
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	_, err = open(t, Config{Secret: testSecret, Issuer: "else"}).Verify(t.Context(), token)
	wantFault(t, err, ErrInvalid)
}

func TestSignRefuses(t *testing.T) {
	if _, err := NewSigner("short", "", ""); err == nil {
		t.Error("a short secret was accepted")
	}
	signer, err := NewSigner(testSecret, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := signer.Sign(Identity{UserID: "a"}, 0); err == nil {
		t.Error("a token of no time was made")
	}
	if _, _, err := signer.Sign(Identity{UserID: ""}, time.Hour); err == nil {
		t.Error("a token for nobody was made")
	}
	if _, _, err := signer.Sign(Identity{UserID: "a", Role: "owner"}, time.Hour); err == nil {
		t.Error("a token with an unknown role was made")
	}
}

func TestLoadOrCreateSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "dev-secret")
	secrets := make([]string, 8)
	var wg sync.WaitGroup
	for i := range secrets {
		wg.Go(func() {
			var err error
			if secrets[i], err = LoadOrCreateSecret(path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, s := range secrets {
		if len(s) < MinSecretBytes || s != secrets[0] {
			t.Fatalf("got %q and %q", s, secrets[0])
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("%d files are left in the folder", len(left))
	}
	other, err := LoadOrCreateSecret(filepath.Join(t.TempDir(), "s"))
	if err != nil || other == secrets[0] {
		t.Errorf("another folder has the same secret (%v)", err)
	}
}

func TestLoadOrCreateSecretRefuses(t *testing.T) {
	short := writeFile(t, []byte("short\n"))
	open := writeFile(t, []byte(testSecret))
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	file := writeFile(t, []byte("x"))
	for path, want := range map[string]string{short: "5 bytes", open: "chmod 600", filepath.Join(file, "secret"): file} {
		if _, err := LoadOrCreateSecret(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	if data, _ := os.ReadFile(short); string(data) != "short\n" {
		t.Error("the file was overwritten")
	}
}
