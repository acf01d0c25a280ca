package redis

import (
	"sync"
	"time"

	"github.com/digierapro/parley/internal/bus"
)

// Bounds of what waits to be published, while Redis is slow or away. What is more is dropped.
const (
	maxWaiting      = 8192
	maxWaitingBytes = 16 << 20
	maxBatch        = 128             // published with one write
	ephemeralTime   = 5 * time.Second // after which nobody wants to know who writes
)

// waiting is an event on its way to the other nodes.
type waiting struct {
	topic   string
	message []byte
	class   bus.Class
	since   time.Time
}

// queue is between those who publish, who never wait, and the one connection.
type queue struct {
	filled chan struct{} // has room for one: there is something to take

	mu    sync.Mutex
	all   []waiting // guarded by mu
	bytes int       // guarded by mu
}

func newQueue() *queue { return &queue{filled: make(chan struct{}, 1)} }

// add appends an event; false when there is no room for it.
func (q *queue) add(w waiting) bool {
	q.mu.Lock()
	fits := len(q.all) < maxWaiting && q.bytes+len(w.message) <= maxWaitingBytes
	if fits {
		q.all = append(q.all, w)
		q.bytes += len(w.message)
	}
	q.mu.Unlock()
	if fits {
		q.mark()
	}
	return fits
}

func (q *queue) mark() {
	select {
	case q.filled <- struct{}{}:
	default:
	}
}

// take removes the first events.
func (q *queue) take() []waiting {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.all), maxBatch)
	batch := append([]waiting(nil), q.all[:n]...)
	for _, w := range batch {
		q.bytes -= len(w.message)
	}
	clear(q.all[:n]) // the memory of what was taken
	q.all = q.all[n:]
	if len(q.all) == 0 {
		q.all = nil
	} else {
		q.mark()
	}
	return batch
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.all)
}
