package signaling

import "sync"

// laneDepth is how many requests may wait in a lane before the socket is read no further.
const laneDepth = 64

// lane runs work one piece after the other, on a goroutine that exists only while there is some.
type lane struct {
	once  sync.Once
	slots chan struct{} // made at first use: one token for each piece waiting or running

	mu      sync.Mutex
	queue   []func() // guarded by mu
	running bool     // guarded by mu
}

// do adds work, and waits for room when too much waits already. That holds up the socket's reader, and so the client.
func (l *lane) do(work func()) {
	l.init()
	l.slots <- struct{}{}
	l.add(work)
}

// try adds work if there is room at once.
func (l *lane) try(work func()) {
	l.init()
	select {
	case l.slots <- struct{}{}:
		l.add(work)
	default:
	}
}

func (l *lane) init() { l.once.Do(func() { l.slots = make(chan struct{}, laneDepth) }) }

func (l *lane) add(work func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = append(l.queue, work)
	if !l.running {
		l.running = true
		go l.run()
	}
}

func (l *lane) run() {
	for {
		l.mu.Lock()
		if len(l.queue) == 0 {
			l.running, l.queue = false, nil
			l.mu.Unlock()
			return
		}
		work := l.queue[0]
		l.queue = l.queue[1:]
		l.mu.Unlock()
		work()
		<-l.slots
	}
}
