package bus

import (
	"context"
	"slices"
	"sync"
)

// Local is a Bus inside one process. Publish runs the subscribers itself, so an event is delivered when it returns.
type Local struct {
	mu     sync.RWMutex
	topics map[string]*topic
}

type topic struct {
	deliver sync.Mutex // held while subscribers run: one event at a time, in order

	// guarded by Local.mu
	next int
	subs []subscriber
}

type subscriber struct {
	n  int
	fn func(Event)
}

// NewLocal returns a bus for a single node.
func NewLocal() *Local { return &Local{topics: make(map[string]*topic)} }

// Publish implements Bus.
func (b *Local) Publish(_ context.Context, name string, e Event) error {
	b.mu.RLock()
	t := b.topics[name]
	b.mu.RUnlock()
	if t == nil {
		return nil
	}
	t.deliver.Lock()
	defer t.deliver.Unlock()
	for _, fn := range b.subscribers(t) {
		fn(e)
	}
	return nil
}

func (b *Local) subscribers(t *topic) []func(Event) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	fns := make([]func(Event), 0, len(t.subs))
	for _, s := range t.subs {
		fns = append(fns, s.fn)
	}
	return fns
}

// Subscribe implements Bus.
func (b *Local) Subscribe(name string, fn func(Event)) (unsubscribe func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.topics[name]
	if t == nil {
		t = &topic{}
		b.topics[name] = t
	}
	n := t.next
	t.next++
	t.subs = append(t.subs, subscriber{n, fn})
	return func() { b.unsubscribe(name, t, n) }
}

func (b *Local) unsubscribe(name string, t *topic, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t.subs = slices.DeleteFunc(t.subs, func(s subscriber) bool { return s.n == n })
	if len(t.subs) == 0 && b.topics[name] == t {
		delete(b.topics, name)
	}
}

// Settle implements Bus: what is subscribed to is heard at once.
func (b *Local) Settle(context.Context) {}

// Up implements Bus.
func (b *Local) Up() bool { return true }
