//go:build !race

package engineio

import (
	"syscall"
	"unsafe"
)

// writeNow writes to a descriptor that never blocks. So Go's scheduler need not be told: its monitor would wake up to watch.
func writeNow(fd uintptr, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(n), errno
}
