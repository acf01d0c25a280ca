package doctor

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// tree writes files under a folder of the test's own.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

func TestAccount(t *testing.T) {
	wants(t, checkAccount(0), Warning, "root")
	wants(t, checkAccount(1000), OK, "")
}

func TestMemory(t *testing.T) {
	meminfo := func(kb string) string {
		return tree(t, map[string]string{"meminfo": "MemTotal:  8000000 kB\nMemAvailable:   " + kb + " kB\n"})
	}
	none := t.TempDir()
	wants(t, checkMemory(meminfo("4000000"), none), OK, "3.8 GiB")
	wants(t, checkMemory(meminfo("500000"), none), Warning, "488 MiB")
	wants(t, checkMemory(meminfo("100000"), none), Failed, "98 MiB")
	wants(t, checkMemory(none, none), Warning, "cannot be read")
	limited := tree(t, map[string]string{"memory.max": "1073741824\n", "memory.current": "1000000000\n"})
	wants(t, checkMemory(meminfo("4000000"), limited), Failed, "70 MiB")
	wants(t, checkMemory(meminfo("4000000"), tree(t, map[string]string{"memory.max": "max\n", "memory.current": "5\n"})), OK, "3.8 GiB")
	wants(t, checkMemory("/proc", "/sys/fs/cgroup"), OK, "free")
}

func TestOpenFiles(t *testing.T) {
	limit := func(n uint64, err error) func() (uint64, error) { return func() (uint64, error) { return n, err } }
	wants(t, checkOpenFiles(limit(1<<20, nil)), OK, "1048576")
	wants(t, checkOpenFiles(limit(4096, nil)), Warning, "LimitNOFILE")
	wants(t, checkOpenFiles(limit(256, nil)), Failed, "256")
	wants(t, checkOpenFiles(limit(0, errors.New("no"))), Warning, "no")
	if n, err := openFileLimit(); err != nil || n == 0 {
		t.Errorf("this process: %d, %v", n, err)
	}
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	wants(t, checkFolder(dataFolder(dir)), OK, dir)
	wants(t, checkFolder(dataFolder(filepath.Join(dir, "a/b"))), OK, "will be made")
	wants(t, checkDisk(filepath.Join(dir, "a/b")), OK, "safely")
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("the checks left something behind: %v, %v", left, err)
	}
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, nil, 0o600))
	wants(t, checkFolder(dataFolder(file)), Failed, "not a directory")
	wants(t, checkDisk(file), Failed, "data.dir")
	wants(t, checkFolder(dataFolder("/proc/parley")), Failed, "cannot be written")
	wants(t, checkFolder(blobFolder(dir)), OK, dir)
	wants(t, checkFolder(blobFolder("/proc/parley")), Failed, "blobs.dir")
	wants(t, checkDisk("/proc/parley"), Failed, "data.dir")
}

// A disk that is full, or nearly, is a file system of its own that small.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("parley", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Log("no file system can be mounted here: a full one is told by its numbers only")
		if found := dataFolder(dir).roomOf(dir, 100<<20); found.Verdict != Failed {
			t.Errorf("%+v", found)
		}
		return
	}
	defer func() { must(t, unix.Unmount(dir, 0)) }()
	wants(t, checkFolder(dataFolder(dir)), Failed, "make room")
}

func TestRoom(t *testing.T) {
	for free, want := range map[uint64]Verdict{100 << 20: Failed, 1 << 30: Warning, 10 << 30: OK} {
		if found := dataFolder("/data").roomOf("/data", free); found.Verdict != want {
			t.Errorf("%d free: %+v", free, found)
		}
	}
}

func TestBuffers(t *testing.T) {
	proc := func(r, w string) string {
		return tree(t, map[string]string{"sys/net/core/rmem_max": r, "sys/net/core/wmem_max": w})
	}
	wants(t, checkBuffers(proc("8388608\n", "4194304\n")), OK, "4 MiB")
	wants(t, checkBuffers(proc("212992\n", "4194304\n")), Warning, "sysctl -w net.core.rmem_max=4194304`")
	wants(t, checkBuffers(proc("1", "1")), Warning, "net.core.rmem_max=4194304 net.core.wmem_max=4194304")
	wants(t, checkBuffers(t.TempDir()), Warning, "sysctl")
}

func TestSegmentation(t *testing.T) {
	wants(t, checkSegmentation(takesSegments), OK, "batches")
	wants(t, checkSegmentation(func() (bool, error) { return false, nil }), Warning, "4.18")
}

func TestFFmpeg(t *testing.T) {
	script := func(encoders string) string {
		path := filepath.Join(t.TempDir(), "ffmpeg")
		must(t, os.WriteFile(path, []byte("#!/bin/sh\ncase $2 in\n-version) echo 'ffmpeg version 5.1.6 Copyright';;\n*) "+encoders+";;\nesac\n"), 0o755))
		return path
	}
	wants(t, checkFFmpeg("/nonexistent/ffmpeg"), Warning, "apt-get install ffmpeg")
	wants(t, checkFFmpeg(script("echo ' V..... libvpx  VP8'; echo ' A..... libopus  Opus'")), OK, "5.1.6")
	wants(t, checkFFmpeg(script("echo ' V..... libvpx-vp9  VP9'; echo ' A..... libopus  Opus'")), Warning, "libvpx")
	wants(t, checkFFmpeg(script("exit 1")), Warning, "encoders")
}
