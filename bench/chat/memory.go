package main

import (
	"context"
	"time"
)

// settle is how long sockets idle before memory is read; a ping and its pong are in it.
const settle = 30 * time.Second

// memory compares what an idle socket takes, of the whole server.
func (b *bench) memory(ctx context.Context) error {
	peer, err := startPeer(ctx)
	if err != nil {
		return err
	}
	theirs, err := b.perSocket(ctx, peer, peerAuth)
	peer.kill()
	if err != nil {
		return err
	}
	p, err := b.startParley(ctx, b.folder("memory"), b.sockets)
	if err != nil {
		return err
	}
	defer func() { p.stop() }()
	p.kill() // what the directory has left behind is not of the sockets
	if err := p.serve(ctx); err != nil {
		return err
	}
	ours, err := b.perSocket(ctx, p.process, p.auth)
	if err != nil {
		return err
	}
	b.table.memory(b.sockets, ours, theirs)
	return nil
}

// perSocket is by how much the resident memory grows for each client that connects and idles, in bytes.
func (b *bench) perSocket(ctx context.Context, server *process, auth func(int) []byte) (float64, error) {
	before, err := server.resident()
	if err != nil {
		return 0, err
	}
	c := newCrowd(server.addr, b.sockets)
	defer c.close()
	if err := c.connect(ctx, auth); err != nil {
		return 0, err
	}
	select {
	case <-time.After(settle):
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	after, err := server.resident()
	return float64(after-before) / float64(b.sockets), err
}
