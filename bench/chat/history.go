package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	historyPeople  = 500
	historyReaders = 4 // at the same time
	historyPages   = 2000
	historyWithin  = 20 * time.Millisecond
)

// history measures a page of a channel, anywhere in it, among many messages.
func (b *bench) history(ctx context.Context) error {
	p, err := b.startParley(ctx, b.folder("history"), historyPeople)
	if err != nil {
		return err
	}
	defer func() { p.stop() }()
	began := time.Now()
	each := b.messages / len(p.groups)
	if err := p.db.fill(ctx, p.groups, each); err != nil {
		return err
	}
	b.table.time(fmt.Sprintf("%d messages in %d channels written", each*len(p.groups), len(p.groups)), time.Since(began), 0)
	var pages histogram
	if err := p.readPages(ctx, each, &pages); err != nil {
		return err
	}
	what := fmt.Sprintf("a page of 50 of the history, %d readers, ", historyReaders)
	b.table.time(what+"median", pages.quantile(.5), 0)
	b.table.time(what+"p95", pages.quantile(.95), historyWithin)
	return nil
}

func (p *parley) readPages(ctx context.Context, each int, pages *histogram) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var readers sync.WaitGroup
	for range historyReaders {
		readers.Go(func() {
			for range historyPages / historyReaders {
				if err := p.readPage(ctx, each, pages); err != nil {
					cancel(err)
					return
				}
				pace := time.NewTimer(10 * time.Millisecond) // of a person, or the readers alone fill the machine
				select {
				case <-pace.C:
				case <-ctx.Done():
				}
			}
		})
	}
	readers.Wait()
	return context.Cause(ctx)
}

func (p *parley) readPage(ctx context.Context, each int, pages *histogram) error {
	group := rand.IntN(len(p.groups))
	person := group*groupSize + rand.IntN(groupSize)
	path := fmt.Sprintf("/api/communications?channelId=%s&limit=50&before=%d", p.groups[group], 51+rand.IntN(each-50))
	var page struct {
		Data struct{ Messages []struct{ Seq int64 } }
	}
	began := time.Now()
	if err := p.get(ctx, path, person, &page); err != nil {
		return err
	}
	pages.add(time.Since(began))
	if n := len(page.Data.Messages); n != 50 {
		return fmt.Errorf("a page has %d messages", n)
	}
	return nil
}
