package transport

import (
	"sync"
	"sync/atomic"
	"time"
)

// control reads what clients report and ask for by RTCP. Each client sends some 20 such packets a second, each by itself,
// so waking somebody for every one would cost a call of many subscribers more than what is read. So where the kernel can
// steer RTCP to a socket of its own, nobody waits at that socket: workers read it while they are awake for media, and the
// ticker when there is none.
type control struct {
	mu     sync.Mutex
	worker *worker      // guarded by mu; never run; nil when closed
	read   atomic.Int64 // when last, Unix nanoseconds
}

const (
	// controlEvery is how often workers look at the socket; it has to be worth the system call.
	controlEvery = 10 * time.Millisecond
	// controlReads bounds what one look can cost, so that a flood of RTCP holds up no media.
	controlReads = 8
)

func newControl(l *Listener, s *socket) *control { return &control{worker: newWorker(l, s)} }

// ReadControl handles the control packets that have come and that nobody has read. Call it every 20 to 50 ms: who sends
// nothing wakes no worker.
func (l *Listener) ReadControl() { l.readControl(time.Now()) }

// readControl handles the control packets that have come, unless somebody has done so lately or does now.
func (l *Listener) readControl(now time.Time) {
	c := l.control
	if c == nil || now.UnixNano()-c.read.Load() < int64(controlEvery) || !c.mu.TryLock() {
		return
	}
	defer c.mu.Unlock()
	w := c.worker
	if w == nil {
		return
	}
	c.read.Store(now.UnixNano())
	w.batch.begin(now)
	for range controlReads {
		datagrams := w.socket.readWaiting()
		for i := range datagrams {
			w.now = datagrams[i].arrived // what is measured by it must not depend on when we look
			w.receiveAll(datagrams[i : i+1])
		}
		if len(datagrams) < readBatch {
			break
		}
	}
	w.batch.flush()
}

// close may come while somebody wants to read.
func (c *control) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.worker
	c.worker = nil
	return w.socket.close()
}
