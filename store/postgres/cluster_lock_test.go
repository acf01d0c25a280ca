package postgres_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/digierapro/parley/store/postgres"
)

// A Parley that was killed may hold its folder for a moment, by a program that it was just starting.
func TestAFolderThatIsHeldForAMomentIsWaitedFor(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "postgres")
	release, err := postgres.LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, release)
	release, err = postgres.LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if _, err := postgres.LockFolder(dir); err == nil {
		t.Fatal("two have the folder")
	}
}
