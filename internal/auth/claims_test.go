package auth

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestClaimsBecomeAnIdentity(t *testing.T) {
	long := strings.Repeat("é", 101)
	tests := []struct {
		name    string
		payload string
		want    Identity
	}{
		{"least", `{"sub":"u1"}`, Identity{UserID: "u1", Name: "u1", Role: RoleUser, Internal: true}},
		{"id for sub", `{"id":"65f0c0ffee65f0c0ffee65f0","role":"admin"}`, Identity{UserID: "65f0c0ffee65f0c0ffee65f0", Name: "65f0c0ffee65f0c0ffee65f0", Role: RoleAdmin, Internal: true}},
		{"sub before id", `{"id":"b","sub":"a"}`, Identity{UserID: "a", Name: "a", Role: RoleUser, Internal: true}},
		{"all", `{"sub":"a","name":"Ann","email":"a@x.example","avatarUrl":"https://x.example/a.png","role":"manager","department":"Sales","isInternal":true}`,
			Identity{UserID: "a", Name: "Ann", Email: "a@x.example", AvatarURL: "https://x.example/a.png", Role: RoleManager, Department: "Sales", Internal: true}},
		{"external user", `{"sub":"a","isInternal":false}`, Identity{UserID: "a", Name: "a", Role: RoleUser}},
		{"client", `{"sub":"a","role":"client"}`, Identity{UserID: "a", Name: "a", Role: RoleClient}},
		{"a client is never internal", `{"sub":"a","role":"client","isInternal":true}`, Identity{UserID: "a", Name: "a", Role: RoleClient}},
		{"name is trimmed", `{"sub":"a","name":"  Ann\n Lee "}`, Identity{UserID: "a", Name: "Ann  Lee", Role: RoleUser, Internal: true}},
		{"name is cut", `{"sub":"a","name":"` + long + `"}`, Identity{UserID: "a", Name: long[:200], Role: RoleUser, Internal: true}},
		{"blank name", `{"sub":"a","name":" \t\u202e "}`, Identity{UserID: "a", Name: "a", Role: RoleUser, Internal: true}},
		{"script for a picture", `{"sub":"a","avatarUrl":"javascript:alert(1)"}`, Identity{UserID: "a", Name: "a", Role: RoleUser, Internal: true}},
		{"names of claims have a case", `{"sub":"a","ROLE":"admin","Role":"admin"}`, Identity{UserID: "a", Name: "a", Role: RoleUser, Internal: true}},
		{"64 characters", `{"sub":"` + strings.Repeat("é", 64) + `"}`, Identity{UserID: strings.Repeat("é", 64), Name: strings.Repeat("é", 64), Role: RoleUser, Internal: true}},
		{"unknown claims", `{"sub":"a","permissions":["x"],"nested":{"role":"admin"}}`, Identity{UserID: "a", Name: "a", Role: RoleUser, Internal: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := parseClaims([]byte(tt.payload))
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.identity()
			if err != nil || got != tt.want {
				t.Fatalf("got %+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

func TestClaimsRefused(t *testing.T) {
	tests := map[string]string{
		"nobody":                 `{"name":"Ann"}`,
		"65 characters":          `{"sub":"` + strings.Repeat("x", 65) + `"}`,
		"a control character":    `{"sub":"a\u0000b"}`,
		"a line break":           `{"sub":"a\nb"}`,
		"an invisible space":     `{"sub":"a\u200bb"}`,
		"half a surrogate":       `{"sub":"a\ud800"}`,
		"bytes that are no text": "{\"sub\":\"a\xff\"}",
		"a space at the end":     `{"sub":"alice "}`,
		"a number for an id":     `{"sub":42}`,
		"sub twice":              `{"sub":"a","sub":"b"}`,
		"an unknown role":        `{"sub":"a","role":"owner"}`,
		"a role in upper case":   `{"sub":"a","role":"Admin"}`,
		"a long department":      `{"sub":"a","department":"` + strings.Repeat("x", 65) + `"}`,
		"a long address":         `{"sub":"a","email":"` + strings.Repeat("x", 255) + `"}`,
		"isInternal is text":     `{"sub":"a","isInternal":"false"}`,
		"two documents":          `{"sub":"a"}{"sub":"b"}`,
		"nothing":                ``,
	}
	for name, payload := range tests {
		c, err := parseClaims([]byte(payload))
		if err == nil {
			_, err = c.identity()
		}
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzClaims(f *testing.F) {
	f.Add([]byte(`{"sub":"a","name":"Ann","role":"client","aud":["x"],"exp":1e9,"isInternal":true}`))
	f.Add([]byte(`{"id":"a","aud":"x","exp":1e400,"nbf":-0.0,"avatarUrl":"http://[::1]%23/"}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		c, err := parseClaims(payload)
		if err != nil {
			return
		}
		c.checkValidity(time.Unix(1e9, 0), "i", "a")
		id, err := c.identity()
		if err != nil {
			return
		}
		if n := utf8.RuneCountInString(id.UserID); n < 1 || n > maxIDLength {
			t.Errorf("an id of %d characters", n)
		}
		if n := utf8.RuneCountInString(id.Name); n < 1 || n > maxNameLength {
			t.Errorf("a name of %d characters", n)
		}
		if !id.Role.Valid() || id.Internal && id.Role == RoleClient {
			t.Errorf("role %q, internal %v", id.Role, id.Internal)
		}
		if _, err := json.Marshal(id); err != nil {
			t.Errorf("cannot be written: %v", err)
		}
	})
}

func FuzzVerify(f *testing.F) {
	f.Add("a.b.c")
	f.Add(unsigned(f, `{"alg":"none"}`, good(nil), ""))
	f.Add(unsigned(f, `{"alg":"HS256","kid":"1"}`, good(nil), "x"))
	v := open(f, Config{Secret: testSecret})
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := v.Verify(t.Context(), token); err == nil {
			t.Errorf("accepted %q", token)
		}
	})
}
