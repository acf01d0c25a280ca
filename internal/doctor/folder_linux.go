package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

const (
	noRoom     = 256 << 20
	littleRoom = 2 << 30

	slowWrite  = 30 * time.Millisecond
	writeTries = 15
)

// folder is one that must be written.
type folder struct {
	check, dir string
	key        string // of the configuration
	full       string // what comes of a full disk
}

func dataFolder(dir string) folder {
	return folder{check: "data folder", dir: dir, key: "data.dir", full: "The database stops when the disk is full"}
}

func blobFolder(dir string) folder {
	return folder{check: "blobs", dir: dir, key: "blobs.dir", full: "No file can be kept when the disk is full"}
}

// checkFolder sees whether a folder can be written, and has room.
func checkFolder(f folder) Check {
	return Check{Name: f.check, Run: func(context.Context) Finding {
		there, err := nearestFolder(f.dir)
		if err != nil {
			return fail("%s cannot be used: %s. Make the folder and give it to the user that Parley runs as, or set %s.", f.dir, reason(err), f.key)
		}
		if err := tryWrite(there); err != nil {
			return fail("%s cannot be written by this user (%s). Give it to the user that Parley runs as, or set %s.", there, reason(err), f.key)
		}
		return f.room(there)
	}}
}

func (f folder) room(there string) Finding {
	var st unix.Statfs_t
	if err := unix.Statfs(there, &st); err != nil {
		return fail("The space of %s cannot be read: %s. See that the disk is mounted, or set %s.", there, reason(err), f.key)
	}
	return f.roomOf(there, st.Bavail*uint64(st.Bsize))
}

func (f folder) roomOf(there string, free uint64) Finding {
	switch {
	case free < noRoom:
		return fail("Only %s are free in %s. %s: make room, or set %s to a larger disk.", size(free), f.dir, f.full, f.key)
	case free < littleRoom:
		return warn("Only %s are free in %s. Make room, or set %s to a larger disk.", size(free), f.dir, f.key)
	case there != f.dir:
		return fine("%s will be made; %s free", f.dir, size(free))
	}
	return fine("%s, %s free", f.dir, size(free))
}

// nearestFolder is the folder, or the one that it would be made in.
func nearestFolder(dir string) (string, error) {
	for {
		info, err := os.Stat(dir)
		if err == nil && !info.IsDir() {
			return "", &fs.PathError{Op: "open", Path: dir, Err: unix.ENOTDIR}
		}
		if err == nil || !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return dir, err
		}
		dir = filepath.Dir(dir)
	}
}

func tryWrite(dir string) error {
	file, err := os.CreateTemp(dir, ".parley-doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// checkDisk times how long it takes until something is safely written, which every message waits for.
func checkDisk(dir string) Check {
	return Check{Name: "disk speed", Run: func(ctx context.Context) Finding {
		there, err := nearestFolder(dir)
		var median time.Duration
		if err == nil {
			median, err = timeWrites(ctx, there)
		}
		if err != nil {
			return fail("Nothing can be written safely to %s (%s). Use a local disk that works, or set data.dir to one.", dir, reason(err))
		}
		if median > slowWrite {
			return warn("It takes %s until something is safely written to %s, and every message waits for that. Use a local disk, best an SSD.", milliseconds(median), dir)
		}
		return fine("%s until something is safely written", milliseconds(median))
	}}
}

func timeWrites(ctx context.Context, dir string) (median time.Duration, err error) {
	file, err := os.CreateTemp(dir, ".parley-doctor-*")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	block := make([]byte, 8<<10)
	var took []time.Duration
	for len(took) < writeTries {
		if len(took) > 0 && ctx.Err() != nil {
			break
		}
		began := time.Now()
		if _, err := file.WriteAt(block, 0); err != nil {
			return 0, err
		}
		if err := file.Sync(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
