// Package turn is the TURN server (RFC 8656) for clients that cannot reach the media port directly. It relays to the
// media of this process alone, without a socket: what a client sends along its allocation is handed to the media as it
// is, and what the media sends to the client's relayed address goes back as ChannelData.
//
// Every message from outside meets the gate first, which authenticates it, checks the peers it names and counts it. Only
// requests that pass reach pion/turn, which keeps the state of allocations, permissions and channels. Packets do not go
// through pion/turn at all.
package turn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/digierapro/parley/internal/rate"
)

// Media is the media of this process: the only peer, unless the operator lists others.
type Media interface {
	Receiver
	// Forget says that the link is gone.
	Forget(link link)
	// Rerouted says that the link's Channel has changed.
	Rerouted(link link)
	// WriteTURN sends one datagram from the media's UDP port; from an invalid address: whichever fits.
	WriteTURN(to netip.AddrPort, from netip.Addr, data []byte) error
	// MediaAddresses are those that the media tells its clients.
	MediaAddresses() []netip.AddrPort
}

// Receiver is the media, or that part of it which has a datagram in hand.
type Receiver = interface {
	// Receive takes what came from a client along its link, which it may overwrite. One call at a time for a link.
	Receive(link link, data []byte)
}

// link is what the media knows a Link as.
type link = interface {
	Send(packet []byte) error
	Remote() netip.AddrPort
}

// Config of a Server. The zero value of a number or a time means its default.
type Config struct {
	Secret []byte // credentials are made with; at least 32 bytes
	Realm  string // "parley"; each byte of it costs clients, see budget
	Logger *slog.Logger

	TTL   time.Duration // of credentials: 12 h, longer than any call
	Quota Quota
	// Relay lists networks outside that clients may reach through us; nil for none, which is what an SFU needs.
	Relay []netip.Prefix

	Streams         int // TCP and TLS connections at once: 5,000
	AddressStreams  int // of them, from one address: 400
	UserRequests    int // authentic requests a second of one user: 50, and ten times as many at once
	StrangerAnswers int // answers a second to one address that has not authenticated: 10
	AllAnswers      int // and to all such addresses: 500

	Now func() time.Time // nil: time.Now
}

