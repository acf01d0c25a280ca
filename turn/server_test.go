package turn_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/logging"
	pion "github.com/pion/turn/v5"
	"go.uber.org/goleak"

	"github.com/digierapro/parley/turn"
)

func TestMain(m *testing.M) {
	// The client of our tests leaves its timers behind when its last Refresh is refused.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/pion/turn/v5/internal/client.(*PeriodicTimer).Start.func1"))
}

// media is a media port that sends back what it receives.
type media struct {
	socket    *net.UDPConn
	addresses []netip.AddrPort

	mu        sync.Mutex
	links     map[*turn.Link]bool
	forgotten chan *turn.Link
	rerouted  chan *turn.Link
}

// link is what the media knows a turn.Link as.
type link = interface {
	Send(packet []byte) error
	Remote() netip.AddrPort
}

func (m *media) Receive(link link, data []byte) {
	m.mu.Lock()
	m.links[link.(*turn.Link)] = true
	m.mu.Unlock()
	_ = link.Send(data)
}

func (m *media) Forget(link link) {
	m.mu.Lock()
	delete(m.links, link.(*turn.Link))
	m.mu.Unlock()
	m.forgotten <- link.(*turn.Link)
}

func (m *media) Rerouted(link link) { m.rerouted <- link.(*turn.Link) }

func (m *media) WriteTURN(to netip.AddrPort, _ netip.Addr, data []byte) error {
	_, err := m.socket.WriteToUDPAddrPort(data, to)
	return err
}

func (m *media) MediaAddresses() []netip.AddrPort { return m.addresses }

func (m *media) peer() *net.UDPAddr { return net.UDPAddrFromAddrPort(m.addresses[0]) }

type harness struct {
	*turn.Server
	t     *testing.T
	media *media
	udp   string // where TURN over UDP is
	tcp   string // and over TCP
	now   *clock
}

// clock can be put forward.
type clock struct {
	mu     sync.Mutex
	offset time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

// serve starts a server between a real UDP socket, a real TCP listener and media that echoes.
func serve(t *testing.T, change func(*turn.Config)) *harness {
	t.Helper()
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	address := socket.LocalAddr().(*net.UDPAddr).AddrPort()
	m := &media{
		socket: socket, addresses: []netip.AddrPort{address}, links: map[*turn.Link]bool{},
		forgotten: make(chan *turn.Link, 100), rerouted: make(chan *turn.Link, 100),
	}
	now := &clock{}
	cfg := turn.Config{Secret: []byte(strings.Repeat("s", 32)), Now: now.Now}
	if change != nil {
		change(&cfg)
	}
	server, err := turn.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server.Attach(m)
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	wg.Go(func() {
		if err := server.ServeStreams(ctx, listener); err != nil {
			t.Errorf("ServeStreams: %v", err)
		}
	})
	wg.Go(func() {
		buf := make([]byte, 2048)
		for {
			n, from, err := socket.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			server.HandleTURN(m, from, address, buf[:n])
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = socket.Close()
		wg.Wait()
		if n := server.Stats().Allocations; n != 0 {
			t.Errorf("%d allocations are left", n)
		}
	})
	return &harness{Server: server, t: t, media: m, udp: address.String(), tcp: listener.Addr().String(), now: now}
}

// client is one of pion/turn, which browsers' is no relation of.
type client struct {
	*pion.Client
	conn net.PacketConn
}

func (h *harness) client(transport string, c turn.Credentials) *client {
	h.t.Helper()
	server := h.udp
	var conn net.PacketConn
	var err error
	if transport == "udp" {
		conn, err = net.ListenPacket("udp4", "127.0.0.1:0")
	} else {
		server = h.tcp
		var stream net.Conn
		if stream, err = net.Dial("tcp4", h.tcp); err == nil {
			conn = pion.NewSTUNConn(stream)
		}
	}
	if err != nil {
		h.t.Fatal(err)
	}
	p, err := pion.NewClient(&pion.ClientConfig{
		STUNServerAddr: server, TURNServerAddr: server, Conn: conn, Username: c.Username, Password: c.Password,
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: h.t.Output(), DefaultLogLevel: logging.LogLevelDisabled},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	if err := p.Listen(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		p.Close()
		_ = conn.Close()
	})
	return &client{Client: p, conn: conn}
}

func (c *client) allocate(t *testing.T) net.PacketConn {
	t.Helper()
	relay, err := c.Allocate()
	if err != nil {
		t.Fatalf("Allocate: %v", err)
	}
	t.Cleanup(func() { _ = relay.Close() })
	return relay
}

// echo sends until the same comes back: the first packets open the permission and the channel.
func echo(t *testing.T, relay net.PacketConn, peer net.Addr, text string) {
	t.Helper()
	if _, err := relay.WriteTo([]byte(text), peer); err != nil {
		t.Fatalf("WriteTo: %v", err)
	}
	_ = relay.SetReadDeadline(time.Now().Add(5 * time.Second))
	buf := make([]byte, 2048)
	for {
		n, from, err := relay.ReadFrom(buf)
		if err != nil {
			t.Fatalf("no %q came back: %v", text, err)
		}
		if from.String() != peer.String() {
			t.Fatalf("came from %v, not from %v", from, peer)
		}
		if string(buf[:n]) == text {
			return
		}
	}
}

func within[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(5 * time.Second):
		t.Fatalf("%s did not happen", what)
		panic("unreachable")
	}
}

func TestRelay(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			h := serve(t, nil)
			c := h.client(transport, h.Issue("alice", "seat"))
			relay := c.allocate(t)
			relayed := relay.LocalAddr().(*net.UDPAddr).AddrPort()
			if relayed.Addr() != h.media.addresses[0].Addr() {
				t.Errorf("relayed address %v is not at the media's", relayed)
			}
			echo(t, relay, h.media.peer(), "by indication") // pion's client begins with Send indications
			link := within(t, h.media.rerouted, "the binding of a channel")
			if link.Remote() != relayed {
				t.Errorf("the media knows the client as %v, and it is %v", link.Remote(), relayed)
			}
			_, _, number, ok := link.Channel()
			if ok != (transport == "udp") || ok && number < 0x4000 {
				t.Errorf("Channel = %#x, %v", number, ok)
			}
			for range 100 {
				echo(t, relay, h.media.peer(), "by channel")
			}
			if s := h.Stats(); s.PacketsIn < 101 || s.PacketsOut < 101 || s.Allocations != 1 || s.BytesIn < 1000 {
				t.Errorf("Stats = %+v", s)
			}
			if err := relay.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			if got := within(t, h.media.forgotten, "Forget"); got != link {
				t.Error("another link was forgotten")
			}
		})
	}
}

func eventually(t *testing.T, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatal("did not come to be")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// A port of TURN's own answers from itself, and the media's batch is not used for its clients.
func TestOwnPort(t *testing.T) {
	h := serve(t, nil)
	port, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.ServeUDP(ctx, port) }()
	h.udp = port.LocalAddr().String()
	relay := h.client("udp", h.Issue("alice", "seat")).allocate(t)
	echo(t, relay, h.media.peer(), "by indication")
	link := within(t, h.media.rerouted, "the binding of a channel")
	if _, _, _, ok := link.Channel(); ok {
		t.Error("its packets would leave from the media's port")
	}
	echo(t, relay, h.media.peer(), "by channel")
	_ = relay.Close()
	within(t, h.media.forgotten, "Forget")
	cancel()
	if err := within(t, ended, "the end of ServeUDP"); err != nil {
		t.Errorf("ServeUDP: %v", err)
	}
}
