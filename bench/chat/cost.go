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

// contender is a server under the load of a comparison.
type contender struct {
	name    string
	server  *process
	db      *database // ours only
	crowd   *crowd
	channel func(c comparison) func(person int) string
}

// cost compares with the peer, and with the floor: the same 500 clients, the same messages, one after the other in each round.
func (b *bench) cost(ctx context.Context) error {
	return b.withCrowd(ctx, "cost", largeSize, func(p *parley, ours *crowd) error {
		all := []*contender{{name: "ours", server: p.process, db: p.db, crowd: ours, channel: p.channel}}
		for name, startOther := range map[string]func(context.Context) (*process, error){"the peer": startPeer, "the floor": startFloor} {
			server, err := startOther(ctx)
			if err != nil {
				return err
			}
			defer server.kill()
			theirs := newCrowd(server.addr, largeSize)
			defer theirs.close()
			if err := theirs.connect(ctx, peerAuth); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			all = append(all, &contender{name: name, server: server, crowd: theirs, channel: peerChannel})
		}
		for _, c := range comparisons {
			if err := b.compare(ctx, c, all); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
		return nil
	})
}

func (b *bench) compare(ctx context.Context, c comparison, all []*contender) error {
	prices := make(map[string]price)
	for range b.rounds {
		for _, who := range all {
			is, err := b.priceOf(ctx, c, who)
			if err != nil {
				return fmt.Errorf("%s: %w", who.name, err)
			}
			if best, ok := prices[who.name]; !ok || is.whole() < best.whole() {
				prices[who.name] = is
			}
		}
	}
	b.table.compare(c.name, prices["ours"], prices["the peer"], prices["the floor"])
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

func (b *bench) priceOf(ctx context.Context, c comparison, who *contender) (price, error) {
	server, db, order := who.server, who.db, everyone(who.crowd, who.channel(c))
	warm := newLoad(int(c.rate))
	if err := warm.run(ctx, who.crowd, c.rate, c.audience, order); err != nil {
		return price{}, err
	}
	l := newLoad(int(c.rate * b.window.Seconds()))
	before, err := usage(server, db)
	if err != nil {
		return price{}, err
	}
	if err := l.run(ctx, who.crowd, c.rate, c.audience, order); err != nil {
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
