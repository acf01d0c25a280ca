package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/internal/testkit/s3test"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// store is what a Folder and an S3 both are.
type store interface {
	Put(ctx context.Context, key, contentType string, size int64, body io.Reader) error
	Open(ctx context.Context, key string) (io.ReadCloser, int64, error)
	Stat(ctx context.Context, key string) (Info, error)
	Delete(ctx context.Context, key string) error
	Link(ctx context.Context, key, contentType, name string) (string, error)
	Check(ctx context.Context) error
	Close() error
}

const linkPath = "/files/"

func newFolder(t *testing.T) (*Folder, string) {
	t.Helper()
	dir := testkit.Folder(t)
	f, err := OpenFolder(dir, linkPath)
	must(t, err)
	t.Cleanup(func() { must(t, f.Close()) })
	return f, dir
}

func newS3(t *testing.T, change ...func(*S3Config)) (*S3, *s3test.Server) {
	t.Helper()
	server := s3test.Start(t)
	return clientOf(t, server, change...), server
}

func clientOf(t *testing.T, server *s3test.Server, change ...func(*S3Config)) *S3 {
	t.Helper()
	cfg := S3Config{
		Bucket: server.Bucket, Region: server.Region, Endpoint: server.URL, Prefix: "of/parley", PathStyle: true,
		AccessKeyID: server.AccessKeyID, SecretAccessKey: server.SecretAccessKey,
	}
	for _, c := range change {
		c(&cfg)
	}
	s, err := OpenS3(t.Context(), cfg)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

// TestContract holds both kinds of store to what is promised of both.
func TestContract(t *testing.T) {
	folder, _ := newFolder(t)
	served := httptest.NewServer(folder)
	t.Cleanup(served.Close)
	bucket, _ := newS3(t)
	for _, of := range []struct {
		name string
		suite
	}{{"folder", suite{folder, served.URL}}, {"S3", suite{bucket, ""}}} {
		for _, test := range []struct {
			name string
			run  func(suite, *testing.T)
		}{
			{"stores and gives back", suite.storesAndGivesBack}, {"takes exactly what was said", suite.takesExactlyWhatWasSaid},
			{"refuses keys", suite.refusesKeys}, {"what is not there", suite.whatIsNotThere}, {"links", suite.links}, {"can be checked", suite.canBeChecked},
		} {
			t.Run(of.name+" "+test.name, func(t *testing.T) { test.run(of.suite, t) })
		}
	}
}

type suite struct {
	store
	base string // of links that are relative
}

// once is a body that can be read once.
type once struct{ io.Reader }

func (s suite) storesAndGivesBack(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	for key, text := range map[string][]byte{"a": []byte("small"), "some/where/b-1.bin": large, "some/empty": nil} {
		for i, body := range []io.Reader{bytes.NewReader(text), once{bytes.NewReader(text)}} {
			must(t, s.Put(t.Context(), key, "application/octet-stream", int64(len(text)), body))
			if got := s.read(t, key); !bytes.Equal(got, text) {
				t.Errorf("%s, body %d: %d bytes, want %d", key, i, len(got), len(text))
			}
		}
		info, err := s.Stat(t.Context(), key)
		if err != nil || info.Size != int64(len(text)) || time.Since(info.Modified).Abs() > time.Minute {
			t.Errorf("%s: %+v, %v", key, info, err)
		}
	}
	must(t, s.Put(t.Context(), "a", "text/plain", 3, strings.NewReader("new")))
	if got := s.read(t, "a"); string(got) != "new" {
		t.Errorf("replaced: %q", got)
	}
}

func (s suite) read(t *testing.T, key string) []byte {
	t.Helper()
	body, size, err := s.Open(t.Context(), key)
	must(t, err)
	got, err := io.ReadAll(body)
	must(t, errors.Join(err, body.Close()))
	if size != int64(len(got)) {
		t.Errorf("%s: %d bytes were promised, %d came", key, size, len(got))
	}
	return got
}

func (s suite) takesExactlyWhatWasSaid(t *testing.T) {
	must(t, s.Put(t.Context(), "kept", "text/plain", 4, strings.NewReader("kept")))
	for _, size := range []int64{0, 3, 5, 1 << 20} {
		for _, key := range []string{"kept", "not-there"} {
			for i, body := range []io.Reader{strings.NewReader("four"), once{strings.NewReader("four")}} {
				if err := s.Put(t.Context(), key, "text/plain", size, body); !errors.Is(err, errSize) {
					t.Errorf("%s, size %d, body %d: %v", key, size, i, err)
				}
			}
		}
	}
	broken := errors.New("broken")
	if err := s.Put(t.Context(), "kept", "text/plain", 9, io.MultiReader(strings.NewReader("four"), failing{broken})); !errors.Is(err, broken) {
		t.Errorf("a body that breaks: %v", err)
	}
	if got := s.read(t, "kept"); string(got) != "kept" {
		t.Errorf("what was there is %q now", got)
	}
	if _, err := s.Stat(t.Context(), "not-there"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a part was stored: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func (s suite) refusesKeys(t *testing.T) {
	for _, key := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", ".parts/a", ".secret", "a/.b", "A", "a b", "a\x00b", "a\nb", `a\b`, "ä",
		"a..b", "a.", "a?b", "a#b", "a%2e", "~a", strings.Repeat("a", maxKey+1),
	} {
		_, _, open := s.Open(t.Context(), key)
		_, stat := s.Stat(t.Context(), key)
		_, link := s.Link(t.Context(), key, "image/png", "")
		for what, err := range map[string]error{
			"Put": s.Put(t.Context(), key, "text/plain", 1, strings.NewReader("x")), "Open": open, "Stat": stat, "Link": link, "Delete": s.Delete(t.Context(), key),
		} {
			if err == nil || !strings.Contains(err.Error(), "is no key") {
				t.Errorf("%s %.20q: %v", what, key, err)
			}
		}
	}
}

func (s suite) whatIsNotThere(t *testing.T) {
	must(t, s.Put(t.Context(), "here/it/is", "text/plain", 1, strings.NewReader("x")))
	for _, key := range []string{"nothing", "here/nothing", "here/it", "here/it/is/not"} {
		_, _, open := s.Open(t.Context(), key)
		_, stat := s.Stat(t.Context(), key)
		for what, err := range map[string]error{"Open": open, "Stat": stat} {
			if !errors.Is(err, ErrNotFound) || fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s %s: %v", what, key, err)
			}
		}
	}
	for range 2 {
		must(t, s.Delete(t.Context(), "here/it/is"))
		must(t, s.Delete(t.Context(), "never/was"))
		if _, err := s.Stat(t.Context(), "here/it/is"); !errors.Is(err, ErrNotFound) {
			t.Errorf("deleted: %v", err)
		}
	}
}

func (s suite) links(t *testing.T) {
	must(t, s.Put(t.Context(), "pictures/x.png", "image/png", 10, strings.NewReader("0123456789")))
	for _, want := range []struct{ contentType, name, disposition string }{
		{"image/png", "", "inline"},
		{"image/png", `b"ö` + "\u202e" + `/.png`, "inline; filename*=UTF-8''b%22%C3%B6.png"},
		{"text/html", "page.html", "attachment; filename*=UTF-8''page.html"},
		{"image/svg+xml", "", "attachment"},
		{"application/pdf", "", "attachment"},
	} {
		response, body := s.follow(t, "pictures/x.png", want.contentType, want.name)
		h := response.Header
		if response.StatusCode != http.StatusOK || body != "0123456789" || h.Get("Content-Type") != want.contentType ||
			h.Get("Content-Disposition") != want.disposition || !strings.Contains(h.Get("Cache-Control"), "private") {
			t.Errorf("%+v: %d %q %v", want, response.StatusCode, body, h)
		}
	}
	if response, _ := s.follow(t, "pictures/nothing.png", "image/png", ""); response.StatusCode != http.StatusNotFound && response.StatusCode != http.StatusForbidden {
		t.Errorf("a link to nothing: %d", response.StatusCode)
	}
	link, err := s.Link(t.Context(), "pictures/x.png", "image/png", "")
	must(t, err)
	for what, forged := range map[string]string{
		"another blob": strings.Replace(link, "x.png", "y.png", 1), "another type": strings.Replace(link, "image%2Fpng", "text%2Fhtml", 1),
		"no signature": strings.Split(link, "?")[0],
	} {
		if response, _ := get(t, s.base+forged); forged == link || response.StatusCode < 400 || response.StatusCode > 404 {
			t.Errorf("%s: %d %s", what, response.StatusCode, forged)
		}
	}
}

func (s suite) follow(t *testing.T, key, contentType, name string) (*http.Response, string) {
	t.Helper()
	link, err := s.Link(t.Context(), key, contentType, name)
	must(t, err)
	return get(t, s.base+link)
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	must(t, err)
	request.Close = true // or the connection outlives the test
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	body, err := io.ReadAll(response.Body)
	must(t, errors.Join(err, response.Body.Close()))
	return response, string(body)
}

func (s suite) canBeChecked(t *testing.T) {
	for range 2 {
		must(t, s.Check(t.Context()))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(fmt.Errorf("unexpected: %w", err))
	}
}
