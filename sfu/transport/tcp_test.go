package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// startTCP runs a listener and a TCP port whose connections it serves.
func startTCP(t testing.TB, host string, change func(*Config)) (*Listener, *tcpPort) {
	t.Helper()
	l := startListener(t, func(c *Config) {
		c.Addr = net.JoinHostPort(host, "0")
		if change != nil {
			change(c)
		}
	})
	port, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	p := &tcpPort{Listener: port, ended: make(chan error, 256)}
	l.AdvertiseTCP(p.addr())
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	wg.Go(func() {
		for {
			conn, err := port.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { p.ended <- l.ServeTCP(ctx, conn) })
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = port.Close()
		wg.Wait()
	})
	return l, p
}

type tcpPort struct {
	net.Listener
	ended chan error // what ServeTCP returned
}

func (p *tcpPort) addr() netip.AddrPort { return p.Addr().(*net.TCPAddr).AddrPort() }

// dial opens a connection as a client that writes frames by hand.
func (p *tcpPort) dial(t testing.TB) *rawTCP {
	t.Helper()
	conn, err := net.Dial("tcp", p.addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &rawTCP{Conn: conn, frames: newFrameReader(conn)}
}

type rawTCP struct {
	net.Conn
	frames *frameReader
}

func (r *rawTCP) send(t *testing.T, packets ...[]byte) {
	t.Helper()
	var b []byte
	for _, p := range packets {
		b = appendFrame(b, p)
	}
	if _, err := r.Write(b); err != nil {
		t.Fatal(err)
	}
}

func (r *rawTCP) next(t *testing.T) []byte {
	t.Helper()
	_ = r.SetReadDeadline(time.Now().Add(waitLimit))
	for {
		packet, ok, err := r.frames.next()
		if err == nil && !ok {
			err = r.frames.fill()
		}
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			return packet
		}
	}
}

// wantEnd waits until the server has closed the connection.
func (r *rawTCP) wantEnd(t *testing.T) {
	t.Helper()
	_ = r.SetReadDeadline(time.Now().Add(waitLimit))
	if _, err := io.Copy(io.Discard, r.Conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal("the server did not close the connection")
	}
}

func onlyTCP(types ...webrtc.NetworkType) func(*webrtc.SettingEngine) {
	return func(s *webrtc.SettingEngine) { s.SetNetworkTypes(types) }
}

// TestMediaGoesBothWaysOverTCP has a whole WebRTC client with no UDP.
func TestMediaGoesBothWaysOverTCP(t *testing.T) {
	for _, c := range []struct {
		name, host string
		network    webrtc.NetworkType
	}{
		{"IPv4", "127.0.0.1", webrtc.NetworkTypeTCP4},
		{"IPv6", "::1", webrtc.NetworkTypeTCP6},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.host == "::1" && !hasIPv6() {
				t.Skip("no IPv6 here")
			}
			l, port := startTCP(t, c.host, nil)
			j, conn := join(t, l, onlyTCP(c.network))
			for seq := range uint16(50) {
				exchange(t, j, conn, seq)
			}
			if s := l.Stats().TCP; s.Links == 0 || s.Strangers != 0 || s.Accepted == 0 {
				t.Errorf("stats %+v", s)
			}
			conn.Close()
			wantState(t, j.recorder, Closed)
			receive(t, "the end of the connection", port.ended)
			eventually(t, "no link is left", func() bool { return l.Stats().TCP.Links == 0 && l.byAddr.len() == 0 })
		})
	}
}

func TestIPv6Only(t *testing.T) {
	if !hasIPv6() {
		t.Skip("no IPv6 here")
	}
	l := startListener(t, func(c *Config) { c.Addr = "[::1]:0" })
	j, conn := join(t, l, onlyTCP(webrtc.NetworkTypeUDP6))
	exchange(t, j, conn, 1)
}

