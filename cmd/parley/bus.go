package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/digierapro/parley/chat/presence"
	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/obs"
	"github.com/digierapro/parley/internal/rate"
	"github.com/digierapro/parley/signaling"
	"github.com/digierapro/parley/store/postgres"
	"github.com/digierapro/parley/store/redis"
)

// openBus makes the bus: inside this process, or with redis.url over all nodes.
func openBus(ctx context.Context, cfg *configs.Config, chat *postgres.ChatStore, log *slog.Logger) (bus.Bus, *redis.Bus, error) {
	if cfg.Redis.URL == "" {
		return bus.NewLocal(), nil, nil
	}
	installation, err := chat.GeneralChannelID(ctx) // the same on all nodes, and nobody else's
	if err != nil {
		return nil, nil, err
	}
	b, err := redis.New(redis.Config{URL: cfg.Redis.URL, RootFile: cfg.Redis.RootFile, Name: installation, Logger: log})
	if err != nil {
		return nil, nil, fmt.Errorf("redis.url: %w", err)
	}
	return b, b, nil
}

// runBus connects this node with the others, if there can be any, until stop is called.
func runBus(ctx context.Context, b *redis.Bus) (stop func() error) {
	if b == nil {
		return func() error { return nil }
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	return func() error {
		cancel()
		return <-done
	}
}

// remotePresence is how this node and others know of each other's devices; nil for one node.
func remotePresence(b *redis.Bus) presence.Remote {
	if b == nil {
		return nil
	}
	return b.Presence()
}

// sharedLimits are what all nodes count together; nil for one node.
func sharedLimits(b *redis.Bus) rate.Shared {
	if b == nil {
		return nil
	}
	return b.Limits()
}

// busHealth: without the other nodes everything goes on, a little later.
func busHealth(b bus.Bus) signaling.Check {
	return signaling.Check{Name: "bus", Ask: func(context.Context) error {
		if !b.Up() {
			return errors.New("other nodes are not heard")
		}
		return nil
	}}
}

func redisSeries() []obs.Series[redis.Stats] {
	series := []obs.Series[redis.Stats]{
		obs.Gauge("parley_bus_up", "1 while this node and the others hear each other by Redis.", func(s redis.Stats) float64 {
			if s.Up {
				return 1
			}
			return 0
		}),
		obs.Gauge("parley_bus_topics", "Topics that are heard from other nodes, since somebody hears them here.", func(s redis.Stats) float64 { return float64(s.Topics) }),
		obs.Gauge("parley_bus_waiting", "Events that wait to be published to other nodes.", func(s redis.Stats) float64 { return float64(s.Waiting) }),
		obs.Counter("parley_bus_published_total", "Events published to other nodes.", func(s redis.Stats) uint64 { return s.Published }),
		obs.Counter("parley_bus_received_total", "Events of other nodes that were told here.", func(s redis.Stats) uint64 { return s.Received }),
		obs.Counter("parley_bus_own_total", "Events of this node that came back to it, and were not told twice.", func(s redis.Stats) uint64 { return s.Own }),
		obs.Counter("parley_bus_reconnects_total", "Connections to Redis that were lost and made again.", func(s redis.Stats) uint64 { return s.Reconnects }),
	}
	for _, why := range redis.Reasons() {
		series = append(series, obs.Counter("parley_bus_dropped_total", "Events that were not published to other nodes or not taken from them, by reason.",
			func(s redis.Stats) uint64 { return s.Dropped[why] }, "reason", why.String()))
	}
	return series
}
