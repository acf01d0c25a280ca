package redis

import (
	"context"
	crand "crypto/rand"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/digierapro/parley/internal/bus"
)

// Bus is a bus.Bus over all nodes. Those who hear a topic on this node are told at once, whatever Redis does. For the
// others an event goes into a queue, which one connection empties in order; another connection hears the topics that
// somebody hears here. What either may have lost is told on bus.Losses, here or everywhere.
type Bus struct {
	cfg    Config
	client *redis.Client // for hearing and for presence
	local  *bus.Local
	log    *slog.Logger
	prefix string
	node   nodeID
	out    *queue
	in     *subscriptions
	count  counters

	publishing, hearing atomic.Bool // whether the two connections stand
	published, heard    atomic.Bool // whether they ever have
	lost                atomic.Bool // other nodes were not told something, and not yet that they were not
}

var _ bus.Bus = (*Bus)(nil)

// New returns a Bus. Run connects it.
func New(cfg Config) (*Bus, error) {
	if cfg.Name == "" || cfg.Logger == nil {
		return nil, errors.New("redis: Name and Logger are both needed")
	}
	client, err := cfg.open()
	if err != nil {
		return nil, err
	}
	b := &Bus{
		cfg: cfg, client: client, local: bus.NewLocal(), log: cfg.Logger, prefix: prefix(client.Options().DB, cfg.Name),
		out: newQueue(), in: newSubscriptions(),
	}
	_, _ = crand.Read(b.node[:]) // it never fails
	return b, nil
}

// Run connects and reconnects until ctx ends; then it publishes what waits, as far as that goes quickly.
func (b *Bus) Run(ctx context.Context) error {
	var running sync.WaitGroup
	running.Go(func() { b.keepPublishing(ctx) })
	running.Go(func() { b.keepHearing(ctx) })
	running.Wait()
	return b.client.Close()
}

// Publish implements bus.Bus.
func (b *Bus) Publish(ctx context.Context, topic string, e bus.Event) error {
	err := b.local.Publish(ctx, topic, e)
	if e.Here || !bus.Shared(topic) {
		return err
	}
	if !b.out.add(waiting{topic: topic, message: encode(nil, b.node, e), class: e.Class, since: time.Now()}) {
		b.drop(QueueFull, e.Class)
	}
	return err
}

// Subscribe implements bus.Bus.
func (b *Bus) Subscribe(topic string, fn func(bus.Event)) (unsubscribe func()) {
	stop := b.local.Subscribe(topic, fn)
	if !bus.Shared(topic) {
		return stop
	}
	b.in.add(topic)
	return sync.OnceFunc(func() {
		stop()
		b.in.remove(topic)
	})
}

// Settle implements bus.Bus.
func (b *Bus) Settle(ctx context.Context) {
	for number := b.in.number(); ; {
		done, moved := b.in.followedTo(number)
		if done || !b.hearing.Load() {
			return
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return
		}
	}
}

// Up implements bus.Bus.
func (b *Bus) Up() bool { return b.publishing.Load() && b.hearing.Load() }

// drop counts an event that other nodes are not told. Nobody misses an ephemeral one.
func (b *Bus) drop(why Reason, class bus.Class) {
	b.count.dropped[why].Add(1)
	if class != bus.Ephemeral {
		b.lost.Store(true)
	}
}

// tellLosses says on this node that something may have been lost, or is from now on.
func (b *Bus) tellLosses() {
	_ = b.local.Publish(context.Background(), bus.Losses(), bus.Event{Name: bus.EventLost, Here: true}) // it never fails
}

// receive tells those on this node what came from another one.
func (b *Bus) receive(channel, message string) {
	topic, ours := strings.CutPrefix(channel, b.prefix)
	node, e, err := decode(message)
	switch {
	case errors.Is(err, errVersion):
		b.count.dropped[OtherVersion].Add(1)
	case err != nil || !ours:
		b.count.dropped[Malformed].Add(1)
	case node == b.node:
		b.count.own.Add(1)
	default:
		b.count.received.Add(1)
		_ = b.local.Publish(context.Background(), topic, e) // it never fails
	}
}

// Backoff between two attempts to connect.
const (
	minBackoff = 50 * time.Millisecond
	maxBackoff = time.Second
)

// backoff waits before an attempt that follows so many failures; false when ctx ends meanwhile.
func backoff(ctx context.Context, failures int) bool {
	most := min(maxBackoff, minBackoff<<min(failures, 10))
	timer := time.NewTimer(most/2 + rand.N(most/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
