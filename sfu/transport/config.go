package transport

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"time"
)

// Config of a Listener. The zero value of a limit or a time means its default.
type Config struct {
	// Addr is the UDP address to listen on: ":8080", "127.0.0.1:8080", "[::1]:0". Port 0 takes a free one.
	Addr string
	// PublicIP holds the addresses under which clients reach Addr from outside. They are advertised before those of this
	// host, with the same port.
	PublicIP []netip.Addr
	// TCP holds where clients reach ServeTCP, which answers then name as ICE-TCP candidates: for an unspecified address
	// ("[::]:443", "0.0.0.0:443") at that port of every address of ours. See AdvertiseTCP.
	TCP []netip.AddrPort
	// TURN gets what is TURN's of what the port receives; nil for none.
	TURN TURNHandler
	// STUN is a server, "host:port", that is asked from time to time for the address under which clients outside reach
	// us; it is then advertised like those in PublicIP. "" to ask nobody.
	STUN string
	// Logger; nil discards.
	Logger *slog.Logger
	// Workers is how many loops read, each a socket of its own on the port; 0 for one a core that the program may use.
	Workers int

	Limits   Limits
	Timeouts Timeouts
}

// Limits bound what one client, or all of them, can make the transport hold.
type Limits struct {
	Conns           int // clients at once
	SDP             int // bytes of an offer
	Sections        int // media sections of an offer
	Codecs          int // payload types of a section
	Extensions      int // header extensions of a section
	Candidates      int // candidates a client may send in all
	RIDs            int // simulcast layers of a section
	Streams         int // declared SSRCs of a section
	InboundSSRCs    int // RTP streams a client may send in all, and SSRCs that its RTCP may come from
	InboundBitrate  int // bit/s that a client may send in all, and half a second of it at once
	StreamBitrate   int // and in one RTP stream, such as a simulcast layer; three fifths of that
	InboundPackets  int // RTP packets a second, likewise; as many as the bitrate has at 800 bytes each, and 1000 at least
	ControlBitrate  int // bit/s of RTCP, of which a packet costs us more than its size tells
	Addresses       int // addresses a client may have validated at once
	HandshakeBytes  int // bytes of DTLS taken from a client, before it is connected and again after
	HandshakeTrials int // DTLS handshakes started for a client

	TCPStrangers  int // ICE-TCP connections that have shown no credentials yet, in all
	TCPPerAddress int // and from one address
	TCPQueue      int // bytes that wait for one connection
}

// Timeouts of a Conn.
type Timeouts struct {
	Connect     time.Duration // from the first answer to the end of the DTLS handshake
	Interrupted time.Duration // nothing authentic heard for this long: Interrupted
	Failed      time.Duration // and for this long: Failed

	Discover time.Duration // from asking the STUN server to asking it again

	TCPFirst time.Duration // from an ICE-TCP connection's begin to the credentials in its first frame
	TCPIdle  time.Duration // nothing received over an ICE-TCP connection for this long closes it
	TCPWrite time.Duration // a write to one that takes so long closes it
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	l := &c.Limits
	for _, d := range []struct {
		value *int
		def   int
	}{
		{&l.Conns, 10_000},
		{&l.SDP, 64 << 10},
		{&l.Sections, 200},
		{&l.Codecs, 80},
		{&l.Extensions, 32},
		{&l.Candidates, 64},
		{&l.RIDs, 4},
		{&l.Streams, 16},
		{&l.InboundSSRCs, 128},
		{&l.InboundBitrate, 20_000_000},
		{&l.ControlBitrate, 2_000_000}, // some 1000 packets a second; browsers that lose much send 400
		{&l.Addresses, 24},             // UDP, TCP and relays, of each network that a laptop is in, in both families
		{&l.HandshakeBytes, 64 << 10},
		{&l.HandshakeTrials, 5},
		{&l.TCPStrangers, 512},
		{&l.TCPPerAddress, 32},
		{&l.TCPQueue, 128 << 10},
	} {
		if *d.value == 0 {
			*d.value = d.def
		}
	}
	if l.StreamBitrate == 0 {
		l.StreamBitrate = l.InboundBitrate / 5 * 3
	}
	if l.InboundPackets == 0 {
		l.InboundPackets = max(l.InboundBitrate/8/800, 1000)
	}
	t := &c.Timeouts
	for _, d := range []struct {
		value *time.Duration
		def   time.Duration
	}{
		{&t.Connect, 30 * time.Second},
		{&t.Interrupted, 4 * time.Second}, // browsers send a check every 2.5 s, even when they have nothing to say
		{&t.Failed, 28 * time.Second},
		{&t.Discover, discoverEvery},
		{&t.TCPFirst, 4 * time.Second},
		{&t.TCPIdle, time.Minute}, // browsers check a connection that they keep in reserve every 25 s
		{&t.TCPWrite, 10 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.def
		}
	}
	return c
}

func (c Config) validate() error {
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return fmt.Errorf("media address %q: %w", c.Addr, err)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("media address %q: the port is not a number from 0 to 65535", c.Addr)
	}
	if host != "" {
		if _, err := netip.ParseAddr(host); err != nil {
			return fmt.Errorf("media address %q: the host must be empty or an IP address", c.Addr)
		}
	}
	for _, ip := range c.PublicIP {
		if !ip.IsValid() || ip.IsUnspecified() || ip.IsMulticast() || ip.Zone() != "" {
			return fmt.Errorf("public address %q: not an address that a client can send to", ip)
		}
	}
	if c.Workers < 0 {
		return errors.New("workers: their number must not be negative")
	}
	if l := c.Limits; min(l.InboundBitrate, l.StreamBitrate, l.ControlBitrate, l.InboundPackets) < 0 {
		return errors.New("limits: a rate must not be negative")
	}
	if c.Limits.Addresses < 2 {
		return errors.New("limits: a client needs at least 2 addresses, to move from one to the other")
	}
	if c.STUN != "" {
		if host, port, err := net.SplitHostPort(c.STUN); err != nil || host == "" || port == "" {
			return fmt.Errorf("STUN server %q: not a host and a port", c.STUN)
		}
	}
	for _, a := range c.TCP {
		if a.Port() == 0 || !a.IsValid() || a.Addr().Zone() != "" {
			return fmt.Errorf("tcp address %q: not an address that a client can connect to", a)
		}
	}
	if c.Limits.TCPQueue < 2*maxDatagram {
		return fmt.Errorf("limits: a connection's queue must hold %d bytes", 2*maxDatagram)
	}
	if t := c.Timeouts; t.Connect < 0 || t.Interrupted < 0 || t.Failed < t.Interrupted {
		return errors.New("timeouts: failed must not come before interrupted, and none is negative")
	}
	return nil
}
