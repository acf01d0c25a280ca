// Package timerheap keeps many timeouts in one heap behind one runtime timer, so that a pending timeout costs its owner
// a few words and no goroutine.
package timerheap

import (
	"container/heap"
	"sync"
	"time"
)

// Timer is one timeout; it is meant to be a field of what it times. Fire is set once, before the first Set.
type Timer struct {
	Fire func()

	at    time.Time
	index int // in the heap plus one; 0 when not pending
}

// Heap runs timers. Fire is called by one goroutine for all of them, so it must not block. The zero value is ready.
type Heap struct {
	mu      sync.Mutex
	timers  byTime
	clock   *time.Timer
	firing  bool // run is at work and will arm the clock when it is through
	stopped bool
	running sync.WaitGroup
}

// Set makes t fire once after d, in place of what it was set to before. After Close it does nothing.
func (h *Heap) Set(t *Timer, d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return
	}
	t.at = time.Now().Add(d)
	if t.index > 0 {
		heap.Fix(&h.timers, t.index-1)
	} else {
		heap.Push(&h.timers, t)
	}
	if h.timers[0] == t && !h.firing {
		h.armLocked()
	}
}

// Stop makes t not fire. It may be firing at this moment.
func (h *Heap) Stop(t *Timer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t.index > 0 {
		heap.Remove(&h.timers, t.index-1)
	}
}

// Pending reports whether t is set and has not fired.
func (h *Heap) Pending(t *Timer) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return t.index > 0
}

// Len is the number of pending timers.
func (h *Heap) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.timers)
}

// Close drops every pending timer and waits for those that are firing. It must not be called from Fire.
func (h *Heap) Close() {
	h.mu.Lock()
	h.stopped = true
	for _, t := range h.timers {
		t.index = 0
	}
	h.timers = nil
	if h.clock != nil && h.clock.Stop() {
		h.running.Done()
	}
	h.clock = nil
	h.mu.Unlock()
	h.running.Wait()
}

// armLocked sets the clock to the earliest timer. A clock that is pending or running counts in running.
func (h *Heap) armLocked() {
	wait := time.Until(h.timers[0].at)
	if h.clock != nil && h.clock.Stop() {
		h.running.Done()
	}
	h.running.Add(1)
	h.clock = time.AfterFunc(wait, h.run)
}

func (h *Heap) run() {
	defer h.running.Done()
	h.mu.Lock()
	if h.firing {
		h.mu.Unlock() // a clock that could not be stopped any more, while another one is at work
		return
	}
	h.firing = true
	h.mu.Unlock()
	for {
		t := h.popDue()
		if t == nil {
			return
		}
		t.Fire()
	}
}

// popDue takes the earliest timer if its time has come, and otherwise arms the clock for it.
func (h *Heap) popDue() *Timer {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.timers) == 0 {
		h.firing = false
		return nil
	}
	if time.Until(h.timers[0].at) > 0 {
		h.firing = false
		h.armLocked()
		return nil
	}
	return heap.Pop(&h.timers).(*Timer)
}

type byTime []*Timer

func (b byTime) Len() int           { return len(b) }
func (b byTime) Less(i, j int) bool { return b[i].at.Before(b[j].at) }

func (b byTime) Swap(i, j int) {
	b[i], b[j] = b[j], b[i]
	b[i].index, b[j].index = i+1, j+1
}

func (b *byTime) Push(x any) {
	t := x.(*Timer)
	*b = append(*b, t)
	t.index = len(*b)
}

func (b *byTime) Pop() any {
	old := *b
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*b = old[:len(old)-1]
	t.index = 0
	return t
}