func (c Config) withDefaults() Config {
	if c.Realm == "" {
		c.Realm = "parley"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.TTL == 0 {
		c.TTL = 12 * time.Hour
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	for _, d := range []struct {
		value *int
		def   int
	}{
		{&c.Streams, 5000},
		{&c.AddressStreams, 400},
		{&c.UserRequests, 50},
		{&c.StrangerAnswers, 10},
		{&c.AllAnswers, 500},
	} {
		if *d.value == 0 {
			*d.value = d.def
		}
	}
	return c
}

func (c Config) validate() error {
	if len(c.Secret) < 32 {
		return fmt.Errorf("turn: the secret has %d bytes and needs at least 32", len(c.Secret))
	}
	if len(c.Realm) > 128 {
		return errors.New("turn: the realm is longer than 128 bytes")
	}
	q := c.Quota
	for _, p := range c.Relay {
		if insideAll(p) {
			return fmt.Errorf("turn: %v is inside somebody's network, and nothing is relayed there", p)
		}
	}
	for _, n := range []int{
		q.UserAllocations, q.AddressAllocations, q.UserBandwidth, q.AddressBandwidth,
		c.Streams, c.AddressStreams, c.UserRequests, c.StrangerAnswers, c.AllAnswers, int(c.TTL),
	} {
		if n < 0 {
			return errors.New("turn: a limit is negative")
		}
	}
	return nil
}

// Server is a TURN server. HandleTURN, ServeStreams and ServeUDP bring it what clients send.
type Server struct {
	cfg      Config
	media    Media // given by Attach
	issuer   *issuer
	nonces   *nonces
	budget   *budget
	accounts *accounts
	requests rate.Buckets[string] // authentic ones, by the user's tag
	policy   policy
	counters counters

	udp, tcp *front // what pion/turn reads requests of UDP clients and of streams from
	engine   engine
	inner    atomic.Pointer[string] // a nonce of pion/turn's; nil until the first was fetched

	links   linkTable // by the address of UDP clients
	ports   ports     // of relayed addresses
	streams streamTable
	sweep   chan struct{} // something was revoked
	ready   chan struct{} // closed when inner is there
}

// New checks the configuration.
func New(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := &Server{
		cfg:      cfg,
		issuer:   newIssuer(cfg.Secret, cfg.Realm, cfg.TTL),
		nonces:   newNonces(),
		budget:   newBudget(cfg.StrangerAnswers, cfg.AllAnswers),
		accounts: newAccounts(cfg.Quota),
		sweep:    make(chan struct{}, 1),
		ready:    make(chan struct{}),
	}
	s.policy = policy{relay: cfg.Relay, own: s.ownAddresses}
	s.links.init()
	s.ports.init()
	s.streams.init()
	s.udp, s.tcp = newFront(s, false), newFront(s, true)
	return s, nil
}

// Attach gives the server its media, before anything comes to either.
func (s *Server) Attach(m Media) { s.media = m }

// Issue makes credentials for one session of a user. Those for no session, "", are good for ten minutes at most.
func (s *Server) Issue(user, session string) Credentials {
	return s.issuer.issue(user, session, s.cfg.Now())
}

// Expect says that a client with new credentials is at the address, so that its first request is answered at once.
func (s *Server) Expect(address netip.Addr) {
	if address.IsValid() {
		s.budget.know(address, s.cfg.Now())
	}
}

// Revoke voids all credentials that were issued to the user until now, and ends what was allocated with them.
func (s *Server) Revoke(user string) { s.revoke(s.issuer.userTag(user)) }

// RevokeSession does so with those of one session.
func (s *Server) RevokeSession(user, session string) {
	s.revoke(s.issuer.sessionTag(s.issuer.userTag(user), session))
}

func (s *Server) revoke(tag string) {
	s.issuer.revoke(tag, s.cfg.Now())
	select {
	case s.sweep <- struct{}{}:
	default: // a sweep is due already, and will see this one
	}
}

// Run serves until ctx ends. Then all allocations have ended, and all it started.
func (s *Server) Run(ctx context.Context) error {
	if err := s.engine.start(s); err != nil {
		return err
	}
	ticks := time.NewTicker(time.Minute)
	defer ticks.Stop()
	for {
		select {
		case <-s.sweep:
			s.endRevoked()
		case <-ticks.C:
			s.issuer.forget(s.cfg.Now())
			s.engine.renewNonce()
		case <-ctx.Done():
			s.streams.closeAll()
			for _, link := range s.ports.links() {
				link.end()
			}
			return s.engine.stop()
		}
	}
}

// endRevoked ends the allocations whose holder was revoked. It runs apart from whoever revoked, who may be called by the
// media in the middle of a packet.
func (s *Server) endRevoked() {
	for _, link := range s.ports.links() {
		if s.issuer.isRevoked(link.holder, link.made) {
			s.counters.revoked.Add(1)
			link.end()
		}
	}
}

// ownAddresses are those of this machine's interfaces, and those that the media goes by.
func (s *Server) ownAddresses() (list []netip.Addr) {
	for _, a := range s.media.MediaAddresses() {
		list = append(list, a.Addr().Unmap())
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		s.cfg.Logger.Warn("this machine's addresses are not known", "error", err)
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok {
				list = append(list, ip.Unmap())
			}
		}
	}
	return list
}

// source is where a message came from.
type source struct {
	via    Receiver
	client netip.AddrPort
	local  netip.Addr   // of ours, that it came to; invalid if not known, or on a stream
	stream *stream      // nil over UDP
	port   *net.UDPConn // nil but on a port of our own
}
