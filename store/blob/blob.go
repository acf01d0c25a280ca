// Package blob keeps files: in a folder (Folder), or in a bucket of S3 or of a server that speaks like it (S3). Both do the
// same, which one suite of tests sees to. Browsers get a file by a link that ends after a minute; who may have one is
// decided by whoever asks for it.
package blob

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/digierapro/parley/internal/fault"
)

// LinkTTL is how long a link is good for.
const LinkTTL = time.Minute

// linkCaching lets a browser show a file again that it has got, so that scrolling costs no requests.
const linkCaching = "private, max-age=86400, immutable"

// ErrNotFound is the answer when there is no such blob.
var ErrNotFound = fault.New(fault.NotFound, "blob_not_found", "There is no such file.")

// errSize is the caller's defect: it said how many bytes there are.
var errSize = errors.New("blob: the body is not as long as was said")

// Info is what is known of a blob. What it holds, its owner remembers.
type Info struct {
	Size     int64
	Modified time.Time
}

// keys are short names parted by slashes, in lower case, since some file systems tell no cases apart. None begins with a
// dot: such names in the folder are our own.
var keys = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*(/[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*)*$`)

const maxKey = 200

// checkKey refuses what no part of the server would choose as a key.
func checkKey(key string) error {
	if len(key) > maxKey || !keys.MatchString(key) {
		return fmt.Errorf("blob: %.210q is no key", key)
	}
	return nil
}

// inline are the types that browsers may show by themselves; all others are saved as files.
var inline = map[string]bool{"image/jpeg": true, "image/png": true, "image/gif": true, "image/webp": true}

// disposition is the Content-Disposition of a type (RFC 6266), with a name for the file, "" for none. The name is given in
// UTF-8 alone: every browser that can make calls reads that form.
func disposition(contentType, name string) string {
	kind := "attachment"
	if inline[contentType] {
		kind = "inline"
	}
	if name = plainName(name); name == "" {
		return kind
	}
	return kind + "; filename*=UTF-8''" + extValue(name)
}

// plainName takes away what is not seen, parts folders, or turns other text around.
func plainName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r == 0x7f, r == '/', r == '\\', r >= 0x80 && r < 0xa0, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e,
			r >= 0x2060 && r <= 0x206f, r == 0xfeff, r == 0xfffd:
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	for len(name) > 255 {
		name = strings.ToValidUTF8(name[:255], "")
	}
	return strings.Trim(name, " .")
}

// extValue encodes as RFC 8187 section 3.2.1.
func extValue(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// unavailable is the fault of a store that cannot do what it should.
func unavailable(cause error) error {
	return fault.Wrap(cause, fault.Unavailable, "blobs_unavailable", "Files cannot be reached right now.").After(5 * time.Second)
}
