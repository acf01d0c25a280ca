package doctor

import (
	"context"
	"net"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// wantedBuffer is what the media port asks the kernel for, each way. Linux doubles it for its own book-keeping and does not
// count that against the limit.
const wantedBuffer = 4 << 20

// checkBuffers looks at how much the kernel may hold for the media port while we are busy.
func checkBuffers(proc string) Check {
	return Check{Name: "UDP buffers", Run: func(context.Context) Finding {
		var short []string
		for _, key := range []string{"rmem_max", "wmem_max"} {
			if most, ok := number(filepath.Join(proc, "sys/net/core", key)); !ok || most < wantedBuffer {
				short = append(short, "net.core."+key+"=4194304")
			}
		}
		if len(short) > 0 {
			return warn("The kernel holds too little for the media port when many packets come at once, so some are lost. "+
				"Run `sysctl -w %s` and write it into /etc/sysctl.d/parley.conf.", strings.Join(short, " "))
		}
		return fine("4 MiB each way")
	}}
}

// checkSegmentation sees whether the kernel cuts large messages into datagrams (UDP_SEGMENT, Linux 4.18).
func checkSegmentation(takes func() (bool, error)) Check {
	return Check{Name: "UDP segmentation", Run: func(context.Context) Finding {
		ok, err := takes()
		if err != nil || !ok {
			return warn("This kernel sends every packet by itself, which takes twice the processor time. Use Linux 4.18 or newer.")
		}
		return fine("the kernel sends packets in batches")
	}}
}

func takesSegments() (bool, error) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close() }()
	raw, err := conn.(*net.UDPConn).SyscallConn()
	if err != nil {
		return false, err
	}
	ok := false
	err = raw.Control(func(fd uintptr) {
		_, err := unix.GetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT)
		ok = err == nil
	})
	return ok, err
}
