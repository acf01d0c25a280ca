//go:build race

package engineio

import (
	"errors"
	"syscall"
)

// writeNow is one that the race detector sees: to it, what was done before a write comes before what follows its reading.
func writeNow(fd uintptr, b []byte) (int, syscall.Errno) {
	n, err := syscall.Write(int(fd), b)
	var errno syscall.Errno
	errors.As(err, &errno)
	return n, errno
}
