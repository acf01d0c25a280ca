package signaling_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/sioclient"
	"github.com/digierapro/parley/signaling"
)

func TestAConnectionNeedsAGoodToken(t *testing.T) {
	e := newEdge(t)
	good := e.token(insider("alice"), time.Hour)
	for name, tt := range map[string]struct{ token, code string }{
		"none":     {"", "token_missing"},
		"garbage":  {"garbage", "token_invalid"},
		"expired":  {e.token(insider("alice"), -2*time.Minute), "token_expired"},
		"tampered": {good[:len(good)-3] + "AAA", "token_invalid"},
		"unsigned": {"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImV4cCI6OTk5OTk5OTk5OX0.", "token_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sioclient.Dial(within(t), e.url+signaling.SocketPath, sioclient.Options{Token: tt.token})
			var refusal *sioclient.ConnectError
			var data struct {
				Code string `json:"code"`
			}
			if !errors.As(err, &refusal) || json.Unmarshal(refusal.Data, &data) != nil || data.Code != tt.code || refusal.Message == "" {
				t.Fatalf("got %v, want %s", err, tt.code)
			}
		})
	}
	if got := e.server.Stats().Refused.Load(); got != 5 {
		t.Errorf("counted %d refusals", got)
	}
}

func TestTheTokenMayComeInAHeaderButNotInTheAddress(t *testing.T) {
	e := newEdge(t)
	token := e.token(insider("alice"), time.Hour)
	c, err := sioclient.Dial(within(t), e.url+signaling.SocketPath, sioclient.Options{Header: http.Header{"Authorization": {"Bearer " + token}}})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if status, _, code := rest[any](e, insider(""), "GET", "/api/me?token="+token, nil); status != http.StatusUnauthorized || code != "token_missing" {
		t.Fatalf("a token in the address: %d %s", status, code)
	}
}

func TestASessionEndsWithItsToken(t *testing.T) {
	e := newEdge(t)
	inbox := sioclient.NewInbox()
	// Expired for less than the leeway of clocks: accepted now, ended by the check a second or two later.
	c, err := sioclient.Dial(within(t), e.url+signaling.SocketPath, sioclient.Options{Token: e.token(insider("alice"), -58*time.Second), OnPush: inbox.Put})
	if err != nil {
		t.Fatal(err)
	}
	ended, err := sioclient.Wait[struct{ Code string }](within(t), inbox, "sessionEnded", nil)
	if err != nil || ended.Code != "token_expired" {
		t.Fatalf("%+v %v", ended, err)
	}
	select {
	case <-c.Done():
	case <-within(t).Done():
		t.Fatal("the socket is still open")
	}
}

func TestForeignOriginsAreRefused(t *testing.T) {
	e := newEdge(t)
	token := e.token(insider("alice"), time.Hour)
	for origin, ok := range map[string]bool{
		"https://crm.example.com": true, "https://evil.example.com": false, "https://crm.example.com.evil.example": false, "null": false, "": true,
	} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		c, err := sioclient.Dial(within(t), e.url+signaling.SocketPath, sioclient.Options{Token: token, Header: header})
		if (err == nil) != ok {
			t.Errorf("origin %q: %v", origin, err)
		}
		if err == nil {
			c.Close()
		} else if !strings.Contains(err.Error(), "403") {
			t.Errorf("origin %q: %v, want 403", origin, err)
		}

		req, _ := http.NewRequestWithContext(within(t), "OPTIONS", e.url+"/api/channels", nil)
		req.Header.Set("Origin", origin)
		response, err := http.DefaultClient.Do(req)
		must(t, err)
		response.Body.Close()
		allowed := response.Header.Get("Access-Control-Allow-Origin")
		if want := map[bool]string{true: origin}[ok]; allowed != want {
			t.Errorf("origin %q: CORS allows %q", origin, allowed)
		}
		if response.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("origin %q: cookies are allowed", origin)
		}
	}
}

func TestRestNeedsAToken(t *testing.T) {
	e := newEdge(t)
	for _, path := range []string{"/api/me", "/api/users", "/api/channels", "/api/channels/general", "/api/channels/0123456789abcdef01234567",
		"/api/communications?channelId=0123456789abcdef01234567", "/api/calls", "/api/calls/0123456789abcdef01234567"} {
		if status, _, code := rest[any](e, insider(""), "GET", path, nil); status != http.StatusUnauthorized || code != "token_missing" {
			t.Errorf("%s: %d %s", path, status, code)
		}
	}
	if status, _, code := rest[any](e, insider("alice"), "GET", "/api/nothing", nil); status != http.StatusNotFound || code != "path_not_found" {
		t.Errorf("an unknown path: %d %s", status, code)
	}
	if status, _, code := rest[any](e, insider("alice"), "POST", "/api/communications", map[string]string{"message": strings.Repeat("x", 200<<10)}); status != http.StatusRequestEntityTooLarge || code != "body_too_large" {
		t.Errorf("a large body: %d %s", status, code)
	}
	for _, path := range []string{"/api/dev/users", "/api/dev/token"} {
		if status, _, code := rest[any](e, insider("alice"), "POST", path, map[string]string{"userId": "bob"}); status != http.StatusNotFound {
			t.Errorf("%s outside --dev: %d %s", path, status, code)
		}
	}
}

