package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"github.com/digierapro/parley/internal/auth"
)

const (
	parts     = ".parts"       // where files are written before they are whole
	secret    = ".secret"      // that links are signed with
	forgotten = 24 * time.Hour // after which a part belongs to nobody any more
)

// Folder keeps blobs as files. Several servers may share one folder; they also share the secret of its links.
type Folder struct {
	root   *os.Root
	path   string // below which its links are
	secret []byte
	now    func() time.Time
}

// OpenFolder makes the folder where there is none. It serves its links itself (ServeHTTP), below a path such as /files/.
func OpenFolder(dir, linkPath string) (*Folder, error) {
	// The database's own user may have to walk through the data folder, but not to list it.
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return nil, err
	}
	key, err := auth.LoadOrCreateSecret(path.Join(dir, secret))
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	f := &Folder{root: root, path: linkPath, secret: []byte(key), now: time.Now}
	if err := root.MkdirAll(parts, 0o700); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	f.removeForgotten()
	return f, nil
}

// removeForgotten removes what was being written when a server died. What cannot be removed now is for the next start.
func (f *Folder) removeForgotten() {
	left, _ := fs.ReadDir(f.root.FS(), parts)
	for _, entry := range left {
		if info, err := entry.Info(); err == nil && f.now().Sub(info.ModTime()) > forgotten {
			_ = f.root.Remove(path.Join(parts, entry.Name()))
		}
	}
}

// Close ends the use of the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Put stores a blob of so many bytes, or replaces it: whole and safe on disk, or not at all. A folder keeps no types.
func (f *Folder) Put(_ context.Context, key, _ string, size int64, body io.Reader) error {
	if err := checkKey(key); err != nil {
		return err
	}
	part := path.Join(parts, rand.Text())
	if err := f.write(part, &exact{body, size}); err != nil {
		_ = f.root.Remove(part) // or else removeForgotten
		return err
	}
	if err := f.move(part, key); err != nil {
		_ = f.root.Remove(part)
		return unavailable(err)
	}
	return nil
}

// write writes a file until it is safe on disk.
func (f *Folder) write(name string, body io.Reader) error {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return unavailable(err)
	}
	source := &source{Reader: body}
	_, err = io.Copy(file, source)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); source.err != nil {
		return fmt.Errorf("read what is to be stored: %w", source.err)
	}
	if err != nil {
		return unavailable(err)
	}
	return nil
}

// source remembers what went wrong with reading, which is not the folder's fault.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// move gives a written file its name, and returns when that is safe on disk, too.
func (f *Folder) move(part, key string) error {
	dir := path.Dir(key)
	if err := f.root.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := f.root.Rename(part, key); err != nil {
		return err
	}
	for ; ; dir = path.Dir(dir) { // those above may be new, too
		if err := f.sync(dir); err != nil || dir == "." {
			return err
		}
	}
}

func (f *Folder) sync(dir string) error {
	d, err := f.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open gives a blob's bytes, and how many they are; ErrNotFound when there is none.
func (f *Folder) Open(_ context.Context, key string) (io.ReadCloser, int64, error) {
	file, info, err := f.open(key)
	if err != nil {
		return nil, 0, err
	}
	return file, info.Size(), nil
}

func (f *Folder) open(key string) (*os.File, fs.FileInfo, error) {
	if err := checkKey(key); err != nil {
		return nil, nil, err
	}
	file, err := f.root.Open(key)
	if err != nil {
		return nil, nil, absentOr(err)
	}
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, nil, errors.Join(unavailable(err), file.Close())
	case !info.Mode().IsRegular():
		return nil, nil, errors.Join(ErrNotFound, file.Close())
	}
	return file, info, nil
}

// Stat tells of a blob; ErrNotFound when there is none.
func (f *Folder) Stat(_ context.Context, key string) (Info, error) {
	if err := checkKey(key); err != nil {
		return Info{}, err
	}
	info, err := f.root.Stat(key)
	if err != nil {
		return Info{}, absentOr(err)
	}
	if !info.Mode().IsRegular() {
		return Info{}, ErrNotFound
	}
	return Info{Size: info.Size(), Modified: info.ModTime()}, nil
}

// Delete removes a blob; one that is not there is removed already.
func (f *Folder) Delete(_ context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if err := f.root.Remove(key); err != nil && absentOr(err) != error(ErrNotFound) {
		return unavailable(err)
	}
	return nil
}

// absentOr tells a file that is not there from one that cannot be reached.
func absentOr(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return ErrNotFound
	}
	return unavailable(err)
}

// Check sees whether the folder can be written.
func (f *Folder) Check(context.Context) error {
	name := path.Join(parts, "check-"+rand.Text())
	return errors.Join(f.write(name, strings.NewReader("parley")), f.root.Remove(name))
}
