package redis

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const patience = 20 * time.Second

// names keeps the tests that share a Redis apart.
var names atomic.Int64

func newName() string { return fmt.Sprint("test", names.Add(1)) }

// start runs a node until the test ends, and does not wait for Redis.
func start(t *testing.T, url, name string) *Bus {
	t.Helper()
	return startWith(t, Config{URL: url, Name: name, Logger: testkit.Logger(t)})
}

func startWith(t *testing.T, cfg Config) *Bus {
	t.Helper()
	b, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return b
}

// open is start, and waits until the node hears the others.
func open(t *testing.T, url, name string) *Bus {
	t.Helper()
	b := start(t, url, name)
	becomes(t, b, true)
	return b
}

func openWith(t *testing.T, cfg Config) *Bus {
	t.Helper()
	b := startWith(t, cfg)
	becomes(t, b, true)
	return b
}

// openTwo opens two nodes of one installation.
func openTwo(t *testing.T) (server *testkit.RedisServer, a, b *Bus) {
	t.Helper()
	server, name := testkit.Redis(t), newName()
	return server, open(t, server.URL(), name), open(t, server.URL(), name)
}

// becomes waits until a node is up, or is not.
func becomes(t *testing.T, b *Bus, up bool) {
	t.Helper()
	changed := make(chan struct{}, 1)
	defer b.Subscribe(bus.Losses(), func(bus.Event) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})()
	for deadline := time.After(patience); b.Up() != up; {
		select {
		case <-changed:
		case <-time.After(5 * time.Millisecond): // the publisher says nothing when it is back
		case <-deadline:
			t.Fatalf("up is not %v within %v", up, patience)
		}
	}
}

// record gathers the names of a topic's events.
func record(t *testing.T, b *Bus, topic string) <-chan string {
	t.Helper()
	names := make(chan string, 10_000)
	t.Cleanup(b.Subscribe(topic, func(e bus.Event) { names <- e.Name }))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	b.Settle(ctx)
	return names
}

func wants(t *testing.T, names <-chan string, want string) {
	t.Helper()
	select {
	case got := <-names:
		if got != want {
			t.Fatalf("got %q instead of %q", got, want)
		}
	case <-time.After(patience):
		t.Fatalf("%q does not come", want)
	}
}

// wantsAtLast passes over what comes before.
func wantsAtLast(t *testing.T, names <-chan string, want string) {
	t.Helper()
	for deadline := time.After(patience); ; {
		select {
		case got := <-names:
			if got == want {
				return
			}
		case <-deadline:
			t.Fatalf("%q does not come", want)
		}
	}
}

func publish(t *testing.T, b *Bus, topic, name string) {
	t.Helper()
	if err := b.Publish(t.Context(), topic, bus.Event{Name: name}); err != nil {
		t.Fatal(err)
	}
}
