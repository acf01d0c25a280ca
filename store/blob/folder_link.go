package blob

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Link gives a link to a blob, relative to the server, that is good for LinkTTL. What it holds (contentType) and its name
// ("" for none) are for the browser, and part of what is signed.
func (f *Folder) Link(_ context.Context, key, contentType, name string) (string, error) {
	if err := checkKey(key); err != nil {
		return "", err
	}
	q := url.Values{"expires": {strconv.FormatInt(f.now().Add(LinkTTL).Unix(), 10)}, "type": {contentType}}
	if name = plainName(name); name != "" {
		q.Set("name", name)
	}
	q.Set("signature", f.sign(key, q))
	return f.path + key + "?" + q.Encode(), nil
}

// sign computes a link's signature. Each part stands behind its length, so that no two links have one text.
func (f *Folder) sign(key string, q url.Values) string {
	mac := hmac.New(sha256.New, f.secret)
	for _, part := range []string{"blob", key, q.Get("expires"), q.Get("type"), q.Get("name")} {
		_, _ = mac.Write([]byte(strconv.Itoa(len(part)) + ":" + part)) // never fails
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// ServeHTTP answers a link. One that has ended, one that we did not make and one to nothing are all the same to who asks.
func (f *Folder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, q := strings.TrimPrefix(r.URL.Path, f.path), r.URL.Query()
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if !f.valid(key, q) {
		notFound(w)
		return
	}
	file, info, err := f.open(key)
	if err != nil {
		notFound(w)
		return
	}
	defer func() { _ = file.Close() }()
	h.Set("Cache-Control", linkCaching)
	h.Set("Content-Type", q.Get("type"))
	h.Set("Content-Disposition", disposition(q.Get("type"), q.Get("name")))
	http.ServeContent(w, r, "", info.ModTime(), file)
}

func (f *Folder) valid(key string, q url.Values) bool {
	expires, err := strconv.ParseInt(q.Get("expires"), 10, 64)
	return err == nil && hmac.Equal([]byte(q.Get("signature")), []byte(f.sign(key, q))) && f.now().Before(time.Unix(expires, 0))
}

func notFound(w http.ResponseWriter) {
	http.Error(w, "This link has ended, or leads to nothing.", http.StatusNotFound)
}
