package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/obs"
	"github.com/digierapro/parley/sfu"
	"github.com/digierapro/parley/sfu/transport"
	"github.com/digierapro/parley/signaling"
	"github.com/digierapro/parley/turn"
)

// turnService is the TURN server with its own ports; without TURN there is none, and all methods of nil do nothing.
type turnService struct {
	*turn.Server
	cfg     *configs.Config
	streams []net.Listener
	udp     *net.UDPConn // nil for none
	urls    []turnURL
}

// turnURL is one way to the server, but for its host.
type turnURL struct {
	scheme, transport string
	port              int
	shared            bool // media candidates have this port, too
}

func newTURN(cfg *configs.Config, log *slog.Logger) (*turnService, error) {
	if !cfg.TURN.Enabled {
		return nil, nil
	}
	secret := cfg.TURN.Secret
	if secret == "" {
		var err error
		if secret, err = auth.LoadOrCreateSecret(cfg.Data.TURNSecretFile()); err != nil {
			return nil, fmt.Errorf("turn.secret: %w", err)
		}
	}
	server, err := turn.New(turn.Config{
		Secret: []byte(secret), Realm: cfg.TURN.Realm, TTL: time.Duration(cfg.TURN.TTLMinutes) * time.Minute,
		Relay: cfg.TURN.Relay, Logger: log,
		Quota: turn.Quota{
			UserAllocations: cfg.TURN.AllocationsPerUser, AddressAllocations: cfg.TURN.AllocationsPerAddress,
			UserBandwidth: cfg.TURN.BytesPerSecondPerUser, AddressBandwidth: cfg.TURN.BytesPerSecondPerAddress,
		},
	})
	if err != nil {
		return nil, err
	}
	return &turnService{Server: server, cfg: cfg}, nil
}

// handler is what the media port hands TURN's datagrams to; nil without TURN.
func (t *turnService) handler() transport.TURNHandler {
	if t == nil {
		return nil
	}
	return t.Server
}

// listen joins the server to the media, whose port is open, and opens TURN's own ports. Tcp is the port that is shared
// with HTTP.
func (t *turnService) listen(media *sfu.Server, tcp uint16, source certificates) error {
	if t == nil {
		return nil
	}
	c := t.cfg.TURN
	t.Attach(media.Transport())
	udp := int(media.Addr().Port())
	if c.UDP != "" {
		address, err := net.ResolveUDPAddr("udp", c.UDP)
		if err == nil {
			t.udp, err = net.ListenUDP("udp", address)
		}
		if err != nil {
			return fmt.Errorf("turn.udp: cannot open UDP port: %w", err)
		}
		udp = t.udp.LocalAddr().(*net.UDPAddr).Port
	}
	t.urls = append(t.urls, turnURL{scheme: "turn", transport: "udp", port: udp, shared: udp == int(media.Addr().Port())})
	if err := t.listenStream("turn", c.TCP, tcp, nil); err != nil {
		return err
	}
	if source == nil {
		return nil
	}
	return t.listenStream("turns", c.TLS, tcp, &tls.Config{GetCertificate: source.GetCertificate, MinVersion: tls.VersionTLS12})
}

// listenStream opens a TCP port of TURN's own, if there is to be one; else it is the shared one.
func (t *turnService) listenStream(scheme, address string, shared uint16, certificates *tls.Config) error {
	port := int(shared)
	if address != "" {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.close()
			return fmt.Errorf("turn: cannot open TCP port: %w", err)
		}
		port = l.Addr().(*net.TCPAddr).Port
		if certificates != nil {
			l = tls.NewListener(l, certificates)
		}
		t.streams = append(t.streams, l)
	}
	t.urls = append(t.urls, turnURL{scheme: scheme, transport: "tcp", port: port})
	return nil
}

// close is for a start that fails later.
func (t *turnService) close() {
	if t == nil {
		return
	}
	for _, l := range t.streams {
		_ = l.Close()
	}
	if t.udp != nil {
		_ = t.udp.Close()
	}
}

// serve runs the server, its own ports and what comes to it on the shared one.
func (t *turnService) serve(ctx context.Context, group *errgroup.Group, shared net.Listener) {
	group.Go(func() error { return t.Run(ctx) })
	for _, l := range append(t.streams, shared) {
		group.Go(func() error { return t.ServeStreams(ctx, l) })
	}
	if t.udp != nil {
		group.Go(func() error { return t.ServeUDP(ctx, t.udp) })
	}
}

