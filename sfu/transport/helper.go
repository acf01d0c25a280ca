package transport

import (
	"sync"
	"sync/atomic"
)

// helper sends what its worker has sealed while the worker goes on sealing, so that one publisher's fan-out may use two
// cores: about half of it is sealing and half is the kernel's sending. It gets whole loads, in their order. A client's
// packets stay in order, because a worker sends nothing by itself while its helper has any left.
type helper struct {
	full    chan *load
	empty   chan *load
	waiting atomic.Int32 // loads given and not sent yet
}

// helperLoads is how many loads may be with a helper: one that it sends and one that waits. The worker waits for a third.
const helperLoads = 2

// startHelper starts the batch's helper. What it returns empties the batch and waits until the helper has ended.
func (b *Batch) startHelper() (stop func()) {
	h := &helper{full: make(chan *load, helperLoads), empty: make(chan *load, helperLoads)}
	for range helperLoads {
		h.empty <- nil // made when it is needed
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for l := range h.full {
			l.send(b.socket, b.counters)
			h.waiting.Add(-1)
			h.empty <- l
		}
	})
	b.helper = h
	return func() {
		b.flush()
		close(h.full)
		wg.Wait()
	}
}

func (h *helper) busy() bool { return h.waiting.Load() > 0 }

// take gives the helper a load and returns an empty one.
func (h *helper) take(l *load) *load {
	next := <-h.empty
	if next == nil {
		next = newLoad()
	}
	h.waiting.Add(1)
	h.full <- l
	return next
}
