package loadtest

import (
	"context"
	"time"
)

// loop serves some clients: it sends what is due and reads their sockets. All state of its clients is its own; others
// reach it by do.
type loop struct {
	poller    *poller
	readEvery time.Duration
	tasks     taskHeap
	calls     chan func()
	done      chan struct{} // closed when run has ended

	measuring bool
	lateness  samples // of sending media
	latency   samples
}

// task is something that comes round. run gets the time it was due at and returns when it is next, or 0 for never.
type task interface {
	run(l *loop, due time.Duration) (next time.Duration)
}

func newLoop(readEvery time.Duration) (*loop, error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	return &loop{poller: p, readEvery: readEvery, calls: make(chan func()), done: make(chan struct{})}, nil
}

var epoch = time.Now()

// monotonic is the time that tasks are due by.
func monotonic() time.Duration { return time.Since(epoch) }

func (l *loop) run(ctx context.Context) {
	defer close(l.done)
	for nextRead := monotonic(); ctx.Err() == nil; {
		l.answerCalls()
		next := min(nextRead, l.runDue())
		now := monotonic()
		if now >= nextRead {
			l.poller.poll()
			nextRead = now + l.readEvery
			continue
		}
		if next > now {
			sleep(next - now)
		}
	}
}

// tasksAtOnce is after how many tasks the loop looks at its sockets, however late it is.
const tasksAtOnce = 256

// runDue runs the tasks that are due and tells when the next one is.
func (l *loop) runDue() time.Duration {
	for range tasksAtOnce {
		if len(l.tasks) == 0 {
			return 1 << 62
		}
		t := &l.tasks[0]
		if t.at > monotonic() {
			return t.at
		}
		if next := t.task.run(l, t.at); next > 0 {
			t.at = next
			l.tasks.down(0)
		} else {
			l.tasks.pop()
		}
	}
	return 0
}

func (l *loop) answerCalls() {
	for {
		select {
		case f := <-l.calls:
			f()
		default:
			return
		}
	}
}

// do runs f in the loop and waits for it. It reports false when the loop has ended; then f may use what was the loop's,
// but was not run.
func (l *loop) do(f func()) bool {
	ran := make(chan struct{})
	select {
	case l.calls <- func() { f(); close(ran) }:
		<-ran
		return true
	case <-l.done:
		return false
	}
}

// schedule adds a task; only in the loop.
func (l *loop) schedule(at time.Duration, t task) { l.tasks.push(scheduled{at, t}) }

// drop takes a client's tasks out.
func (l *loop) drop(belongs func(task) bool) {
	kept := l.tasks[:0]
	for _, s := range l.tasks {
		if !belongs(s.task) {
			kept = append(kept, s)
		}
	}
	clear(l.tasks[len(kept):])
	l.tasks = kept
	for i := len(kept)/2 - 1; i >= 0; i-- {
		l.tasks.down(i)
	}
}

type scheduled struct {
	at   time.Duration
	task task
}

// taskHeap is a binary heap, the first due on top.
type taskHeap []scheduled

func (h *taskHeap) push(s scheduled) {
	*h = append(*h, s)
	for i := len(*h) - 1; i > 0; {
		parent := (i - 1) / 2
		if (*h)[parent].at <= (*h)[i].at {
			return
		}
		(*h)[parent], (*h)[i] = (*h)[i], (*h)[parent]
		i = parent
	}
}

func (h *taskHeap) pop() {
	last := len(*h) - 1
	(*h)[0] = (*h)[last]
	(*h)[last] = scheduled{}
	*h = (*h)[:last]
	h.down(0)
}

func (h taskHeap) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && h[child+1].at < h[child].at {
			child++
		}
		if h[i].at <= h[child].at {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}
