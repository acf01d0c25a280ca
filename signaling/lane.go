package signaling

import "sync"

// laneDepth is how many requests may wait in a lane before the socket is read no further.
const laneDepth = 64

// lane runs work one piece after the other, on a goroutine that exists only while there is some. It takes little memory, since
// each session has several.
type lane struct {
	mu    sync.Mutex
	queue []func()      // guarded by mu
	held  int           // guarded by mu; pieces that wait or run
	room  chan struct{} // guarded by mu; closed when there is room again; nil while nobody waits for it
}

// do adds work, and waits for room when too much waits already. That holds up the socket's reader, and so the client.
func (l *lane) do(work func()) {
	for room := l.add(work); room != nil; room = l.add(work) {
		<-room
	}
}

// try adds work if there is room at once.
func (l *lane) try(work func()) { l.add(work) }

// add adds work. When there is no room it does not, and returns what is closed when there may be again.
func (l *lane) add(work func()) (room <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == laneDepth {
		if l.room == nil {
			l.room = make(chan struct{})
		}
		return l.room
	}
	l.queue = append(l.queue, work)
	if l.held++; l.held == 1 {
		go l.run()
	}
	return nil
}

func (l *lane) run() {
	for work := l.next(); work != nil; work = l.done() {
		work()
	}
}

// done notes that a piece has run, and gives the next one; nil when there is none, and then nobody runs.
func (l *lane) done() func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held--
	if l.room != nil {
		close(l.room)
		l.room = nil
	}
	return l.nextLocked()
}

func (l *lane) next() func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.nextLocked()
}

func (l *lane) nextLocked() func() {
	if len(l.queue) == 0 {
		l.queue = nil
		return nil
	}
	work := l.queue[0]
	l.queue[0] = nil
	l.queue = l.queue[1:]
	return work
}
