package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

// turnURL is one of RFC 7065.
type turnURL struct {
	host, port string
	transport  string // udp, tcp or tls
}

func parseTURN(text string) (u turnURL, ok bool) {
	scheme, rest, _ := strings.Cut(text, ":")
	address, query, _ := strings.Cut(rest, "?")
	transport := strings.TrimPrefix(query, "transport=")
	switch {
	case scheme == "turn" && (transport == "" || transport == "udp"):
		u.transport = "udp"
	case scheme == "turn" && transport == "tcp":
		u.transport = "tcp"
	case scheme == "turns" && (transport == "" || transport == "tcp"):
		u.transport = "tls"
	default:
		return u, false
	}
	usual := "3478"
	if scheme == "turns" {
		usual = "5349"
	}
	u.host, u.port = splitHost(address, usual)
	return u, u.host != ""
}

func (u turnURL) address() string { return net.JoinHostPort(u.host, u.port) }

// turnNames are the ways to a TURN server, best first.
var turnNames = []turnWay{
	{"udp", "TURN over UDP", "Set turn.enabled.", "Open the UDP port in the firewall and forward it."},
	{"tcp", "TURN over TCP", "Set turn.enabled.", "Open the TCP port in the firewall and forward it; a proxy for HTTP does not pass TURN on."},
	{"tls", "TURN over TLS", "Set turn.enabled and server.tls.", "See that the certificate fits the name and that nothing before the server ends TLS."},
}

// turnWay is one of them, with what to do when it is not offered and when it does not work.
type turnWay struct{ transport, name, absent, blocked string }

// checkTURN relays a connectivity check through the server's TURN over one transport.
func (t *Target) checkTURN(way turnWay) Check {
	return Check{Name: way.name, Timeout: 2 * usualTimeout, Run: func(ctx context.Context) Finding {
		s, err := t.calls.of(ctx)
		if err != nil {
			return notTried(err)
		}
		server, u, ok := s.turnServer(way.transport)
		if !ok {
			return warn("The server gives browsers no TURN over %s, by which calls get through strict firewalls. %s", strings.ToUpper(way.transport), way.absent)
		}
		ctx, cancel := context.WithTimeout(ctx, usualTimeout)
		defer cancel()
		took, err := t.relay(ctx, s, u, server)
		if err != nil {
			return fail("TURN at %s over %s does not work: %s. %s", u.address(), strings.ToUpper(way.transport), reason(err), way.blocked)
		}
		return fine("%s relays in %s", u.address(), milliseconds(took))
	}}
}

func (s *session) turnServer(transport string) (iceServer, turnURL, bool) {
	for _, server := range s.servers {
		for _, text := range server.URLs {
			if u, ok := parseTURN(text); ok && u.transport == transport {
				return server, u, true
			}
		}
	}
	return iceServer{}, turnURL{}, false
}

// relay allocates a relay and sends a check through it to the server's media address.
func (t *Target) relay(ctx context.Context, s *session, u turnURL, server iceServer) (time.Duration, error) {
	conn, err := t.dialTURN(ctx, u)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	peers := s.peers()
	family := turn.RequestedAddressFamilyIPv4
	if len(peers) > 0 && peers[0].Addr().Is6() {
		family = turn.RequestedAddressFamilyIPv6
	}
	client, err := turn.NewClient(&turn.ClientConfig{
		RequestedAddressFamily: family,
		TURNServerAddr:         u.address(), STUNServerAddr: u.address(), Conn: conn,
		Username: server.Username, Password: server.Credential, LoggerFactory: &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled},
	})
	if err != nil {
		return 0, err
	}
	defer client.Close()
	if err := client.Listen(); err != nil {
		return 0, err
	}
	relay, err := client.AllocateWithContext(ctx)
	if err != nil {
		return 0, fmt.Errorf("no relay is given: %w", err)
	}
	defer func() { _ = relay.Close() }()
	return s.throughRelay(ctx, relay, peers)
}

// peers are the server's addresses that one relay reaches: those of the first one's family.
func (s *session) peers() (peers []netip.AddrPort) {
	for _, address := range s.of("udp") {
		if len(peers) == 0 || address.Addr().Is4() == peers[0].Addr().Is4() {
			peers = append(peers, address)
		}
	}
	return peers
}

// throughRelay tries the server's addresses one after the other: all are the same server, and the first should do.
func (s *session) throughRelay(ctx context.Context, relay net.PacketConn, peers []netip.AddrPort) (took time.Duration, err error) {
	err = errors.New("the server names no address for media")
	for _, address := range peers {
		request, buildErr := s.request()
		if buildErr != nil {
			return 0, buildErr
		}
		to := net.UDPAddrFromAddrPort(address)
		tryCtx, cancel := context.WithTimeout(ctx, bindTime)
		took, err = exchange(tryCtx, request,
			func(b []byte) error { _, err := relay.WriteTo(b, to); return err },
			func(b []byte, until time.Time) (int, error) {
				if err := relay.SetReadDeadline(until); err != nil {
					return 0, err
				}
				n, _, err := relay.ReadFrom(b)
				return n, err
			}, taken)
		cancel()
		if err == nil {
			return took, nil
		}
	}
	return 0, fmt.Errorf("the relay was given, but nothing comes back through it: %w", err)
}

func (t *Target) dialTURN(ctx context.Context, u turnURL) (net.PacketConn, error) {
	switch u.transport {
	case "udp":
		return net.ListenPacket("udp", ":0")
	case "tcp":
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", u.address())
		if err != nil {
			return nil, err
		}
		return turn.NewSTUNConn(conn), nil
	}
	dialer := &tls.Dialer{Config: &tls.Config{ServerName: u.host, RootCAs: t.roots, MinVersion: tls.VersionTLS12}}
	conn, err := dialer.DialContext(ctx, "tcp", u.address())
	if err != nil {
		return nil, err
	}
	return turn.NewSTUNConn(conn), nil
}
