package redis

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/digierapro/parley/internal/bus"
)

const (
	keepAlive = 5 * time.Second // without anything to publish: nobody in between forgets the connection
	lastWords = time.Second     // for what waits when we stop
)

// keepPublishing empties the queue until ctx ends. What Redis is lost with may or may not have come through; it is not sent
// again, and once Redis is back the other nodes are told that something is missing.
func (b *Bus) keepPublishing(ctx context.Context) {
	for {
		client := b.connectPublisher(ctx)
		if client == nil {
			return
		}
		stopped := b.publishOver(ctx, client)
		_ = client.Close() // nothing is left in it
		if stopped {
			return
		}
		b.publishing.Store(false)
		b.tellLosses()
	}
}

// publishOver empties the queue over a client until that fails, or ctx ends.
func (b *Bus) publishOver(ctx context.Context, client *redis.Client) (stopped bool) {
	idle := time.NewTicker(keepAlive)
	defer idle.Stop()
	for err := error(nil); err == nil; {
		select {
		case <-b.out.filled:
			err = b.send(ctx, client, b.out.take())
		case <-idle.C:
			err = b.send(ctx, client, nil)
		case <-ctx.Done():
			b.sayLastWords(ctx, client)
			return true
		}
	}
	return false
}

// connectPublisher tries until Redis takes something to publish; nil when ctx ends. Each attempt has a client of its own,
// whose pool remembers no failure. The first thing tells the other nodes of what they were not told.
func (b *Bus) connectPublisher(ctx context.Context) *redis.Client {
	for failures := 0; ; failures++ {
		if failures > 0 && !backoff(ctx, failures) || ctx.Err() != nil {
			return nil
		}
		client, err := b.cfg.open()
		if err == nil {
			if err = b.send(ctx, client, nil); err == nil {
				b.connectedPublisher(failures > 0)
				return client
			}
			_ = client.Close() // it has no connection
		}
		if failures == 0 {
			b.log.Warn("Redis is not reached: other nodes are not told what happens here, and find it in the database", "error", err)
		}
	}
}

func (b *Bus) connectedPublisher(failed bool) {
	if b.published.Swap(true) {
		b.count.reconnects.Add(1)
		failed = true
	}
	if failed {
		b.log.Info("what happens here is told to other nodes again")
	}
	b.publishing.Store(true)
	b.out.mark() // also what was added while nobody took it
	if failed {
		b.tellLosses() // who has heard that others are heard again, before this, could not tell them anything
	}
}

// send publishes a batch with one write, or with an empty one sees whether that would work. What was begun is done, also
// when this node stops; it takes no longer than Redis may take to answer.
func (b *Bus) send(ctx context.Context, client *redis.Client, batch []waiting) error {
	ctx = context.WithoutCancel(ctx)
	pipe := client.Pipeline()
	lost := b.lost.Swap(false)
	switch {
	case lost:
		pipe.Publish(ctx, b.prefix+bus.Losses(), encode(nil, b.node, bus.Event{Name: bus.EventLost}))
	case len(batch) == 0:
		pipe.Publish(ctx, b.prefix+"nobody", "")
	}
	own := pipe.Len()
	sent := make([]waiting, 0, len(batch))
	for _, w := range batch {
		if w.class == bus.Ephemeral && time.Since(w.since) > ephemeralTime {
			b.drop(Outdated, w.class)
			continue
		}
		pipe.Publish(ctx, b.prefix+w.topic, w.message)
		sent = append(sent, w)
	}
	if pipe.Len() == 0 {
		return nil
	}
	commands, err := pipe.Exec(ctx)
	b.account(commands[min(own, len(commands)):], sent)
	if err != nil && lost {
		b.lost.Store(true)
	}
	return err
}

// account counts what came of a batch.
func (b *Bus) account(commands []redis.Cmder, sent []waiting) {
	for i, w := range sent {
		if i < len(commands) && commands[i].Err() == nil {
			b.count.published.Add(1)
		} else {
			b.drop(Connection, w.class)
		}
	}
}

// sayLastWords publishes what waits when this node stops.
func (b *Bus) sayLastWords(ctx context.Context, client *redis.Client) {
	for until := time.Now().Add(lastWords); time.Now().Before(until); {
		batch := b.out.take()
		if len(batch) == 0 || b.send(ctx, client, batch) != nil {
			return
		}
	}
}
