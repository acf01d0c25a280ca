package main

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

const (
	latencyRate = 500 // messages a second into groups
	largeRate   = 10  // messages a second into the large channel
)

// latency measures from send to delivery in groups, with many connected. When the load saturates the machine, fewer
// are: then the times say nothing about the server.
func (b *bench) latency(ctx context.Context) error {
	return b.withCrowd(ctx, "latency", b.sockets, func(p *parley, c *crowd) error {
		for rate := float64(latencyRate); ; rate /= 2 {
			l, busy, err := b.timed(ctx, p, c, rate, groupSize, func(person int) string { return p.groups[person/groupSize] }, everyone)
			if err != nil {
				return err
			}
			what := fmt.Sprintf("%.0f sends/s into groups of 20, %d sockets (the machine was %.0f %% busy)", rate, b.sockets, busy*100)
			p95, p99 := l.latencies.quantile(.95), l.latencies.quantile(.99)
			b.table.time(what+": median", l.latencies.quantile(.5), 0)
			b.table.time(what+": p95", p95, 25*time.Millisecond)
			b.table.time(what+": p99", p99, 100*time.Millisecond)
			if busy < saturated || rate < latencyRate/2 {
				return nil
			}
		}
	})
}

// saturated is from when on the whole machine has no time left to speak of.
const saturated = .9

// large measures when the last of a large channel has a message.
func (b *bench) large(ctx context.Context) error {
	return b.withCrowd(ctx, "large", largeSize, func(p *parley, c *crowd) error {
		l, _, err := b.timed(ctx, p, c, largeRate, largeSize, func(int) string { return p.large }, everyone)
		if err != nil {
			return err
		}
		lasts := l.lasts()
		b.table.time("one channel of 500: the last has a message, median", lasts.quantile(.5), 0)
		b.table.time("one channel of 500: the last has a message, p95", lasts.quantile(.95), 50*time.Millisecond)
		return nil
	})
}

// timed sends at a rate for a window, after a moment of warming up, and tells how busy the machine was.
func (b *bench) timed(ctx context.Context, p *parley, c *crowd, rate float64, audience int, channel func(int) string,
	order func(*crowd, func(int) string) plan) (l *load, busy float64, err error) {
	warm := newLoad(int(2 * rate))
	if err := warm.run(ctx, c, rate, audience, order(c, channel)); err != nil {
		return nil, 0, err
	}
	runtime.GC() // of ours, lest it fall into the window
	before, err := machineTimes()
	if err != nil {
		return nil, 0, err
	}
	l = newLoad(int(rate * b.window.Seconds()))
	if err := l.run(ctx, c, rate, audience, order(c, channel)); err != nil {
		return nil, 0, err
	}
	after, err := machineTimes()
	if err != nil {
		return nil, 0, err
	}
	return l, after.busySince(before), nil
}
