package blob

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/fault"
)

func TestObjectsHaveThePrefix(t *testing.T) {
	s, server := newS3(t)
	plain := clientOf(t, server, func(c *S3Config) { c.Prefix = "" })
	must(t, s.Put(t.Context(), "a/b", "text/plain", 1, strings.NewReader("x")))
	must(t, plain.Put(t.Context(), "a/b", "text/plain", 1, strings.NewReader("x")))
	if keys := server.Keys(); !slices.Equal(keys, []string{"a/b", "of/parley/a/b"}) {
		t.Errorf("%v", keys)
	}
	link, err := s.Link(t.Context(), "a/b", "image/png", "")
	must(t, err)
	u, err := url.Parse(link)
	must(t, err)
	if q := u.Query(); q.Get("X-Amz-Expires") != "60" || !strings.HasSuffix(u.Path, "/parley-test/of/parley/a/b") || strings.Contains(link, "secret") {
		t.Errorf("%s", link)
	}
}

// While the server is away everything but links fails, soon, and in one way.
func TestAnAbsentServerIsUnavailable(t *testing.T) {
	s, server := newS3(t)
	must(t, s.Put(t.Context(), "a", "text/plain", 1, strings.NewReader("x")))
	server.Stop()
	began := time.Now()
	_, _, open := s.Open(t.Context(), "a")
	_, stat := s.Stat(t.Context(), "a")
	for what, err := range map[string]error{
		"Open": open, "Stat": stat, "Delete": s.Delete(t.Context(), "a"), "Check": s.Check(t.Context()),
		"Put": s.Put(t.Context(), "a", "text/plain", 1, strings.NewReader("x")),
	} {
		f := fault.From(err)
		if f.Kind != fault.Unavailable || f.Code != "blobs_unavailable" || f.RetryAfter == 0 || strings.Contains(err.Error(), server.SecretAccessKey) {
			t.Errorf("%s: %v", what, err)
		}
		if words := Explain(err); !strings.Contains(words, "connection refused") || strings.Contains(words, "http://") {
			t.Errorf("%s: %s", what, words)
		}
	}
	if _, err := s.Link(t.Context(), "a", "image/png", ""); err != nil {
		t.Errorf("Link: %v", err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %s", took)
	}
	server.Run()
	must(t, s.Check(t.Context()))
}

func TestACheckReadsAndWrites(t *testing.T) {
	s, server := newS3(t)
	for _, may := range []string{"s3:GetObject", "s3:PutObject"} {
		server.Allow(may)
		if err := s.Check(t.Context()); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("with %s alone: %v", may, err)
		}
	}
	server.Allow("s3:GetObject", "s3:PutObject")
	must(t, s.Check(t.Context()))
	server.Allow("s3:GetObject")
	must(t, s.Check(t.Context()))
}

