package socketio

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/digierapro/parley/signaling/socketio/engineio"
)

// Config says how a Server behaves. The zero value of every field means its default.
type Config struct {
	Engine engineio.Config // transports, heartbeat, origins, queues, limits

	// ConnectTimeout is how long a connection may be without any namespace at its start; default 45 s.
	ConnectTimeout time.Duration
	MaxDepth       int // nesting of the JSON in a packet; default 32
	MaxAttachments int // binary attachments of a packet; default 10, negative for none
	MaxPending     int // packets of one connection that wait for their handler before reading pauses; default 64

	Recovery RecoveryConfig
	Logger   *slog.Logger
}

// RecoveryConfig bounds what is kept for clients that lose their connection.
type RecoveryConfig struct {
	Window     time.Duration // how long; 0 turns recovery off
	Packets    int           // for one client; default 256
	Bytes      int           // for one client; default 256 KiB
	Clients    int           // that are lost at the same time; default 10,000
	TotalBytes int64         // for all clients; default 64 MiB
}

func (c Config) withDefaults() Config {
	setInt := func(n *int, v int) {
		if *n == 0 {
			*n = v
		}
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 45 * time.Second
	}
	setInt(&c.MaxDepth, 32)
	setInt(&c.MaxAttachments, 10)
	c.MaxAttachments = max(c.MaxAttachments, 0)
	setInt(&c.MaxPending, 64)
	setInt(&c.Recovery.Packets, 256)
	setInt(&c.Recovery.Bytes, 256<<10)
	setInt(&c.Recovery.Clients, 10_000)
	if c.Recovery.TotalBytes == 0 {
		c.Recovery.TotalBytes = 64 << 20
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Engine.Logger == nil {
		c.Engine.Logger = c.Logger
	}
	return c
}

func (c Config) validate() error {
	if c.ConnectTimeout < time.Millisecond {
		return fmt.Errorf("socketio: ConnectTimeout must be at least 1 ms, got %s", c.ConnectTimeout)
	}
	if c.Recovery.Window < 0 || c.Recovery.TotalBytes < 0 {
		return fmt.Errorf("socketio: recovery limits must not be negative")
	}
	for _, n := range []struct {
		name  string
		value int
	}{
		{"MaxDepth", c.MaxDepth}, {"MaxPending", c.MaxPending},
		{"Recovery.Packets", c.Recovery.Packets}, {"Recovery.Bytes", c.Recovery.Bytes},
		{"Recovery.Clients", c.Recovery.Clients},
	} {
		if n.value < 1 {
			return fmt.Errorf("socketio: %s must be positive, got %d", n.name, n.value)
		}
	}
	return nil
}
