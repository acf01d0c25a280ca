package bus

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
)

func TestSubscribersGetATopicsEventsInOrder(t *testing.T) {
	b := NewLocal()
	var a, c []string
	defer b.Subscribe("x", func(e Event) { a = append(a, e.Name) })()
	defer b.Subscribe("x", func(e Event) { c = append(c, e.Name) })()
	defer b.Subscribe("y", func(Event) { t.Error("another topic's subscriber was called") })()

	var want []string
	for i := range 100 {
		name := fmt.Sprint(i)
		want = append(want, name)
		if err := b.Publish(context.Background(), "x", Event{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(a, want) || !slices.Equal(c, want) {
		t.Fatalf("got %v and %v", a, c)
	}
}

func TestUnsubscribeEndsDeliveryAndFreesTheTopic(t *testing.T) {
	b := NewLocal()
	calls := 0
	stop := b.Subscribe("x", func(Event) { calls++ })
	_ = b.Publish(context.Background(), "x", Event{})
	stop()
	stop()
	_ = b.Publish(context.Background(), "x", Event{})
	if calls != 1 {
		t.Fatalf("called %d times", calls)
	}
	if len(b.topics) != 0 {
		t.Fatal("the topic is still held")
	}
}

func TestOneTopicsCallsDoNotOverlap(t *testing.T) {
	b := NewLocal()
	total, running := 0, false
	defer b.Subscribe("x", func(Event) {
		if running {
			t.Error("two calls at once")
		}
		running = true
		total++
		running = false
	})()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				_ = b.Publish(context.Background(), "x", Event{})
			}
		})
	}
	wg.Wait()
	if total != 4000 {
		t.Fatalf("got %d", total)
	}
}
