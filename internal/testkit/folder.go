package testkit

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	folders     = "parley-testkit-" // prefix of test binaries' folders
	ownerLock   = "owner.lock"      // held by the test binary that a folder belongs to
	neverLocked = time.Hour         // after which a folder whose lock was never made is taken for an orphan

	memory       = "/dev/shm"
	enoughMemory = 1 << 30 // bytes, to use it
)

// SharedFolder is a folder of the whole test binary that other users may walk into, as a database server has to. It is
// in memory where there is enough of it, because databases are many files.
func SharedFolder(t testing.TB) string {
	t.Helper()
	dir, err := binary.open()
	if err != nil {
		t.Fatal("testkit: ", err)
	}
	return dir
}

// Folder is an empty folder in SharedFolder of this test's own.
func Folder(t testing.TB) string {
	t.Helper()
	dir, err := newFolder(SharedFolder(t), "test-")
	if err != nil {
		t.Fatal("testkit: ", err)
	}
	t.Cleanup(func() {
		if err := removeAll(dir); err != nil {
			t.Error("testkit: ", err)
		}
	})
	return dir
}

// lastWords is how long a database writes at most after the server that it belongs to was killed.
const lastWords = 20 * time.Second

// removeAll removes a folder, also while somebody still writes there.
func removeAll(dir string) error {
	for deadline := time.Now().Add(lastWords); ; time.Sleep(10 * time.Millisecond) {
		if err := os.RemoveAll(dir); !errors.Is(err, unix.ENOTEMPTY) || time.Now().After(deadline) {
			return err
		}
	}
}

// root is the folder of this test binary. It is removed at the end or, when the binary is killed, by the next one.
type root struct {
	once sync.Once
	dir  string
	lock *os.File
	err  error
}

var binary root

func (r *root) open() (string, error) {
	r.once.Do(func() {
		base := os.TempDir()
		if roomInMemory() {
			base = memory
		}
		removeOrphans(base)
		if r.dir, r.err = newFolder(base, folders); r.err == nil {
			r.lock, r.err = takeLock(r.dir, os.O_CREATE)
		}
	})
	return r.dir, r.err
}

func (r *root) remove() error {
	if r.dir == "" {
		return nil
	}
	err := removeAll(r.dir)
	if r.lock != nil {
		err = errors.Join(err, r.lock.Close())
	}
	return err
}

func roomInMemory() bool {
	var st unix.Statfs_t
	return unix.Access(memory, unix.W_OK) == nil && unix.Statfs(memory, &st) == nil && st.Bavail*uint64(st.Bsize) > enoughMemory
}

func newFolder(base, prefix string) (string, error) {
	dir, err := os.MkdirTemp(base, prefix)
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o711)
}

// removeOrphans removes the folders of binaries that were killed. What cannot be removed now is for the next.
func removeOrphans(base string) {
	dirs, _ := filepath.Glob(filepath.Join(base, folders+"*")) // the pattern is well-formed
	for _, dir := range dirs {
		lock, err := takeLock(dir, 0)
		if errors.Is(err, os.ErrNotExist) {
			if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) > neverLocked {
				_ = os.RemoveAll(dir)
			}
			continue
		}
		if err != nil {
			continue
		}
		_ = os.RemoveAll(dir)
		_ = lock.Close()
	}
}

func takeLock(dir string, create int) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(dir, ownerLock), os.O_RDWR|create, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = lock.Close()
		return nil, err
	}
	return lock, nil
}
