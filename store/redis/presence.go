package redis

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/digierapro/parley/chat/presence"
)

// Presence is what the nodes know of users' devices: a hash for each user, with a field for each node that had some of
// them lately. All of it is said again and again, and what is not expires.
type Presence struct {
	bus  *Bus
	node string
}

var _ presence.Remote = (*Presence)(nil)

// Presence shares over the same Redis.
func (b *Bus) Presence() *Presence { return &Presence{bus: b, node: hex.EncodeToString(b.node[:])} }

// keysAtOnce is how many keys one write or read is about.
const keysAtOnce = 500

// errAway spares those who ask the wait for a Redis that is known to be away.
var errAway = errors.New("redis: not reached now")

// Node implements presence.Remote.
func (p *Presence) Node() string { return p.node }

func (p *Presence) key(userID string) string { return p.bus.prefix + "presence:" + userID }

// Share implements presence.Remote.
func (p *Presence) Share(ctx context.Context, here map[string]presence.Here) error {
	users := make([]string, 0, len(here))
	for userID := range here {
		users = append(users, userID)
	}
	return p.each(ctx, users, func(pipe redis.Pipeliner, userID string) error {
		value, err := json.Marshal(here[userID])
		pipe.HSet(ctx, p.key(userID), p.node, value)
		pipe.PExpire(ctx, p.key(userID), presence.RemoteTime)
		return err
	}, nil)
}

// Others implements presence.Remote.
func (p *Presence) Others(ctx context.Context, userIDs []string) (map[string]map[string]presence.Here, error) {
	others := make(map[string]map[string]presence.Here)
	reads := make(map[string]*redis.MapStringStringCmd, len(userIDs))
	err := p.each(ctx, userIDs, func(pipe redis.Pipeliner, userID string) error {
		reads[userID] = pipe.HGetAll(ctx, p.key(userID))
		return nil
	}, func(userID string) {
		if found := p.read(reads[userID].Val()); len(found) > 0 {
			others[userID] = found
		}
	})
	return others, err
}

// read takes what other nodes that live have written. What cannot be read is from a newer one, and not believed.
func (p *Presence) read(fields map[string]string) map[string]presence.Here {
	found := make(map[string]presence.Here, len(fields))
	for node, value := range fields {
		var h presence.Here
		if node != p.node && json.Unmarshal([]byte(value), &h) == nil && time.Since(h.At) < presence.RemoteTime {
			found[node] = h
		}
	}
	return found
}

// each runs one command or two for each user, many at once.
func (p *Presence) each(ctx context.Context, users []string, command func(redis.Pipeliner, string) error, done func(string)) error {
	for chunk := range slices.Chunk(users, keysAtOnce) {
		if !p.bus.publishing.Load() {
			return errAway
		}
		_, err := p.bus.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for _, userID := range chunk {
				if err := command(pipe, userID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if done != nil {
			for _, userID := range chunk {
				done(userID)
			}
		}
	}
	return nil
}