// A server that takes connections and says nothing holds nobody for long.
func TestASilentServerIsNotWaitedFor(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = l.Close() }()
	s, err := OpenS3(t.Context(), S3Config{
		Bucket: "parley", Region: "us-east-1", Endpoint: "http://" + l.Addr().String(), PathStyle: true, AccessKeyID: "a", SecretAccessKey: "b",
	})
	must(t, err)
	defer func() { must(t, s.Close()) }()
	s.short = 100 * time.Millisecond
	_, stat := s.Stat(t.Context(), "a")
	for what, err := range map[string]error{"Stat": stat, "Delete": s.Delete(t.Context(), "a")} {
		if fault.KindOf(err) != fault.Unavailable || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestWhatIsWrongWithABucketIsExplained(t *testing.T) {
	_, server := newS3(t)
	for want, change := range map[string]func(*S3Config){
		"correct blobs.s3.bucket":          func(c *S3Config) { c.Bucket = "another-bucket" },
		"correct blobs.s3.accessKeyId":     func(c *S3Config) { c.AccessKeyID = "nobody" },
		"correct blobs.s3.secretAccessKey": func(c *S3Config) { c.SecretAccessKey = "hunter2" },
		"correct blobs.s3.region":          func(c *S3Config) { c.Region = "eu-central-1" },
		"connection refused":               func(c *S3Config) { c.Endpoint = "http://127.0.0.1:1" },
	} {
		s := clientOf(t, server, change)
		found := s.Inspect(t.Context())
		if words := Explain(found.Err); found.Step != "write" || !strings.Contains(words, want) || strings.Contains(words, "hunter2") {
			t.Errorf("want %q: %s: %s", want, found.Step, words)
		}
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	s := clientOf(t, server, func(c *S3Config) { c.AccessKeyID, c.SecretAccessKey = "", "" })
	if words := Explain(s.Inspect(t.Context()).Err); !strings.Contains(words, "there are no keys") {
		t.Error(words)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", server.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", server.SecretAccessKey)
	s = clientOf(t, server, func(c *S3Config) { c.AccessKeyID, c.SecretAccessKey = "", "" })
	must(t, s.Inspect(t.Context()).Err)
}

func TestInspection(t *testing.T) {
	s, server := newS3(t)
	if found := s.Inspect(t.Context()); found.Err != nil || found.Step != "" || found.Skew != 0 {
		t.Errorf("%+v", found)
	}
	if left := server.Keys(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	for step, may := range map[string][]string{
		"write": {"s3:GetObject", "s3:DeleteObject"}, "read": {"s3:PutObject", "s3:DeleteObject"}, "delete": {"s3:PutObject", "s3:GetObject"},
	} {
		server.Allow(may...)
		if found := s.Inspect(t.Context()); found.Step != step || !strings.Contains(Explain(found.Err), "s3:PutObject") {
			t.Errorf("%s: %+v", step, found)
		}
	}
	now := time.Now()
	for at, want := range map[time.Duration]bool{0: true, 400 * time.Millisecond: true, -5 * time.Second: false, time.Minute: false} {
		if off := skew(now.Add(at).Truncate(time.Second), now, now.Add(10*time.Millisecond)); (off == 0) != want {
			t.Errorf("a clock %s off: %s", at, off)
		}
	}
}

func TestPreflight(t *testing.T) {
	s, server := newS3(t)
	const ours, theirs = "https://parley.example.com", "https://crm.example.com"
	goes := func(origin, method string) bool {
		refusal, err := s.Preflight(t.Context(), origin, method)
		must(t, err)
		return refusal == ""
	}
	for _, method := range []string{http.MethodGet, http.MethodPut} {
		if goes(ours, method) {
			t.Errorf("%s goes without a rule", method)
		}
	}
	server.AllowOrigins([]string{"GET", "PUT"}, ours)
	for _, method := range []string{http.MethodGet, http.MethodPut} {
		if !goes(ours, method) || goes(theirs, method) {
			t.Errorf("%s does not go, or for another origin", method)
		}
	}
	server.AllowOrigins([]string{"GET"}, ours, theirs)
	if !goes(theirs, http.MethodGet) || goes(theirs, http.MethodPut) {
		t.Error("PUT goes where only GET is allowed")
	}
	server.Stop()
	if _, err := s.Preflight(t.Context(), ours, http.MethodGet); err == nil {
		t.Error("nobody was there to answer")
	}
}

// TestPreflightsAreJudgedAsBrowsersDo: other servers answer in other ways.
func TestPreflightsAreJudgedAsBrowsersDo(t *testing.T) {
	for _, c := range []struct {
		status                   int
		origin, methods, headers string
		good                     bool
	}{
		{200, "*", "GET, PUT", "*", true},
		{204, "https://a.example", "put,GET", "x-amz-acl, Content-Type", true},
		{200, "https://a.example", "*", "content-type", true},
		{403, "*", "*", "*", false},
		{200, "https://b.example", "*", "*", false},
		{200, "*", "GET", "*", false},
		{200, "*", "PUT", "x-amz-acl", false},
		{200, "", "", "", false},
	} {
		w := httptest.NewRecorder()
		for name, value := range map[string]string{"Origin": c.origin, "Methods": c.methods, "Headers": c.headers} {
			w.Header().Set("Access-Control-Allow-"+name, value)
		}
		w.WriteHeader(c.status)
		if refusal := refusalOf(w.Result(), "https://a.example", http.MethodPut); (refusal == "") != c.good {
			t.Errorf("%+v: %v", c, refusal)
		}
	}
}
