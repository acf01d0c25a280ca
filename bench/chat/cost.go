package main

import (
	"context"
	"fmt"
	"time"
)

// comparison is a load under which we and the peer are compared.
type comparison struct {
	name     string
	rate     float64 // messages a second
	audience int     // who hear each
}

var comparisons = []comparison{
	{"groups of 20, 100 sends/s", 100, groupSize},
	{"groups of 20, 250 sends/s", 250, groupSize},
	{"one channel of 500, 10 sends/s", 10, largeSize},
	{"one channel of 500, 20 sends/s", 20, largeSize},
}

// price is the CPU time of one delivery.
type price struct{ server, database time.Duration }

func (p price) whole() time.Duration { return p.server + p.database }

// cost compares with the peer: the same 500 clients, the same messages, one after the other in each round.
func (b *bench) cost(ctx context.Context) error {
	peer, err := startPeer(ctx)
	if err != nil {
		return err
	}
	defer peer.kill()
	theirs := newCrowd(peer.addr, largeSize)
	defer theirs.close()
	if err := theirs.connect(ctx, peerAuth); err != nil {
		return err
	}
	return b.withCrowd(ctx, "cost", largeSize, func(p *parley, ours *crowd) error {
		for _, c := range comparisons {
			if err := b.compare(ctx, c, p, ours, peer, theirs); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
		return nil
	})
}

func (b *bench) compare(ctx context.Context, c comparison, p *parley, ours *crowd, peer *process, theirs *crowd) error {
	var best, other price
	for round := range b.rounds {
		mine, err := b.priceOf(ctx, c, p.process, p.db, ours, p.channel(c))
		if err != nil {
			return fmt.Errorf("ours: %w", err)
		}
		their, err := b.priceOf(ctx, c, peer, nil, theirs, peerChannel(c))
		if err != nil {
			return fmt.Errorf("the peer: %w", err)
		}
		if round == 0 || mine.whole() < best.whole() {
			best = mine
		}
		if round == 0 || their.server < other.server {
			other = their
		}
	}
	b.table.compare(c.name, best, other)
	return nil
}

// channel says where the n-th message of a comparison goes.
func (p *parley) channel(c comparison) func(person int) string {
	if c.audience == largeSize {
		return func(int) string { return p.large }
	}
	return func(person int) string { return p.groups[person/groupSize] }
}

func peerChannel(c comparison) func(person int) string {
	if c.audience == largeSize {
		return func(int) string { return peerLarge }
	}
	return func(person int) string { return peerGroup(person / groupSize) }
}

// everyone has one person after the other send, each in another group than the one before.
func everyone(c *crowd, channel func(person int) string) plan {
	groups := (len(c.clients) + groupSize - 1) / groupSize
	return func(n int) (*client, string) {
		person := (n%groups*groupSize + n/groups%groupSize) % len(c.clients)
		return c.clients[person], channel(person)
	}
}

func (b *bench) priceOf(ctx context.Context, c comparison, server *process, db *database, who *crowd, channel func(int) string) (price, error) {
	warm := newLoad(int(c.rate))
	if err := warm.run(ctx, who, c.rate, c.audience, everyone(who, channel)); err != nil {
		return price{}, err
	}
	l := newLoad(int(c.rate * b.window.Seconds()))
	before, err := usage(server, db)
	if err != nil {
		return price{}, err
	}
	if err := l.run(ctx, who, c.rate, c.audience, everyone(who, channel)); err != nil {
		return price{}, err
	}
	after, err := usage(server, db)
	if err != nil {
		return price{}, err
	}
	deliveries := time.Duration(l.count.Load())
	return price{(after.server - before.server) / deliveries, (after.database - before.database) / deliveries}, nil
}

// usage is the CPU time that the processes have used so far.
func usage(server *process, db *database) (total price, err error) {
	if total.server, err = server.cpu(); err != nil || db == nil {
		return total, err
	}
	total.database, err = db.cpu()
	return total, err
}
