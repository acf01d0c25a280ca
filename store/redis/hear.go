package redis

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	silence = 2 * time.Second // after which Redis is asked for a sign of life, and after as much again is lost
	atOnce  = 512             // topics in one command
)

// keepHearing hears the topics of this node until ctx ends. Whenever the connection is lost, and when it is there again,
// those are told who have to ask the database for what they may have missed.
func (b *Bus) keepHearing(ctx context.Context) {
	for failures := 0; ; failures++ {
		if failures > 0 && !backoff(ctx, failures) || ctx.Err() != nil {
			return
		}
		err := b.hear(ctx)
		if was := b.hearing.Swap(false); was {
			failures = 0
			b.in.wake()
			b.tellLosses()
		}
		if failures == 0 && ctx.Err() == nil {
			b.log.Warn("Redis is not reached: what happens on other nodes is found in the database", "error", err)
		}
	}
}

// hear is the life of one connection.
func (b *Bus) hear(ctx context.Context) error {
	conn := b.client.Subscribe(ctx)
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() {
		<-ctx.Done()
		_ = conn.Close() // whoever reads from it or writes to it ends
	})
	topics, first := b.in.begin()
	if err := b.say(ctx, conn, topics, nil, first); err != nil {
		return err
	}
	running.Go(func() {
		if b.sayChanges(ctx, conn) != nil {
			cancel()
		}
	})
	asked := true // the first answer says that all topics are heard
	for {
		m, err := conn.ReceiveTimeout(ctx, silence)
		var network net.Error
		switch {
		case errors.As(err, &network) && network.Timeout() && !asked && ctx.Err() == nil:
			if asked = true; conn.Ping(ctx, "alive") != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		asked = false
		switch m := m.(type) {
		case *redis.Message:
			b.receive(m.Channel, m.Payload)
		case *redis.Pong:
			b.followed(m.Payload)
		}
	}
}

// followed takes Redis's word that it has followed the list of topics up to a number.
func (b *Bus) followed(payload string) {
	number, err := strconv.ParseUint(payload, 10, 64)
	if err != nil {
		return
	}
	b.in.follow(number)
	if b.hearing.Swap(true) {
		return
	}
	if b.heard.Swap(true) {
		b.count.reconnects.Add(1)
		b.log.Info("what happens on other nodes is heard again")
	}
	b.tellLosses()
}

// sayChanges tells Redis of the changes of the list as they come.
func (b *Bus) sayChanges(ctx context.Context, conn *redis.PubSub) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-b.in.poke:
		}
		on, off, number := b.in.take()
		if err := b.say(ctx, conn, on, off, number); err != nil {
			return err
		}
	}
}

// say subscribes and unsubscribes, and asks for an answer when Redis has done so: it does everything in order.
func (b *Bus) say(ctx context.Context, conn *redis.PubSub, on, off []string, number uint64) error {
	for _, list := range []struct {
		topics []string
		tell   func(context.Context, ...string) error
	}{{on, conn.Subscribe}, {off, conn.Unsubscribe}} {
		for chunk := range slices.Chunk(list.topics, atOnce) {
			channels := make([]string, len(chunk))
			for i, topic := range chunk {
				channels[i] = b.prefix + topic
			}
			if err := list.tell(ctx, channels...); err != nil {
				return err
			}
		}
	}
	return conn.Ping(ctx, text(number))
}

func text(number uint64) string { return strconv.FormatUint(number, 10) }
