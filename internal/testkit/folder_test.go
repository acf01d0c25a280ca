package testkit

import (
	"os"
	"path/filepath"
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
