package doctor

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/store/redis"
)

// slowRedis is a way to Redis that people who write to each other feel.
const slowRedis = 20 * time.Millisecond

// redisRights are those of a user of Redis's that Parley needs, in the words of its configuration.
const redisRights = "~parley:* &parley:* +@connection +@pubsub +@hash +@string +@keyspace +@scripting +time"

// checkRedis looks at the Redis by which several servers hear of each other, and sees that they would.
func checkRedis(cfg *configs.Config) Check {
	return Check{Name: "Redis", Run: func(ctx context.Context) Finding {
		i, err := redis.Inspect(ctx, redis.Config{URL: cfg.Redis.URL, RootFile: cfg.Redis.RootFile, Name: "doctor", Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return fail("%s", redisAdvice(err))
		}
		version := "a version that it does not tell"
		if i.Version != "" {
			version = "version " + i.Version
		}
		switch {
		case i.TooOld:
			return fail("Redis is %s, which is too old. Use Redis 6 or newer.", version)
		case i.Cluster:
			return fail("Redis is a cluster, which Parley has no use for: it keeps next to nothing there. Name a single Redis in redis.url.")
		case i.Replica:
			return fail("This Redis is a replica, and what is published there is not heard at the others. Name the one that it follows in redis.url.")
		case cfg.Database.URL == "":
			return warn("redis.url is set and database.url is not: a server with a database of its own has no others to hear. Set database.url to the one that all servers share, or leave redis.url out.")
		case i.Heard > slowRedis:
			return warn("It takes %s until what is published in Redis is heard. Move it nearer to the servers.", milliseconds(i.Heard))
		}
		return fine("%s, answers in %s; what is published is heard after %s", version, milliseconds(i.Latency), milliseconds(i.Heard))
	}}
}

func redisAdvice(err error) string {
	switch {
	case errors.Is(err, redis.ErrPassword):
		return "Redis does not take the user and password in redis.url, or wants some where there are none. Put the right ones there, as in redis://user:password@host:6379/0, with signs such as / and @ written as %2F and %40."
	case errors.Is(err, redis.ErrRights):
		return "The user in redis.url may not do what is needed. Give it these rights in Redis: " + redisRights + "."
	case errors.Is(err, redis.ErrNotHeard):
		return "What is published in Redis is not heard on another connection. Name a Redis itself in redis.url, and nothing before it that passes only some commands on."
	}
	return "Redis cannot be used: " + reason(err) + ". See that redis.url is right (rediss:// when it speaks TLS), that Redis runs, and that its firewall and its settings bind and protected-mode let this machine in."
}
