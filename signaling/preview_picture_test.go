package signaling_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/internal/testkit/s3test"
	"github.com/digierapro/parley/signaling"
	"github.com/digierapro/parley/store/blob"
)

func keepPictures(in chat.PictureStore, served http.Handler) func(*signaling.Config, *call.Limits) {
	return func(cfg *signaling.Config, _ *call.Limits) {
		cfg.Chat.KeepPictures(in)
		cfg.Blobs = served
	}
}

// keepingPictures keeps them in a folder of the test's own.
func keepingPictures(t *testing.T) func(*signaling.Config, *call.Limits) {
	folder, _ := pictureFolder(t)
	return keepPictures(folder, folder)
}

func pictureFolder(t *testing.T) (folder *blob.Folder, dir string) {
	t.Helper()
	dir = testkit.Folder(t)
	folder, err := blob.OpenFolder(dir, signaling.BlobPath)
	must(t, err)
	t.Cleanup(func() { must(t, folder.Close()) })
	return folder, dir
}

// pictures counts those in a folder.
func pictures(t *testing.T, dir string) (n int) {
	t.Helper()
	must(t, fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasPrefix(path, "previews/") {
			n++
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}))
	return n
}

// illustrate gives a message a preview with a picture.
func (e *edge) illustrate(messageID, key string) {
	e.t.Helper()
	store := e.db.Chat()
	must(e.t, store.PlanPictureRemoval(e.t.Context(), key, time.Now().Add(time.Hour)))
	_, eventSeq, err := store.SetLinkPreview(e.t.Context(), messageID, 0, chat.LinkPreview{Title: "A page", Picture: key})
	must(e.t, err)
	if eventSeq == 0 {
		e.t.Fatal("the message has taken no preview")
	}
}

func (e *edge) query(to any, sql string, args ...any) {
	e.t.Helper()
	conn, err := pgx.Connect(e.t.Context(), e.dbURL)
	must(e.t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(e.t.Context())) }()
	must(e.t, conn.QueryRow(e.t.Context(), sql, args...).Scan(to))
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not in time: " + what)
		}
	}
}

func photo(t *testing.T, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = 0xff
	}
	m.Set(0, 0, color.Black)
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, m, nil))
	return b.Bytes()
}