func TestHealthIsShortAndSaysNothingElse(t *testing.T) {
	e := newEdge(t)
	ask := func() (int, string, http.Header) {
		response, err := http.Get(e.url + "/api/health")
		must(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		must(t, err)
		return response.StatusCode, string(body), response.Header
	}
	// The answer takes at most 100 ms, in which the database of a busy machine may not answer: then it is asked again.
	const up = `{"status":"UP","checks":{"database":"UP"}}`
	status, body, header := ask()
	for deadline := time.Now().Add(15 * time.Second); body != up && time.Now().Before(deadline); {
		if body != `{"status":"DEGRADED","checks":{"database":"DOWN"}}` {
			break
		}
		status, body, header = ask()
	}
	if status != http.StatusOK || body != up {
		t.Fatalf("%d %s", status, body)
	}
	if header.Get("Server") != "" {
		t.Fatal("the server names itself")
	}
}

func TestThePageComesCompressedToWhoTakesIt(t *testing.T) {
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, err := zip.Write([]byte("1"))
	must(t, err)
	must(t, zip.Close())
	e := newEdge(t, func(cfg *signaling.Config, _ *call.Limits) {
		cfg.App = fstest.MapFS{"index.html": {}, "assets/a.js": {Data: []byte("1")}, "assets/a.js.gz": {Data: packed.Bytes()}, "assets/b.js": {Data: []byte("1")}}
	})
	for _, c := range []struct{ path, accept, encoding string }{
		{"/assets/a.js", "gzip, deflate, br", "gzip"}, {"/assets/a.js", "br;q=1, GZIP ; q=0.5", "gzip"}, {"/assets/a.js", "gzip;q=0", ""},
		{"/assets/a.js", "identity", ""}, {"/assets/b.js", "gzip", ""},
	} {
		req, err := http.NewRequestWithContext(within(t), http.MethodGet, e.url+c.path, nil)
		must(t, err)
		req.Header.Set("Accept-Encoding", c.accept) // set by hand, the client leaves the answer as it is
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		body, err := io.ReadAll(res.Body)
		must(t, err)
		must(t, res.Body.Close())
		want := []byte("1")
		if c.encoding != "" {
			want = packed.Bytes()
		}
		if got := res.Header.Get("Content-Encoding"); got != c.encoding || !bytes.Equal(body, want) || res.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
			t.Errorf("%s for %q: %v %q", c.path, c.accept, res.Header, body)
		}
	}
}

func TestThePageComesWithAPolicy(t *testing.T) {
	e := newEdge(t)
	for path, want := range map[string]int{"/": 200, "/c/123": 200, "/assets/a.js": 200, "/assets/b.js": 404, "/../../etc/passwd": 200, "/index.html.bak": 404} {
		response, err := http.Get(e.url + path)
		must(t, err)
		body, err := io.ReadAll(response.Body)
		must(t, err)
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: %d", path, response.StatusCode)
		}
		policy := response.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'self' https://crm.example.com") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if response.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: may be sniffed", path)
		}
		if strings.Contains(string(body), "root:") {
			t.Errorf("%s: leaks files", path)
		}
	}
}

func TestTheDemoSignInIsOnlyForThisMachinesName(t *testing.T) {
	e := newEdge(t, func(cfg *signaling.Config, _ *call.Limits) {
		cfg.Dev = &signaling.Dev{Users: []auth.Identity{insider("alice")}, Sign: func(auth.Identity) (string, time.Time, error) {
			return "a token", time.Now(), nil
		}}
	})
	for host, want := range map[string]int{"localhost:8080": 200, "127.0.0.1": 200, "[::1]:8080": 200, "evil.example.com:8080": 403, "192.0.2.1": 403, "localhost.evil.example": 403} {
		req, err := http.NewRequestWithContext(within(t), "POST", e.url+"/api/dev/token", strings.NewReader(`{"userId":"alice"}`))
		must(t, err)
		req.Host = host
		req.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(req)
		must(t, err)
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("host %s: %d", host, response.StatusCode)
		}
	}
	if status, _, code := rest[any](e, insider(""), "POST", "/api/dev/token", map[string]string{"userId": "nobody"}); status != http.StatusNotFound || code != "user_not_found" {
		t.Errorf("an unknown demo user: %d %s", status, code)
	}
}
