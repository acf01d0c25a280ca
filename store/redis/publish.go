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
	idle := time.NewTicker(keepAlive)
	defer idle.Stop()
	for b.connectPublisher(ctx) {
		for err := error(nil); err == nil; {
			select {
			case <-b.out.filled:
				err = b.send(ctx, b.out.take())
			case <-idle.C:
				err = b.send(ctx, nil)
			case <-ctx.Done():
				b.sayLastWords(context.WithoutCancel(ctx))
				return
			}
		}
	}
}

// connectPublisher tries until Redis takes something to publish. The first thing tells the other nodes of what they were
// not told.
func (b *Bus) connectPublisher(ctx context.Context) bool {
	was := b.publishing.Swap(false)
	if was {
		b.tellLosses()
	}
	for failures := 0; ; failures++ {
		if failures > 0 && !backoff(ctx, failures) || ctx.Err() != nil {
			return false
		}
		err := b.send(ctx, nil)
		if err == nil {
			if was || failures > 0 {
				b.log.Info("what happens here is told to other nodes again")
			}
			if was {
				b.count.reconnects.Add(1)
			}
			b.publishing.Store(true)
			b.out.mark() // also what was added while nobody took it
			return true
		}
		if failures == 0 {
			b.log.Warn("Redis is not reached: other nodes are not told what happens here, and find it in the database", "error", err)
		}
	}
}

// send publishes a batch with one write, or with an empty one sees whether that would work.
func (b *Bus) send(ctx context.Context, batch []waiting) error {
	pipe := b.client.Pipeline()
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
func (b *Bus) sayLastWords(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastWords)
	defer cancel()
	for ctx.Err() == nil {
		batch := b.out.take()
		if len(batch) == 0 || b.send(ctx, batch) != nil {
			return
		}
	}
}