// illustrated is a site whose pages name a picture of their own, by a relative address.
func illustrated(t *testing.T, data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/photo.jpg") {
			w.Header().Set("Content-Type", "image/jpeg")
			_, _ = w.Write(data)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<title>` + r.URL.Path + `</title><meta property="og:image" content="photo.jpg"><meta property="og:image:alt" content="The works from above">`))
	}
}

func previewed(t *testing.T, w whatBecomes, m chat.Receipt) chat.MessageEdited {
	t.Helper()
	return expect(w.bob, "messageEdited", func(p chat.MessageEdited) bool { return p.MessageID == m.MessageID && p.LinkPreview != nil })
}

// fetch follows the link to the picture of a message, as somebody.
func (w whatBecomes) fetch(t *testing.T, d *device, messageID string) (*http.Response, []byte) {
	t.Helper()
	status, link, code := rest[chat.PreviewImage](w.e, d.who, "GET", "/api/communications/"+messageID+"/preview-image", nil)
	if status != http.StatusOK {
		t.Fatalf("%s is answered with %d %s", d.who.UserID, status, code)
	}
	if strings.HasPrefix(link.URL, "/") {
		link.URL = w.e.url + link.URL
	}
	response, err := http.Get(link.URL)
	must(t, err)
	body, err := io.ReadAll(response.Body)
	must(t, errors.Join(err, response.Body.Close()))
	return response, body
}

func TestALinkGetsAPicture(t *testing.T) {
	folder, _ := pictureFolder(t)
	server := s3test.Start(t)
	bucket, err := blob.OpenS3(t.Context(), blob.S3Config{
		Bucket: server.Bucket, Region: server.Region, Endpoint: server.URL, PathStyle: true, AccessKeyID: server.AccessKeyID, SecretAccessKey: server.SecretAccessKey,
	})
	must(t, err)
	t.Cleanup(func() { must(t, bucket.Close()) })
	for name, keep := range map[string]func(*signaling.Config, *call.Limits){"folder": keepPictures(folder, folder), "bucket": keepPictures(bucket, nil)} {
		t.Run(name, func(t *testing.T) {
			w, site, _ := newPreviewer(t, illustrated(t, photo(t, 1280, 640)), keep)
			m := send(w.alice, w.dm, site+"/about/us", "c1")
			p := previewed(t, w, m).LinkPreview
			if p.Image != "/api/communications/"+m.MessageID+"/preview-image" || p.ImageWidth != 640 || p.ImageHeight != 320 || p.ImageAlt != "The works from above" {
				t.Fatalf("%+v", p)
			}
			response, body := w.fetch(t, w.bob, m.MessageID)
			config, err := jpeg.DecodeConfig(bytes.NewReader(body))
			h := response.Header
			if err != nil || config.Width != 640 || h.Get("Content-Type") != "image/jpeg" || h.Get("Content-Disposition") != "inline" {
				t.Errorf("%d %v %v %v", response.StatusCode, h, config, err)
			}
			if name == "folder" && (h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || h.Get("X-Content-Type-Options") != "nosniff") {
				t.Errorf("%v", h)
			}
			status, got, code := rest[map[string]any](w.e, insider("carol"), "GET", p.Image, nil)
			if status != http.StatusNotFound || code != "message_not_found" || got != nil {
				t.Errorf("a stranger is answered with %d %s %v", status, code, got)
			}
			_, raw, _ := rest[map[string]any](w.e, w.bob.who, "GET", "/api/communications/"+m.MessageID, nil)
			if text := strings.Join(texts(raw), " "); strings.Contains(text, "previews/") {
				t.Errorf("the message tells where the picture is kept: %s", text)
			}
		})
	}
}

// texts are all texts in a JSON value.
func texts(v any) (all []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, item := range v {
			all = append(all, texts(item)...)
		}
	case map[string]any:
		for _, item := range v {
			all = append(all, texts(item)...)
		}
	}
	return all
}

func TestAPictureGoesWithItsLink(t *testing.T) {
	folder, dir := pictureFolder(t)
	w, site, _ := newPreviewer(t, illustrated(t, photo(t, 100, 100)), keepPictures(folder, folder))
	edited, deleted := send(w.alice, w.dm, site+"/a", "c1"), send(w.alice, w.dm, site+"/b", "c2")
	previewed(t, w, edited)
	previewed(t, w, deleted)
	if n := pictures(t, dir); n != 2 {
		t.Fatalf("%d pictures", n)
	}
	request[chat.Edited](w.alice, "editMessage", map[string]any{"messageId": edited.MessageID, "message": "no link any more"})
	waitFor(t, "the picture goes with the edit", func() bool { return pictures(t, dir) == 1 })
	status, _, code := rest[chat.PreviewImage](w.e, w.bob.who, "GET", "/api/communications/"+edited.MessageID+"/preview-image", nil)
	if status != http.StatusNotFound || code != "preview_image_not_found" {
		t.Errorf("%d %s", status, code)
	}
	request[chat.Changed](w.alice, "deleteMessage", deleted.MessageID)
	waitFor(t, "the picture goes with the message", func() bool { return pictures(t, dir) == 0 })
	if status, _, _ := rest[chat.PreviewImage](w.e, w.bob.who, "GET", "/api/communications/"+deleted.MessageID+"/preview-image", nil); status != http.StatusNotFound {
		t.Errorf("%d", status)
	}
}

// moody keeps pictures, when it wants to.
type moody struct {
	*blob.Folder
	noPut, noDelete atomic.Bool
	refused         atomic.Int32
}

var errAway = fault.New(fault.Unavailable, "blobs_unavailable", "Away.")

func (m *moody) Put(ctx context.Context, key, contentType string, size int64, body io.Reader) error {
	if m.noPut.Load() {
		return errAway
	}
	return m.Folder.Put(ctx, key, contentType, size, body)
}

func (m *moody) Delete(ctx context.Context, key string) error {
	if m.noDelete.Load() {
		m.refused.Add(1)
		return errAway
	}
	return m.Folder.Delete(ctx, key)
}

func TestAPlaceForPicturesThatIsAway(t *testing.T) {
	folder, dir := pictureFolder(t)
	place := &moody{Folder: folder}
	w, site, _ := newPreviewer(t, illustrated(t, photo(t, 100, 100)), keepPictures(place, folder))
	place.noPut.Store(true)
	if p := previewed(t, w, send(w.alice, w.dm, site+"/a", "c1")).LinkPreview; p.Title != "/a" || p.Image != "" || p.ImageWidth != 0 || p.ImageAlt != "" {
		t.Errorf("%+v", p)
	}
	place.noPut.Store(false)
	m := send(w.alice, w.dm, site+"/b", "c2")
	previewed(t, w, m)
	place.noDelete.Store(true)
	request[chat.Changed](w.alice, "deleteMessage", m.MessageID)
	waitFor(t, "the removal is tried", func() bool { return place.refused.Load() > 0 })
	place.noDelete.Store(false)
	waitFor(t, "the picture is removed in the end", func() bool { return pictures(t, dir) == 0 })
}

// The message is deleted while its picture is fetched, so the picture comes to nobody; or the node dies between.
func TestAPictureThatComesToNoMessageIsRemoved(t *testing.T) {
	folder, dir := pictureFolder(t)
	asked, answer := make(chan struct{}), make(chan struct{})
	plain := illustrated(t, photo(t, 100, 100))
	w, site, _ := newPreviewer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/photo.jpg" {
			close(asked)
			<-answer
		}
		plain(w, r)
	}, keepPictures(folder, folder))
	m := send(w.alice, w.dm, site+"/slow", "c1")
	<-asked
	request[chat.Changed](w.alice, "deleteMessage", m.MessageID)
	close(answer)
	waitFor(t, "the picture is stored", func() bool { return pictures(t, dir) == 1 })
	var wait float64
	w.e.query(&wait, `SELECT extract(epoch FROM run_at - now()) FROM jobs WHERE kind = $1`, chat.PictureRemovalKind)
	if wait < 60 || wait > 600 {
		t.Errorf("it is removed after %v s", wait)
	}
	waitFor(t, "the preview has been given up", func() bool {
		var jobs int
		w.e.query(&jobs, `SELECT count(*) FROM jobs WHERE kind = $1`, chat.PreviewKind)
		return jobs == 0
	})
	var n int
	w.e.query(&n, `WITH moved AS (UPDATE jobs SET run_at = now() WHERE kind = $1 RETURNING 1) SELECT count(*) FROM moved`, chat.PictureRemovalKind)
	waitFor(t, "the picture is removed", func() bool { return pictures(t, dir) == 0 })
}

func TestPicturesThatAreNotTaken(t *testing.T) {
	var inside atomic.Int32
	secret := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inside.Add(1) }))
	t.Cleanup(secret.Close)
	small := photo(t, 100, 100)
	answers := map[string]struct {
		contentType string
		data        []byte
	}{
		"large":  {"image/jpeg", append(small[:len(small):len(small)], make([]byte, 5<<20)...)},
		"svg":    {"image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)},
		"false":  {"image/png", []byte("<script>alert(1)</script>")},
		"secret": {}, "scheme": {},
	}
	elsewhere := map[string]string{"secret": secret.URL + "/x.png", "scheme": "javascript:alert(1)"}
	folder, dir := pictureFolder(t)
	w, site, refused := newPreviewer(t, func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/picture/")
		if name != r.URL.Path {
			w.Header().Set("Content-Type", answers[name].contentType)
			_, _ = w.Write(answers[name].data)
			return
		}
		name = strings.TrimPrefix(r.URL.Path, "/")
		address := elsewhere[name]
		if address == "" {
			address = "/picture/" + name
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<title>` + name + `</title><meta property="og:image" content="` + address + `"><meta property="og:image:alt" content="x">`))
	}, keepPictures(folder, folder))
	for name := range answers {
		m := send(w.alice, w.dm, site+"/"+name, "of-"+name)
		if p := previewed(t, w, m).LinkPreview; p.Title != name || p.Image != "" || p.ImageAlt != "" {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if n := pictures(t, dir); n != 0 {
		t.Errorf("%d pictures", n)
	}
	if inside.Load() != 0 || refused.Load() == 0 {
		t.Errorf("an inner server was reached %d times, %d addresses were refused", inside.Load(), refused.Load())
	}
}
