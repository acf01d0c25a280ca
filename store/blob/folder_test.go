package blob

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/fault"
)

// A server that died while it wrote leaves a part, which is never a blob and is removed in time.
func TestAPartIsNeverABlob(t *testing.T) {
	f, dir := newFolder(t)
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- f.Put(context.Background(), "some/file", "text/plain", 10, reader) }()
	_, err := writer.Write([]byte("12345"))
	must(t, err)
	if _, err := f.Stat(t.Context(), "some/file"); !errors.Is(err, ErrNotFound) {
		t.Errorf("half of it is there: %v", err)
	}
	left, err := os.ReadDir(filepath.Join(dir, parts))
	must(t, err)
	if len(left) != 1 {
		t.Errorf("%d parts", len(left))
	}
	must(t, writer.CloseWithError(errors.New("gone")))
	if err := <-done; err == nil || fault.KindOf(err) == fault.Unavailable {
		t.Errorf("a body that broke: %v", err)
	}

	old, young := filepath.Join(dir, parts, "old"), filepath.Join(dir, parts, "young")
	for _, part := range []string{old, young} {
		must(t, os.WriteFile(part, nil, 0o600))
	}
	must(t, os.Chtimes(old, time.Time{}, time.Now().Add(-2*forgotten)))
	again, err := OpenFolder(dir, linkPath)
	must(t, err)
	must(t, again.Close())
	left, err = os.ReadDir(filepath.Join(dir, parts))
	must(t, err)
	if len(left) != 1 || left[0].Name() != "young" {
		t.Errorf("left: %v", left)
	}
}

func TestNothingOutsideOfTheFolderIsReached(t *testing.T) {
	f, dir := newFolder(t)
	outside := t.TempDir()
	must(t, os.WriteFile(filepath.Join(outside, "secrets"), []byte("x"), 0o600))
	must(t, os.Symlink(outside, filepath.Join(dir, "out")))
	if _, _, err := f.Open(t.Context(), "out/secrets"); err == nil {
		t.Error("a link out of the folder was followed")
	}
	if err := f.Put(t.Context(), "out/new", "text/plain", 1, strings.NewReader("x")); err == nil {
		t.Error("something was written outside")
	}
	if err := f.Delete(t.Context(), "out/secrets"); err == nil {
		t.Error("something was deleted outside")
	}
	if left, _ := os.ReadDir(outside); len(left) != 1 {
		t.Errorf("outside: %v", left)
	}
}

func TestAFolderThatIsGoneIsUnavailable(t *testing.T) {
	f, dir := newFolder(t)
	must(t, f.Check(t.Context()))
	must(t, os.RemoveAll(filepath.Join(dir, parts)))
	for what, err := range map[string]error{"Check": f.Check(t.Context()), "Put": f.Put(t.Context(), "a", "", 1, strings.NewReader("x"))} {
		if fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", what, err)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	if _, err := OpenFolder(file, linkPath); err == nil {
		t.Error("a file was opened as a folder")
	}
}

func TestLinksOfAFolder(t *testing.T) {
	f, dir := newFolder(t)
	must(t, f.Put(t.Context(), "pictures/x.png", "", 10, strings.NewReader("0123456789")))
	link, err := f.Link(t.Context(), "pictures/x.png", "image/png", "")
	must(t, err)
	shared, err := OpenFolder(dir, linkPath) // another server
	must(t, err)
	defer func() { must(t, shared.Close()) }()
	answer := serve(shared, link)
	h := answer.Header()
	if answer.Code != http.StatusOK || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
		t.Errorf("%d %v", answer.Code, h)
	}
	if part := serve(f, link, "Range", "bytes=2-4"); part.Code != http.StatusPartialContent || part.Body.String() != "234" {
		t.Errorf("a part: %d %q", part.Code, part.Body)
	}
	f.now = func() time.Time { return time.Now().Add(LinkTTL + time.Second) }
	late := serve(f, link)
	f.now = time.Now
	must(t, f.Delete(t.Context(), "pictures/x.png"))
	gone := serve(f, link)
	for what, answer := range map[string]*httptest.ResponseRecorder{"late": late, "gone": gone, "no link": serve(f, linkPath+"pictures/x.png"), "no key": serve(f, linkPath+".secret")} {
		if answer.Code != http.StatusNotFound || answer.Body.String() != gone.Body.String() || answer.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %q %v", what, answer.Code, answer.Body, answer.Header())
		}
	}
	other, _ := newFolder(t)
	must(t, other.Put(t.Context(), "pictures/x.png", "", 1, strings.NewReader("x")))
	if answer := serve(other, link); answer.Code != http.StatusNotFound {
		t.Errorf("a link of another folder: %d", answer.Code)
	}
}

// No two links have the same text to be signed: what is at the end of one part is not at the beginning of the next.
func TestPartsOfALinkDoNotRunTogether(t *testing.T) {
	f, _ := newFolder(t)
	a := f.sign("key", url.Values{"expires": {"1"}, "type": {"image/png"}, "name": {"x"}})
	b := f.sign("key", url.Values{"expires": {"1"}, "type": {"image/pngx"}, "name": {""}})
	if a == b {
		t.Error("two links have one signature")
	}
}

func serve(f *Folder, link string, header ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodGet, link, nil)
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, request)
	return w
}
