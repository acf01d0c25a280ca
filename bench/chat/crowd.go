package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// dialers is how many clients connect at the same time.
const dialers = 64

// crowd is many clients of one server.
type crowd struct {
	addr    string
	load    atomic.Pointer[load]
	watched atomic.Pointer[watch]
	clients []*client
	running sync.WaitGroup
}

func newCrowd(addr string, n int) *crowd {
	c := &crowd{addr: addr}
	c.load.Store(&load{})
	for i := range n {
		c.clients = append(c.clients, &client{crowd: c, n: i})
	}
	return c
}

// connect connects all clients and waits until the server lets them hear their channels.
func (c *crowd) connect(ctx context.Context, auth func(n int) []byte) error {
	return c.each(ctx, func(ctx context.Context, cl *client) error {
		if err := cl.dial(ctx, auth(cl.n)); err != nil {
			return err
		}
		select {
		case <-cl.ready:
			return nil
		case <-cl.ended:
			return fmt.Errorf("client %d: closed before it was ready", cl.n)
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// each calls f for every client, some at the same time.
func (c *crowd) each(ctx context.Context, f func(ctx context.Context, cl *client) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	clients := make(chan *client)
	var workers sync.WaitGroup
	for range min(dialers, len(c.clients)) {
		workers.Go(func() {
			for cl := range clients {
				if err := f(ctx, cl); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, cl := range c.clients {
		if ctx.Err() != nil {
			break
		}
		clients <- cl
	}
	close(clients)
	workers.Wait()
	return context.Cause(ctx)
}

func (c *crowd) close() {
	for _, cl := range c.clients {
		cl.close()
	}
	c.running.Wait()
}
