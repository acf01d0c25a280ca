package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// backWithin is how soon everybody must be back and have everything.
const backWithin = 30 * time.Second

// restart kills the server among messages, starts it again, and has all clients come back and sync.
func (b *bench) restart(ctx context.Context) error {
	return b.withCrowd(ctx, "restart", b.sockets, func(p *parley, c *crowd) error {
		epoch, err := c.learn(ctx)
		if err != nil {
			return err
		}
		l := newLoad(int(latencyRate / 5 * b.window.Seconds()))
		sending, stop := context.WithCancel(ctx)
		sent := make(chan error, 1)
		go func() {
			sent <- l.run(sending, c, latencyRate/5, groupSize, everyone(c, func(person int) string { return p.groups[person/groupSize] }))
		}()
		select {
		case <-time.After(b.window / 2):
		case <-ctx.Done():
		}
		p.kill()
		stop()
		<-sent // it was interrupted; what was acknowledged is counted below
		killed := time.Now()
		if err := p.serve(ctx); err != nil {
			return err
		}
		up := time.Now()
		c.addr = p.addr
		synced := newSyncs(epoch)
		if err := c.each(ctx, func(ctx context.Context, cl *client) error { return synced.comeBack(ctx, cl, p.auth(cl.n)) }); err != nil {
			return err
		}
		b.table.time(fmt.Sprintf("%d clients: the server is back after kill -9", b.sockets), up.Sub(killed), 0)
		b.table.time(fmt.Sprintf("%d clients: all are back and have all, from the restart", b.sockets), time.Since(up), backWithin)
		return p.allThere(ctx, c, l)
	})
}

// learn has every client fetch its channels and keep what comes from now on.
func (c *crowd) learn(ctx context.Context) (epoch string, err error) {
	epochs := make(chan string, len(c.clients))
	err = c.each(ctx, func(ctx context.Context, cl *client) error {
		var answer syncAnswer
		if err := cl.call(ctx, "sync", map[string]any{"epoch": "", "channels": map[string]int64{}}, &answer); err != nil {
			return err
		}
		cl.mu.Lock()
		defer cl.mu.Unlock()
		cl.seen, cl.cursors = make(map[int]bool), make(map[string]int64)
		for _, ch := range answer.Added {
			cl.cursors[ch.ID] = ch.EventSeq
		}
		epochs <- answer.Epoch
		return nil
	})
	if err != nil {
		return "", err
	}
	return <-epochs, nil
}

type syncAnswer struct {
	Success  bool
	Epoch    string
	Channels map[string]struct {
		Status   string
		EventSeq int64
		Events   json.RawMessage
	}
	Added []struct {
		ID       string `json:"_id"`
		EventSeq int64
	}
}

// syncs is how clients that were away catch up.
type syncs struct{ epoch string }

func newSyncs(epoch string) *syncs { return &syncs{epoch} }

func (s *syncs) comeBack(ctx context.Context, cl *client, auth []byte) error {
	cl.close()
	<-cl.ended
	if err := cl.dial(ctx, auth); err != nil {
		return err
	}
	select {
	case <-cl.ready:
	case <-cl.ended:
		return errors.New("closed before it was ready")
	case <-ctx.Done():
		return ctx.Err()
	}
	cl.mu.Lock()
	known := map[string]any{"epoch": s.epoch, "channels": cl.cursors}
	cl.mu.Unlock()
	var answer syncAnswer
	if err := cl.call(ctx, "sync", known, &answer); err != nil {
		return err
	}
	return cl.take(answer)
}

// take applies what a sync has brought.
func (c *client) take(answer syncAnswer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for channelID := range c.cursors {
		told, ok := answer.Channels[channelID]
		if !ok || told.Status != "events" {
			return fmt.Errorf("client %d: channel %s was answered %q", c.n, channelID, told.Status)
		}
		c.noteLocked(told.Events)
		c.cursors[channelID] = told.EventSeq
	}
	return nil
}

// allThere holds what the members of the groups have against what the server has.
func (p *parley) allThere(ctx context.Context, c *crowd, l *load) error {
	told := 0
	for group, channelID := range p.groups {
		var raw json.RawMessage
		if err := p.get(ctx, "/api/communications?limit=100&channelId="+channelID, group*groupSize, &raw); err != nil {
			return err
		}
		var there client
		there.seen = make(map[int]bool)
		there.noteLocked(raw)
		for _, cl := range c.clients[group*groupSize : min((group+1)*groupSize, len(c.clients))] {
			for n := range there.seen {
				if !cl.seen[n] {
					return fmt.Errorf("client %d lacks message %d", cl.n, n)
				}
			}
			if len(cl.seen) != len(there.seen) && cl.n >= largeSize {
				return fmt.Errorf("client %d has %d messages of %d", cl.n, len(cl.seen), len(there.seen))
			}
		}
		told += len(there.seen)
	}
	if acked := int(l.acked.Load()); told < acked || acked == 0 {
		return fmt.Errorf("%d messages were acknowledged, and %d are there", acked, told)
	}
	b := &p.bench.table
	b.count("messages acknowledged before the crash, all of them with all their readers after it", int(l.acked.Load()))
	return nil
}
