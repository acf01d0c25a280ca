package turn

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"

	"github.com/pion/logging"
	pion "github.com/pion/turn/v5"
)

// engine is pion/turn: the state of allocations, permissions and channels, with their timers. It reads from the two
// fronts what the gate let through.
type engine struct {
	server *Server
	pion   *pion.Server
	wait   sync.WaitGroup // for the media to have forgotten links
}

func (e *engine) start(s *Server) error {
	e.server = s
	server, err := pion.NewServer(pion.ServerConfig{
		Realm:       s.cfg.Realm,
		AuthHandler: e.authenticate,
		QuotaHandler: func(userID, _ string, client net.Addr) bool {
			if s.accounts.has(userID[:tagLength], addrPort(client).Addr()) {
				return true
			}
			s.counters.drop(dropQuota)
			return false
		},
		PacketConnConfigs: []pion.PacketConnConfig{e.conn(s.udp), e.conn(s.tcp)},
		EventHandler: pion.EventHandler{
			OnPermissionCreated: func(client, _ net.Addr, _, _, _ string, relayed net.Addr, peer net.IP) {
				e.permission(client, relayed, peer, true)
			},
			OnPermissionDeleted: func(client, _ net.Addr, _, _, _ string, relayed net.Addr, peer net.IP) {
				e.permission(client, relayed, peer, false)
			},
			OnChannelCreated: func(client, _ net.Addr, _, _, _ string, relayed, peer net.Addr, number uint16) {
				e.channel(client, relayed, peer, number, true)
			},
			OnChannelDeleted: func(client, _ net.Addr, _, _, _ string, relayed, peer net.Addr, number uint16) {
				e.channel(client, relayed, peer, number, false)
			},
		},
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
	})
	if err != nil {
		return fmt.Errorf("turn: %w", err)
	}
	e.pion = server
	e.renewNonce()
	return nil
}

func (e *engine) conn(f *front) pion.PacketConnConfig {
	return pion.PacketConnConfig{
		PacketConn: f, RelayAddressGenerator: &generator{front: f},
		// The gate has looked at the peer already, with its port; this is the second lock on the door.
		PermissionHandler: func(client net.Addr, peer net.IP) bool {
			address, ok := netip.AddrFromSlice(peer)
			link := f.find(addrPort(client))
			return ok && link != nil && (address.Unmap() == link.peer.Addr() || e.server.policy.admits(address))
		},
	}
}

// authenticate gives pion/turn the key that the gate has checked the request with.
func (e *engine) authenticate(r *pion.RequestAttributes) (userID string, key []byte, ok bool) {
	h, _, key, err := e.server.issuer.check(r.Username, e.server.cfg.Now())
	return h.id(), key, err == nil
}

// renewNonce fetches one of pion/turn's nonces, with which the gate signs what it hands on. They hold for an hour.
func (e *engine) renewNonce() {
	_ = e.server.udp.hand(request{message: appendHeader(nil, allocateRequest, [12]byte{}, 0)})
}

// link finds the allocation that an event is about.
func (e *engine) link(client, relayed net.Addr) *Link {
	f := e.server.udp
	if _, stream := client.(*net.TCPAddr); stream {
		f = e.server.tcp
	}
	if link := f.find(addrPort(client)); link != nil && link.relayed == addrPort(relayed) {
		return link
	}
	return nil
}

func (e *engine) permission(client, relayed net.Addr, peer net.IP, yes bool) {
	link := e.link(client, relayed)
	address, ok := netip.AddrFromSlice(peer)
	if link == nil || !ok {
		return
	}
	if address = address.Unmap(); address == link.peer.Addr() {
		link.permitted.Store(yes)
	} else {
		link.others.permit(address, yes)
	}
}

func (e *engine) channel(client, relayed, peer net.Addr, number uint16, bound bool) {
	link := e.link(client, relayed)
	if link == nil {
		return
	}
	to := addrPort(peer)
	if to != link.peer {
		if !bound {
			to = netip.AddrPort{}
		}
		link.others.bind(number, to)
		return
	}
	if !bound {
		number = 0
	}
	link.channel.Store(uint32(number))
	e.server.media.Rerouted(link)
}

// stop ends pion/turn, and waits for the media to have forgotten every link.
func (e *engine) stop() error {
	err := e.pion.Close()
	for _, f := range []*front{e.server.udp, e.server.tcp} {
		<-f.exited // no request is being handled any more, so there will be no new link
	}
	for _, link := range e.server.ports.links() {
		link.end()
	}
	e.wait.Wait()
	return err
}

// generator makes relay addresses.
type generator struct{ front *front }

var errNoTCP = errors.New("TCP allocations are refused")

// Validate implements pion.RelayAddressGenerator.
func (g *generator) Validate() error { return nil }

// AllocatePacketConn opens the allocation of the request that the front has handed out last.
func (g *generator) AllocatePacketConn(c pion.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	f := g.front
	link, err := f.server.newLink(f.current, c.Network == "udp6")
	if err != nil {
		f.server.counters.drop(dropCapacity)
		return nil, nil, err
	}
	return link, link.LocalAddr(), nil
}

// AllocateListener implements pion.RelayAddressGenerator: RFC 6062 is not for us.
func (g *generator) AllocateListener(pion.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errNoTCP
}

// AllocateConn implements pion.RelayAddressGenerator.
func (g *generator) AllocateConn(pion.AllocateConnConfig) (net.Conn, error) { return nil, errNoTCP }

func (s *Server) newLink(r request, v6 bool) (*Link, error) {
	peer, ok := s.mediaPeer(v6)
	if !ok {
		return nil, errors.New("the media has no address of this family")
	}
	link := &Link{
		server: s, holder: r.holder, made: r.made, client: r.from.client, local: r.from.local, stream: r.from.stream, port: r.from.port,
		peer: peer, done: make(chan struct{}),
	}
	if err := s.giveAddress(link); err != nil {
		return nil, err
	}
	link.user, link.address = s.accounts.open(link.holder.user, link.client.Addr())
	s.counters.allocations.Add(1)
	if link.stream == nil {
		s.links.put(link)
	} else if !link.stream.hold(link) {
		link.end()
		return nil, net.ErrClosed
	}
	return link, nil
}

// giveAddress finds a relayed address: with a socket behind it if there may be other peers.
func (s *Server) giveAddress(link *Link) (err error) {
	if len(s.cfg.Relay) == 0 {
		link.relayed, err = s.ports.take(link, link.peer)
		return err
	}
	network := "udp4"
	if link.peer.Addr().Is6() {
		network = "udp6"
	}
	if link.outside, err = net.ListenUDP(network, nil); err != nil {
		return err
	}
	port := link.outside.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	link.relayed = netip.AddrPortFrom(link.peer.Addr(), port)
	if err = s.ports.claim(link, link.relayed); err != nil {
		return errors.Join(err, link.outside.Close())
	}
	return nil
}

func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		return unmap(a.AddrPort())
	case *net.TCPAddr:
		return unmap(a.AddrPort())
	}
	return netip.AddrPort{}
}
