//go:build race

package engineio

import (
	"errors"
	"syscall"
)

// These are seen by the race detector: to it, what was done before a write comes before what follows its reading.

func readNow(fd uintptr, b []byte) (int, syscall.Errno) { return seen(syscall.Read(int(fd), b)) }

func writeNow(fd uintptr, b []byte) (int, syscall.Errno) { return seen(syscall.Write(int(fd), b)) }

func seen(n int, err error) (int, syscall.Errno) {
	var errno syscall.Errno
	errors.As(err, &errno)
	return n, errno
}
