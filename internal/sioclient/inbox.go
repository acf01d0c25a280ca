package sioclient

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
)

// Inbox keeps what was pushed, for whoever wants to wait for it.
type Inbox struct {
	mu     sync.Mutex
	pushes []Push
	wake   chan struct{}
}

// NewInbox returns an empty Inbox; its Put is an Options.OnPush.
func NewInbox() *Inbox { return &Inbox{wake: make(chan struct{})} }

// Put adds a push.
func (in *Inbox) Put(p Push) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.pushes = append(in.pushes, p)
	close(in.wake)
	in.wake = make(chan struct{})
}

// Wait returns the payload of the first push of the name that fits, decoded, and takes it out. It waits until there is
// one.
func Wait[T any](ctx context.Context, in *Inbox, name string, fits func(T) bool) (T, error) {
	for {
		v, ok, wake := take(in, name, fits)
		if ok {
			return v, nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			var zero T
			return zero, fmt.Errorf("wait for %q: %w", name, ctx.Err())
		}
	}
}

func take[T any](in *Inbox, name string, fits func(T) bool) (v T, ok bool, wake <-chan struct{}) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for i, p := range in.pushes {
		var got T
		if p.Name != name || json.Unmarshal(p.Data, &got) != nil || (fits != nil && !fits(got)) {
			continue
		}
		in.pushes = append(in.pushes[:i:i], in.pushes[i+1:]...)
		return got, true, nil
	}
	return v, false, in.wake
}

// Count gives the number of pushes of the name that have come and were not taken out.
func (in *Inbox) Count(name string) (n int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, p := range in.pushes {
		if p.Name == name {
			n++
		}
	}
	return n
}
