package engineio

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"
)

// Config says how a Server behaves. The zero value of every field means its default.
type Config struct {
	PingInterval   time.Duration // between a pong and the next ping; default 25 s
	PingTimeout    time.Duration // how long a client may take to answer a ping; default 20 s
	UpgradeTimeout time.Duration // how long a WebSocket may take to finish an upgrade; default 10 s
	WriteTimeout   time.Duration // deadline of one write; default 10 s
	CloseTimeout   time.Duration // how long a closing WebSocket waits for its peer; default 2 s

	// MaxPayload is the most bytes of one message of a client, and of one polling body; default 1,000,000.
	MaxPayload int
	// MaxOutgoing is the most bytes of one message to a client; default MaxPayload.
	MaxOutgoing int
	// MaxPayloadPending is the same for sessions that are not established yet; default 64 KiB.
	MaxPayloadPending int

	// MaxQueueBytes and MaxQueuePackets bound what waits to be sent to one session; defaults 256 KiB and 256. A packet
	// is let in while the queue is below both, so one packet of up to MaxOutgoing may stand above the byte bound.
	MaxQueueBytes   int
	MaxQueuePackets int

	// PacketsPerSecond and PacketBurst are the token bucket of what one session may send, counted in WebSocket frames
	// (fragments and control frames included) or polling packets; defaults 100 and 1,000.
	PacketsPerSecond float64
	PacketBurst      int

	MaxSessions       int // on this server; default 65,536
	MaxPerAddr        int // established sessions of one remote address; default 1,024
	MaxPendingPerAddr int // sessions of one remote address that are not established; default 64
	DisablePolling    bool
	DisableWebSocket  bool
	SessionIDPrefix   string   // put before every session id, so that a router can find the node
	AllowedOrigins    []string // exact origins, "*" for all; the request's own host is always allowed
	RemoteAddr        func(*http.Request) netip.Addr
	Logger            *slog.Logger
}

func (c Config) withDefaults() Config {
	setDuration := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	setInt := func(n *int, v int) {
		if *n == 0 {
			*n = v
		}
	}
	setDuration(&c.PingInterval, 25*time.Second)
	setDuration(&c.PingTimeout, 20*time.Second)
	setDuration(&c.UpgradeTimeout, 10*time.Second)
	setDuration(&c.WriteTimeout, 10*time.Second)
	setDuration(&c.CloseTimeout, 2*time.Second)
	setInt(&c.MaxPayload, 1_000_000)
	setInt(&c.MaxOutgoing, c.MaxPayload)
	setInt(&c.MaxPayloadPending, min(64<<10, c.MaxPayload))
	setInt(&c.MaxQueueBytes, 256<<10)
	setInt(&c.MaxQueuePackets, 256)
	setInt(&c.PacketBurst, 1000)
	setInt(&c.MaxSessions, 65536)
	setInt(&c.MaxPerAddr, 1024)
	setInt(&c.MaxPendingPerAddr, 64)
	if c.PacketsPerSecond == 0 {
		c.PacketsPerSecond = 100
	}
	if c.RemoteAddr == nil {
		c.RemoteAddr = PeerAddr
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func (c Config) validate() error {
	durations := []struct {
		name  string
		value time.Duration
	}{
		{"PingInterval", c.PingInterval}, {"PingTimeout", c.PingTimeout}, {"UpgradeTimeout", c.UpgradeTimeout},
		{"WriteTimeout", c.WriteTimeout}, {"CloseTimeout", c.CloseTimeout},
	}
	for _, d := range durations {
		if d.value < time.Millisecond {
			return fmt.Errorf("engineio: %s must be at least 1 ms, got %s", d.name, d.value)
		}
	}
	numbers := []struct {
		name  string
		value int
	}{
		{"MaxPayload", c.MaxPayload}, {"MaxOutgoing", c.MaxOutgoing}, {"MaxPayloadPending", c.MaxPayloadPending}, {"MaxQueueBytes", c.MaxQueueBytes},
		{"MaxQueuePackets", c.MaxQueuePackets}, {"PacketBurst", c.PacketBurst}, {"MaxSessions", c.MaxSessions},
		{"MaxPerAddr", c.MaxPerAddr}, {"MaxPendingPerAddr", c.MaxPendingPerAddr},
	}
	for _, n := range numbers {
		if n.value < 1 {
			return fmt.Errorf("engineio: %s must be positive, got %d", n.name, n.value)
		}
	}
	if c.PacketsPerSecond < 0 {
		return fmt.Errorf("engineio: PacketsPerSecond must be positive, got %g", c.PacketsPerSecond)
	}
	if c.DisablePolling && c.DisableWebSocket {
		return errors.New("engineio: both transports are disabled")
	}
	return nil
}

// PeerAddr is the address that the TCP connection comes from; the default of Config.RemoteAddr.
func PeerAddr(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}
