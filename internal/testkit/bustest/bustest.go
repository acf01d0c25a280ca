// Package bustest holds every bus.Bus against its promise.
package bustest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/bus"
)

// patience is how long something may take that is sure to come, on a busy machine.
const patience = 20 * time.Second

// Nodes opens the buses of a Parley that nothing is wrong with: one or several, which hear each other.
type Nodes func(t *testing.T) []bus.Bus

// Run runs the whole suite.
func Run(t *testing.T, open Nodes) {
	for name, test := range map[string]func(*testing.T, []bus.Bus){
		"subscribers get whole events in order":      inOrder,
		"a topic's events are nobody else's":         otherTopics,
		"unsubscribing ends delivery":                unsubscribing,
		"calls for a topic do not overlap":           noOverlap,
		"subscribers here have it before it returns": hereAtOnce,
		"nobody is told twice":                       once,
		"an event may be for this node alone":        hereAlone,
		"some topics are for a node alone":           nodeTopics,
		"what settled is heard":                      settled,
		"large events come through":                  large,
		"it is up, and has lost nothing":             healthy,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// listener gathers the events of a topic on a node.
type listener struct {
	t      *testing.T
	events chan bus.Event
	stop   func()
}

func listen(t *testing.T, b bus.Bus, topic string) *listener {
	t.Helper()
	l := &listener{t: t, events: make(chan bus.Event, 10_000)}
	l.stop = b.Subscribe(topic, func(e bus.Event) { l.events <- e })
	t.Cleanup(l.stop)
	settle(t, b)
	return l
}

func settle(t *testing.T, b bus.Bus) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if b.Settle(ctx); ctx.Err() != nil {
		t.Fatal("it does not settle")
	}
}

func (l *listener) next() bus.Event {
	l.t.Helper()
	select {
	case e := <-l.events:
		return e
	case <-time.After(patience):
		l.t.Fatal("an event does not come")
		return bus.Event{}
	}
}

func (l *listener) wants(name string) {
	l.t.Helper()
	if e := l.next(); e.Name != name {
		l.t.Fatalf("got %q instead of %q", e.Name, name)
	}
}

func publish(t *testing.T, b bus.Bus, topic string, e bus.Event) {
	t.Helper()
	if err := b.Publish(t.Context(), topic, e); err != nil {
		t.Fatal(err)
	}
}

// last is the node furthest from the first, or the first itself.
func last(nodes []bus.Bus) bus.Bus { return nodes[len(nodes)-1] }

func inOrder(t *testing.T, nodes []bus.Bus) {
	topic := bus.Channel("a")
	a, b := listen(t, last(nodes), topic), listen(t, last(nodes), topic)
	const events = 500
	for i := range events {
		publish(t, nodes[0], topic, bus.Event{
			Name: fmt.Sprint(i), Data: json.RawMessage(fmt.Sprintf(`{"n":%d,"text":"é\u0000"}`, i)), Class: bus.Class(i % 3), Key: fmt.Sprint("key", i%7),
		})
	}
	for _, l := range []*listener{a, b} {
		for i := range events {
			e := l.next()
			if e.Name != fmt.Sprint(i) || string(e.Data) != fmt.Sprintf(`{"n":%d,"text":"é\u0000"}`, i) || e.Class != bus.Class(i%3) || e.Key != fmt.Sprint("key", i%7) || e.Here {
				t.Fatalf("event %d came as %+v", i, e)
			}
		}
	}
}

func otherTopics(t *testing.T, nodes []bus.Bus) {
	mine, other := listen(t, last(nodes), bus.User("a")), listen(t, last(nodes), bus.User("a:b"))
	publish(t, nodes[0], bus.User("b"), bus.Event{Name: "for nobody"})
	publish(t, nodes[0], bus.Channel("a"), bus.Event{Name: "for nobody"})
	publish(t, nodes[0], bus.User("a:b"), bus.Event{Name: "for the other"})
	publish(t, nodes[0], bus.User("a"), bus.Event{Name: "for me"})
	mine.wants("for me")
	other.wants("for the other")
}

func unsubscribing(t *testing.T, nodes []bus.Bus) {
	ended, other := listen(t, last(nodes), bus.User("a")), listen(t, last(nodes), bus.User("a"))
	publish(t, nodes[0], bus.User("a"), bus.Event{Name: "first"})
	ended.wants("first")
	other.wants("first")
	ended.stop()
	ended.stop()
	publish(t, nodes[0], bus.User("a"), bus.Event{Name: "second"})
	other.wants("second")
	other.stop()
	again := listen(t, last(nodes), bus.User("a"))
	publish(t, nodes[0], bus.User("a"), bus.Event{Name: "third"})
	again.wants("third")
	if len(ended.events)+len(other.events) > 0 {
		t.Error("who has unsubscribed is told")
	}
}

func noOverlap(t *testing.T, nodes []bus.Bus) {
	const each, publishers = 250, 8
	var running atomic.Int32
	var total atomic.Int32
	done := make(chan struct{})
	t.Cleanup(last(nodes).Subscribe(bus.Channel("a"), func(bus.Event) {
		if running.Add(1) > 1 {
			t.Error("two calls at once")
		}
		if total.Add(1) == each*publishers {
			close(done)
		}
		running.Add(-1)
	}))
	settle(t, last(nodes))
	var wg sync.WaitGroup
	for i := range publishers {
		wg.Go(func() {
			for range each {
				_ = nodes[i%len(nodes)].Publish(context.Background(), bus.Channel("a"), bus.Event{Name: "x"})
			}
		})
	}
	wg.Wait()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("%d of %d came", total.Load(), each*publishers)
	}
}

