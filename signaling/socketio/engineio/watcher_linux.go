package engineio

import (
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// watcher wakes up connections for which something has come, so that none needs a goroutine, with its stack and its buffer,
// that waits for that. It is an epoll of our own, for which Go's waits: one goroutine and no thread. The zero value is ready.
type watcher struct {
	mu      sync.Mutex
	epoll   *os.File // nil before the first connection
	fd      int
	conns   map[int32]*wsConn // by descriptor
	closed  bool
	running sync.WaitGroup
}

// watched is what is told of: something to read, or the end. It is told of once.
const watched = syscall.EPOLLIN | syscall.EPOLLRDHUP | 1<<31 // EPOLLET, which package syscall has as a negative number

// watchedAtOnce is how many connections are told of at a time.
const watchedAtOnce = 128

// add has a connection woken from now on; false when it cannot be.
func (w *watcher) add(c *wsConn) bool {
	if c.raw == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.epoll == nil && !w.openLocked() {
		return false
	}
	added := false
	err := c.raw.Control(func(fd uintptr) {
		event := syscall.EpollEvent{Events: watched, Fd: int32(fd)}
		if added = syscall.EpollCtl(w.fd, syscall.EPOLL_CTL_ADD, int(fd), &event) == nil; added {
			c.fd = event.Fd
			w.conns[event.Fd] = c
		}
	})
	return err == nil && added
}

// remove forgets a connection that is closed next, by which the kernel forgets it too.
func (w *watcher) remove(c *wsConn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conns[c.fd] == c {
		delete(w.conns, c.fd)
	}
}

// openLocked starts it; when the system does not let it, connections have readers that wait.
func (w *watcher) openLocked() bool {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return false
	}
	_ = syscall.SetNonblock(fd, true) // by which package os knows that it can be waited for
	epoll := os.NewFile(uintptr(fd), "epoll")
	raw, err := epoll.SyscallConn()
	if err != nil || epoll.SetReadDeadline(time.Time{}) != nil {
		_ = epoll.Close()
		return false
	}
	w.epoll, w.fd, w.conns = epoll, fd, make(map[int32]*wsConn)
	w.running.Go(func() { w.run(raw) })
	return true
}

// close ends it. There are no connections any more.
func (w *watcher) close() {
	w.mu.Lock()
	w.closed = true
	epoll := w.epoll
	w.mu.Unlock()
	if epoll != nil {
		_ = epoll.Close() // run finds out, and is waited for, which may need mu
	}
	w.running.Wait()
}

// run wakes up connections until the epoll is closed. What comes while it does so ends the next wait at once.
func (w *watcher) run(raw syscall.RawConn) {
	events := make([]syscall.EpollEvent, watchedAtOnce)
	ready := make([]*wsConn, 0, watchedAtOnce)
	_ = raw.Read(func(fd uintptr) (done bool) {
		for n := len(events); n == len(events); {
			n = eventsNow(fd, events)
			ready = w.find(events[:n], ready[:0])
			for _, c := range ready {
				c.wake()
			}
			clear(ready)
		}
		return false
	})
}

// find looks up which connections are meant. That of a descriptor that was closed meanwhile is no longer there, or is
// another one, which then reads in vain.
func (w *watcher) find(events []syscall.EpollEvent, into []*wsConn) []*wsConn {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range events {
		if c := w.conns[e.Fd]; c != nil {
			if e.Events&^syscall.EPOLLIN != 0 {
				c.ending.Store(true)
			}
			into = append(into, c)
		}
	}
	return into
}

// eventsNow is epoll_wait without waiting.
func eventsNow(epoll uintptr, events []syscall.EpollEvent) int {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, epoll, uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
		switch errno {
		case 0:
			return int(n)
		case syscall.EINTR:
		default:
			return 0
		}
	}
}
