package redis

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/digierapro/parley/internal/rate"
)

// minMajor is the oldest version that we know to do.
const minMajor = 6

// Inspection is what a Redis says of itself to somebody who leaves nothing in it.
type Inspection struct {
	Version string // "" when it does not tell
	TooOld  bool   // for this program
	Cluster bool   // parts its keys among several servers
	Replica bool   // of another Redis, and so does not tell all what is published there
	Latency time.Duration
	Heard   time.Duration // from publishing something to hearing it on another connection
}

// What Redis refuses.
var (
	ErrPassword = errors.New("it does not take the user and password")
	ErrRights   = errors.New("the user may not do what is needed")
	ErrNotHeard = errors.New("what is published there is not heard")
)

// Inspect looks at a Redis over connections of its own.
func Inspect(ctx context.Context, cfg Config) (i Inspection, err error) {
	client, err := cfg.open()
	if err != nil {
		return i, err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	if err := client.Ping(ctx).Err(); err != nil { // the first one connects
		return i, refusal(err)
	}
	asked := time.Now()
	if err := client.Ping(ctx).Err(); err != nil {
		return i, refusal(err)
	}
	i.Latency = time.Since(asked)
	i.readInfo(client.Info(ctx).Val()) // who may not ask for it is told nothing
	if i.Heard, err = tryPublishing(ctx, client); err != nil {
		return i, err
	}
	return i, tryKeys(ctx, client)
}

func (i *Inspection) readInfo(info string) {
	for line := range strings.Lines(info) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch key {
		case "redis_version":
			i.Version = value
			major, _, _ := strings.Cut(value, ".")
			n, err := strconv.Atoi(major)
			i.TooOld = err == nil && n < minMajor
		case "redis_mode":
			i.Cluster = value == "cluster"
		case "role":
			i.Replica = value == "slave"
		}
	}
}

// tryPublishing publishes something on one connection and hears it on another.
func tryPublishing(ctx context.Context, client *redis.Client) (time.Duration, error) {
	channel := prefix(client.Options().DB, "doctor") + crand.Text()
	conn := client.Subscribe(ctx, channel)
	defer func() { _ = conn.Close() }()
	if _, err := conn.ReceiveTimeout(ctx, answerTime); err != nil { // that it is subscribed
		return 0, refusal(err)
	}
	published := time.Now()
	if err := client.Publish(ctx, channel, "heard?").Err(); err != nil {
		return 0, refusal(err)
	}
	m, err := conn.ReceiveTimeout(ctx, answerTime)
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return 0, ErrNotHeard
	} else if err != nil {
		return 0, refusal(err)
	}
	if heard, ok := m.(*redis.Message); !ok || heard.Payload != "heard?" {
		return 0, ErrNotHeard
	}
	return time.Since(published), nil
}

// refusal names what an answer of Redis means.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	said := err.Error()
	for beginning, is := range map[string]error{"NOAUTH": ErrPassword, "WRONGPASS": ErrPassword, "ERR AUTH": ErrPassword, "NOPERM": ErrRights} {
		if strings.HasPrefix(said, beginning) {
			return fmt.Errorf("%w: %w", is, err)
		}
	}
	return err
}

// tryKeys writes a key, takes it away again, and leaves one that goes by itself within a second.
func tryKeys(ctx context.Context, client *redis.Client) error {
	key := prefix(client.Options().DB, "doctor") + crand.Text()
	_, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.HSet(ctx, key, "a", "b")
		p.PExpire(ctx, key, answerTime)
		p.HGetAll(ctx, key)
		p.Del(ctx, key)
		return nil
	})
	if err == nil {
		_, err = runTake(ctx, client, key, rate.Limit{PerSecond: 1, Burst: 1})
	}
	return refusal(err)
}