// TestClientMovesBetweenTCPAndUDP does so by ICE restarts in mid-call, as a browser whose network changes.
func TestClientMovesBetweenTCPAndUDP(t *testing.T) {
	l, _ := startTCP(t, "127.0.0.1", nil)
	j := newJoined(t, onlyTCP(webrtc.NetworkTypeTCP4, webrtc.NetworkTypeUDP4))
	j.blocked = " udp "
	conn := j.join(t, l)
	exchange(t, j, conn, 1)
	for i, network := range []string{"udp", "tcp", "udp"} {
		if overTCP := conn.selected.Load().link != nil; overTCP != (network == "udp") {
			t.Fatalf("before move %d to %s: over TCP: %v", i, network, overTCP)
		}
		j.blocked = map[string]string{"udp": " tcp ", "tcp": " udp "}[network]
		if _, err := j.negotiate(conn, &webrtc.OfferOptions{ICERestart: true}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the client nominated "+network, func() bool {
			p := conn.selected.Load()
			return p != nil && (p.link != nil) == (network == "tcp") &&
				j.pc.ICEConnectionState() == webrtc.ICEConnectionStateConnected
		})
		exchange(t, j, conn, uint16(2+i))
	}
	if n := l.Stats().Handshakes; n != 1 {
		t.Errorf("%d handshakes, want the one", n)
	}
}

func TestRunEndsTCPConnections(t *testing.T) {
	l, err := New(Config{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	rec := newRecorder()
	conn, _ := l.NewConn(rec)
	r := newRawClient(t)
	r.offer(t, conn, offerText(r.certificate.fingerprint))
	ours, theirs := tcpPair(t)
	served := make(chan error, 1)
	go func() { served <- l.ServeTCP(context.Background(), ours) }()
	if _, err := theirs.Write(appendFrame(nil, bindingRequestFor(r.creds).Raw)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the link is there", func() bool { return l.Stats().TCP.Links == 1 })
	cancel()
	if err := receive(t, "the end of Run", done); err != nil {
		t.Error(err)
	}
	receive(t, "the end of ServeTCP", served)
	again, other := tcpPair(t)
	_ = other
	if err := l.ServeTCP(context.Background(), again); !errors.Is(err, net.ErrClosed) {
		t.Errorf("served after the end: %v", err)
	}
	if err := l.WriteTURN(netip.MustParseAddrPort("127.0.0.1:9"), netip.Addr{}, []byte{1}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("wrote after the end: %v", err)
	}
	l.Receive(newLinkClient(t, l).link, []byte{1})
}

// tcpPair returns both ends of a connection.
func tcpPair(t *testing.T) (ours, theirs net.Conn) {
	t.Helper()
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	if theirs, err = net.Dial("tcp", port.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = theirs.Close() })
	if ours, err = port.Accept(); err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

// TestStrangersAreCounted: in all, and of one host, which has a whole network of IPv6.
func TestStrangersAreCounted(t *testing.T) {
	limits := &Limits{TCPStrangers: 4, TCPPerAddress: 2}
	var conns tcpConns
	conns.init()
	var in []*tcpLink
	for i, c := range []struct {
		remote string
		ok     bool
	}{
		{"192.0.2.1:1", true},
		{"192.0.2.1:2", true},
		{"192.0.2.1:3", false}, // the third of one address
		{"[2001:db8::1]:1", true},
		{"[2001:db8::2]:1", true},
		{"[2001:db8::3]:1", false}, // the third of one network
		{"192.0.2.2:1", false},     // the fifth of all
	} {
		link := &tcpLink{remote: netip.MustParseAddrPort(c.remote)}
		if err := conns.admit(link, limits); (err == nil) != c.ok {
			t.Errorf("number %d from %s: %v", i, c.remote, err)
		}
		if c.ok {
			in = append(in, link)
		}
	}
	conns.prove(in[0])
	late := &tcpLink{remote: netip.MustParseAddrPort("192.0.2.1:4")}
	if err := conns.admit(late, limits); err != nil {
		t.Errorf("after one of four has shown credentials: %v", err)
	}
	for _, link := range append(in, late) {
		conns.leave(link)
	}
	if strangers, links := conns.count(); strangers != 0 || links != 0 || len(conns.perAddr) != 0 {
		t.Errorf("%d strangers, %d links and %d addresses are left", strangers, links, len(conns.perAddr))
	}
}