func hereAtOnce(t *testing.T, nodes []bus.Bus) {
	l := listen(t, nodes[0], bus.Channel("a"))
	publish(t, nodes[0], bus.Channel("a"), bus.Event{Name: "now"})
	if len(l.events) != 1 {
		t.Fatalf("%d events have come", len(l.events))
	}
}

// once: what comes back from the other nodes' side is recognised.
func once(t *testing.T, nodes []bus.Bus) {
	here, there := listen(t, nodes[0], bus.Channel("a")), listen(t, last(nodes), bus.Channel("a"))
	for i := range 50 {
		publish(t, nodes[0], bus.Channel("a"), bus.Event{Name: fmt.Sprint(i)})
	}
	publish(t, last(nodes), bus.Channel("a"), bus.Event{Name: "answer"})
	for _, l := range []*listener{here, there} {
		seen := map[string]int{}
		for range 51 {
			seen[l.next().Name]++
		}
		if len(seen) != 51 || len(l.events) > 0 {
			t.Errorf("%d different events came", len(seen))
		}
	}
}

func hereAlone(t *testing.T, nodes []bus.Bus) {
	here, there := listen(t, nodes[0], bus.Channel("a")), listen(t, last(nodes), bus.Channel("a"))
	publish(t, nodes[0], bus.Channel("a"), bus.Event{Name: "mine", Here: true})
	publish(t, nodes[0], bus.Channel("a"), bus.Event{Name: "for all"})
	here.wants("mine")
	here.wants("for all")
	if len(nodes) > 1 {
		there.wants("for all")
	}
}

func nodeTopics(t *testing.T, nodes []bus.Bus) {
	for _, topic := range []string{bus.Call("a"), bus.Seat("a"), bus.Presence("a")} {
		here, there := listen(t, nodes[0], topic), listen(t, last(nodes), topic)
		publish(t, nodes[0], topic, bus.Event{Name: "mine"})
		publish(t, last(nodes), topic, bus.Event{Name: "theirs"})
		here.wants("mine")
		if len(nodes) > 1 {
			there.wants("theirs")
		}
	}
}

func settled(t *testing.T, nodes []bus.Bus) {
	for i := range 200 {
		topic := bus.User(fmt.Sprint(i))
		l := listen(t, last(nodes), topic)
		publish(t, nodes[0], topic, bus.Event{Name: "at once"})
		l.wants("at once")
		if i%2 == 0 {
			l.stop()
		}
	}
}

func large(t *testing.T, nodes []bus.Bus) {
	l := listen(t, last(nodes), bus.Channel("a"))
	data := json.RawMessage(`"` + string(bytes.Repeat([]byte("x"), 300<<10)) + `"`)
	publish(t, nodes[0], bus.Channel("a"), bus.Event{Name: "large", Data: data})
	if e := l.next(); !bytes.Equal(e.Data, data) {
		t.Errorf("%d bytes came", len(e.Data))
	}
}

func healthy(t *testing.T, nodes []bus.Bus) {
	lost := listen(t, last(nodes), bus.Losses())
	for _, b := range nodes {
		if !b.Up() {
			t.Error("it is not up")
		}
	}
	publish(t, nodes[0], bus.Losses(), bus.Event{Name: bus.EventLost})
	lost.wants(bus.EventLost)
	if len(lost.events) > 0 {
		t.Error("something was lost")
	}
}
