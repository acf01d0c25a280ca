package testkit

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// Folders of binaries that were killed go; those of living ones, and whatever else is there, stay.
func TestRemoveOrphans(t *testing.T) {
	base := t.TempDir()
	for _, name := range []string{folders + "dead", folders + "alive", folders + "young", "other"} {
		if err := os.MkdirAll(filepath.Join(base, name, "postgres"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, alive := range map[string]bool{folders + "dead": false, folders + "alive": true, "other": false} {
		lock, err := takeLock(filepath.Join(base, name), os.O_CREATE)
		if err != nil {
			t.Fatal(err)
		}
		if alive {
			defer func() { _ = lock.Close() }()
		} else if err := lock.Close(); err != nil {
			t.Fatal(err)
		}
	}
	removeOrphans(base)
	for name, want := range map[string]bool{folders + "dead": false, folders + "alive": true, folders + "young": true, "other": true} {
		if _, err := os.Stat(filepath.Join(base, name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A database whose server was killed may write some more while its folder is removed.
func TestAFolderIsRemovedWhileSomebodyWrites(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "busy")
	written := make(chan struct{})
	go func() {
		defer close(written)
		for i := range 2000 {
			if os.MkdirAll(filepath.Join(dir, "data"), 0o700) == nil {
				_ = os.WriteFile(filepath.Join(dir, "data", strconv.Itoa(i%50)), nil, 0o600) // it may be gone by now
			}
		}
	}()
	for writing := true; writing; {
		if err := removeAll(dir); err != nil {
			t.Fatal(err)
		}
		select {
		case <-written:
			writing = false
		default:
		}
	}
	if err := removeAll(dir); err != nil {
		t.Fatal(err)
	}
}
