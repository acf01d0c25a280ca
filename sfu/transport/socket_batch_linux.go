package transport

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// messagesAtOnce bounds what one system call sends, since the scheduler does not know that we are in one.
const messagesAtOnce = 32

// systemBatch is a batch in the kernel's forms.
type systemBatch struct {
	msgs     [messagesAtOnce]mmsghdr
	controls [messagesAtOnce][controlLen + 32]byte
	iovs     [batchPackets]unix.Iovec
	single   sender
}

// sendLoad sends a load's messages in their order and returns how many packets were lost.
func (s *socket) sendLoad(l *load) (failed int) {
	for rest := l.messages; len(rest) > 0; {
		n := min(len(rest), messagesAtOnce)
		failed += s.sendMessages(l, rest[:n])
		rest = rest[n:]
	}
	return failed
}

func (s *socket) sendMessages(l *load, messages []message) (failed int) {
	iov := 0
	for i := range messages {
		iov += l.prepare(i, &messages[i], iov)
	}
	msgs := l.system.msgs[:len(messages)]
	for done := 0; done < len(msgs); {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&msgs[done])),
			uintptr(len(msgs)-done), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			done += int(n)
		case unix.EINTR:
		default: // about the first message
			failed += s.sendSingly(l, &messages[done], errno)
			done++
		}
	}
	return failed
}

// prepare writes the i-th message of a system call, its pieces from iov on, and returns how many these are.
func (l *load) prepare(i int, m *message, iov int) int {
	first := iov
	for k := m.first; ; k = l.packets[k].next {
		p := &l.packets[k]
		l.system.iovs[iov].Base = &l.arena[p.at]
		l.system.iovs[iov].SetLen(int(p.size))
		iov++
		if k == m.last {
			break
		}
	}
	r := &m.route.system
	h := &l.system.msgs[i].hdr
	h.Name = (*byte)(unsafe.Pointer(&r.name))
	h.Namelen = r.nameLen
	h.Iov = &l.system.iovs[first]
	h.SetIovlen(iov - first)
	switch {
	case m.packets > 1:
		control := &l.system.controls[i]
		copy(control[:], r.control[:r.controlLen])
		h.Control = &control[0]
		h.SetControllen(r.controlLen + setSegment(control[r.controlLen:], m.segment))
	case r.controlLen > 0:
		h.Control = &r.control[0]
		h.SetControllen(r.controlLen)
	default:
		h.Control = nil
		h.SetControllen(0)
	}
	return iov - first
}

// setSegment writes the control message that has the kernel cut a message into datagrams.
func setSegment(control []byte, size int32) int {
	h := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
	h.Level, h.Type = unix.SOL_UDP, unix.UDP_SEGMENT
	h.SetLen(unix.CmsgLen(2))
	binary.NativeEndian.PutUint16(control[unix.CmsgLen(0):], uint16(size))
	return unix.CmsgSpace(2)
}

// sendSingly sends a message that the kernel refused packet by packet, if it was cut by the kernel: the way to this
// client may have no checksum offload (EIO) or take less in one piece (EINVAL, EMSGSIZE), and is not tried again.
func (s *socket) sendSingly(l *load, m *message, errno unix.Errno) (failed int) {
	if m.packets == 1 {
		return 1
	}
	switch errno {
	case unix.EIO, unix.EINVAL, unix.EMSGSIZE, unix.EOPNOTSUPP:
		m.route.whole.Store(true)
	default:
		return int(m.packets) // a full buffer, or no way there: as lost as a single one
	}
	for k := m.first; ; k = l.packets[k].next {
		p := &l.packets[k]
		if s.send(&l.system.single, m.route, l.arena[p.at:p.at+p.size]) != nil {
			failed++
		}
		if k == m.last {
			return failed
		}
	}
}

// takesSegments tells whether the kernel cuts messages into datagrams (UDP_SEGMENT, Linux 4.18).
func takesSegments(fd int) bool {
	_, err := unix.GetsockoptInt(fd, unix.SOL_UDP, unix.UDP_SEGMENT)
	return err == nil
}
