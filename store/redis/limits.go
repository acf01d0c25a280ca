package redis

import (
	"context"
	"math"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/digierapro/parley/internal/rate"
)

// Limits are token buckets that all nodes share, in the clock of Redis.
type Limits struct {
	bus  *Bus
	away atomic.Int64 // until when Redis is not asked, in Unix nanoseconds, since it did not answer
}

var _ rate.Shared = (*Limits)(nil)

// Limits shares over the same Redis.
func (b *Bus) Limits() *Limits { return &Limits{bus: b} }

// awayTime is how long a Redis is not asked that did not answer: nobody waits for it twice in a second.
const awayTime = time.Second

// takeToken is rate.Buckets.Take in Redis: a key holds when its bucket is full again, in microseconds, and goes by then.
var takeToken = redis.NewScript(`
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local token, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local refilled = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0')) + token
local over = refilled - now - burst * token
if over > 0 then
	return over
end
redis.call('SET', KEYS[1], string.format('%.0f', refilled), 'PX', math.ceil((refilled - now) / 1000))
return 0`)

// Take implements rate.Shared.
func (l *Limits) Take(ctx context.Context, key string, limit rate.Limit) (wait time.Duration, err error) {
	now := time.Now()
	if !l.bus.Up() || now.UnixNano() < l.away.Load() {
		return 0, errAway
	}
	over, err := runTake(ctx, l.bus.client, l.bus.prefix+"limit:"+key, limit)
	if err != nil {
		l.away.Store(now.Add(awayTime).UnixNano())
	}
	return over, err
}

func runTake(ctx context.Context, client *redis.Client, key string, limit rate.Limit) (time.Duration, error) {
	token := math.Ceil(1e6 / limit.PerSecond)
	over, err := takeToken.Run(ctx, client, []string{key}, int64(token), limit.Burst).Int64()
	return time.Duration(over) * time.Microsecond, err
}