// seatEnded ends what was allocated for a seat of a call.
func (t *turnService) seatEnded(userID, participantID string) {
	if t != nil {
		t.RevokeSession(userID, participantID)
	}
}

// endDeactivated ends what was allocated for users who are deactivated, until stop is called.
func (t *turnService) endDeactivated(b bus.Bus) (stop func()) {
	if t == nil {
		return func() {}
	}
	return b.Subscribe(bus.Directory(), func(e bus.Event) {
		var u chat.UserStanding
		if e.Name == chat.EventUserDeactivated && json.Unmarshal(e.Data, &u) == nil {
			t.Revoke(u.UserID)
		}
	})
}

// iceServers makes the hook of signaling; nil without TURN.
func (t *turnService) iceServers() func(signaling.ICERequest) []signaling.ICEServer {
	if t == nil {
		return nil
	}
	return func(r signaling.ICERequest) []signaling.ICEServer {
		t.Expect(r.Address)
		credentials := t.Issue(r.Who.UserID, r.ParticipantID)
		server := signaling.ICEServer{Username: credentials.Username, Credential: credentials.Password}
		for _, u := range t.urls {
			// Chromium takes all that comes from the address of a TURN server over UDP for TURN's. Checks that it sent there
			// before it had the server's address are answered, so it settles on the direct way and looks for no other; what
			// comes after it never hears. Who gets through to that port needs no relay there; only a test of it does, which
			// goes by the relay alone.
			if u.shared && !r.Trial {
				continue
			}
			host := turnHost(t.cfg, u.scheme == "turns", r.Host)
			server.URLs = append(server.URLs, u.scheme+":"+net.JoinHostPort(host, strconv.Itoa(u.port))+"?transport="+u.transport)
		}
		return []signaling.ICEServer{server}
	}
}

// turnHost is the name of this server: the public address of the media, for which no proxy stands; the name that people
// type, which a certificate is for; or else what the client itself has typed.
func turnHost(cfg *configs.Config, named bool, asked string) string {
	if cfg.Media.PublicIP.IsValid() && !named {
		return cfg.Media.PublicIP.String()
	}
	if u, err := url.Parse(cfg.Server.PublicURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	if host, _, err := net.SplitHostPort(asked); err == nil {
		asked = host
	}
	if a, err := netip.ParseAddr(asked); err == nil {
		return a.String()
	}
	return cmp.Or(asked, "localhost")
}

// register exports the counters.
func (t *turnService) register(m *obs.Metrics) {
	if t != nil {
		obs.Register(m, t.Stats, turnSeries(t.Stats())...)
	}
}

func turnSeries(now turn.Stats) []obs.Series[turn.Stats] {
	series := []obs.Series[turn.Stats]{
		obs.Gauge("parley_turn_allocations", "TURN allocations now.", func(s turn.Stats) float64 { return float64(s.Allocations) }),
		obs.Gauge("parley_turn_streams", "TURN connections over TCP and TLS now.", func(s turn.Stats) float64 { return float64(s.Streams) }),
		obs.Counter("parley_turn_allocated_total", "TURN allocations made.", func(s turn.Stats) uint64 { return s.Allocated }),
		obs.Counter("parley_turn_revoked_total", "TURN allocations ended because their call, session or user had ended.", func(s turn.Stats) uint64 { return s.Revoked }),
		obs.Counter("parley_turn_packets_total", "Packets relayed, in from clients and out to them.", func(s turn.Stats) uint64 { return s.PacketsIn }, "direction", "in"),
		obs.Counter("parley_turn_packets_total", "Packets relayed, in from clients and out to them.", func(s turn.Stats) uint64 { return s.PacketsOut }, "direction", "out"),
		obs.Counter("parley_turn_bytes_total", "Their bytes.", func(s turn.Stats) uint64 { return s.BytesIn }, "direction", "in"),
		obs.Counter("parley_turn_bytes_total", "Their bytes.", func(s turn.Stats) uint64 { return s.BytesOut }, "direction", "out"),
		obs.Counter("parley_turn_strangers_total", "Answers to requests that were not authenticated.", func(s turn.Stats) uint64 { return s.Strangers }),
		obs.Counter("parley_turn_stranger_bytes_total", "Their bytes.", func(s turn.Stats) uint64 { return s.StrangerBytes }),
	}
	for _, reason := range slices.Sorted(maps.Keys(now.Dropped)) {
		series = append(series, obs.Counter("parley_turn_dropped_total", "TURN requests refused and packets dropped, by reason.",
			func(s turn.Stats) uint64 { return s.Dropped[reason] }, "reason", reason))
	}
	return series
}
