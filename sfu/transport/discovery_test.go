package transport

import (
	"bytes"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

// stunServer answers binding requests with an address of the test's choice.
type stunServer struct {
	socket *net.UDPConn
	mapped atomic.Pointer[netip.AddrPort] // nil for silence
	asked  chan netip.AddrPort
}

func newSTUNServer(t *testing.T, mapped string) *stunServer {
	t.Helper()
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	s := &stunServer{socket: socket, asked: make(chan netip.AddrPort, 64)}
	s.answer(mapped)
	done := make(chan struct{})
	go func() { defer close(done); s.run() }()
	t.Cleanup(func() { _ = socket.Close(); <-done })
	return s
}

func (s *stunServer) answer(mapped string) {
	if mapped == "" {
		s.mapped.Store(nil)
		return
	}
	a := netip.MustParseAddrPort(mapped)
	s.mapped.Store(&a)
}

func (s *stunServer) addr() string { return s.socket.LocalAddr().String() }

func (s *stunServer) run() {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := s.socket.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		m := stun.New()
		if _, err := m.Write(buf[:n]); err != nil {
			continue
		}
		select {
		case s.asked <- from:
		default:
		}
		if a := s.mapped.Load(); a != nil {
			answer := stun.MustBuild(stun.NewTransactionIDSetter(m.TransactionID), stun.BindingSuccess,
				&stun.XORMappedAddress{IP: a.Addr().AsSlice(), Port: int(a.Port())}, stun.Fingerprint)
			_, _ = s.socket.WriteToUDPAddrPort(answer.Raw, from)
		}
	}
}

func (l *Listener) advertises(a string) bool {
	return slices.Contains(l.MediaAddresses(), netip.AddrPortFrom(netip.MustParseAddr(a), l.Addr().Port()))
}

func TestPublicAddressIsAskedForAndFollowed(t *testing.T) {
	server := newSTUNServer(t, "203.0.113.7:5000")
	l := startListener(t, func(c *Config) {
		c.STUN = server.addr()
		c.Timeouts.Discover = 20 * time.Millisecond
	})
	eventually(t, "the public address is advertised", func() bool { return l.advertises("203.0.113.7") })
	if from := receive(t, "the question", server.asked); from != l.Addr() {
		t.Errorf("asked from %v, want the media port %v", from, l.Addr())
	}
	if first := l.MediaAddresses()[0]; first.Addr() != netip.MustParseAddr("203.0.113.7") {
		t.Errorf("%v comes before it", first)
	}
	if !l.advertises("127.0.0.1") {
		t.Error("the host's own address is gone")
	}
	server.answer("203.0.113.8:5000")
	eventually(t, "the new address is advertised", func() bool {
		return l.advertises("203.0.113.8") && !l.advertises("203.0.113.7")
	})
	server.answer("") // no answer changes nothing
	for range 3 {
		receive(t, "the question", server.asked)
	}
	if !l.advertises("203.0.113.8") {
		t.Error("the address that was found last is gone")
	}
}

// logBuffer is a log that a test reads.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *logBuffer) has(s string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Contains(b.b.Bytes(), []byte(s))
}

func (b *logBuffer) count(s string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Count(b.b.Bytes(), []byte(s))
}

func TestUnknownPublicAddressIsWarnedAbout(t *testing.T) {
	for name, server := range map[string]string{
		"silent":       newSTUNServer(t, "").addr(),
		"unresolvable": "nobody.invalid:3478",
		"unreachable":  "[2001:db8::1]:3478", // the listener has IPv4 only
	} {
		t.Run(name, func(t *testing.T) {
			var log logBuffer
			l := startListener(t, func(c *Config) {
				c.STUN = server
				c.Logger = slog.New(slog.NewTextHandler(&log, nil))
			})
			eventually(t, "the log says so", func() bool {
				return log.has("the public address cannot be found") && log.has(`stunServer=`+server) || log.has(`stunServer="`+server)
			})
			if !l.advertises("127.0.0.1") {
				t.Error("the host's own address is not advertised")
			}
		})
	}
}

// A NAT that gives the media port another number needs a forwarding that keeps it; that is said once, and again for another.
func TestAnotherNumberOfTheMediaPortIsWarnedAbout(t *testing.T) {
	const warning = "gives the media port another number"
	server := newSTUNServer(t, "203.0.113.7:5000")
	var log logBuffer
	startListener(t, func(c *Config) {
		c.STUN, c.Timeouts.Discover = server.addr(), 10*time.Millisecond
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	eventually(t, "the log says so", func() bool { return log.has(warning) && log.has("mapped=203.0.113.7:5000") })
	for range 5 {
		receive(t, "the question", server.asked)
	}
	if n := log.count(warning); n != 1 {
		t.Errorf("said %d times", n)
	}
	server.answer("203.0.113.7:5001")
	eventually(t, "the log names the other", func() bool { return log.has("mapped=203.0.113.7:5001") })
}

func TestTheSameNumberOfTheMediaPortIsNothingToSay(t *testing.T) {
	var log logBuffer
	server := newSTUNServer(t, "")
	l := startListener(t, func(c *Config) {
		c.STUN, c.Timeouts.Discover = server.addr(), 10*time.Millisecond
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	server.answer(netip.AddrPortFrom(netip.MustParseAddr("203.0.113.7"), l.Addr().Port()).String())
	eventually(t, "the address is found", func() bool { return log.has("public address found") })
	if log.has("another number") {
		t.Error("warned")
	}
}

// TestAnswersThatNobodyAskedForAreDropped: who does not know the transaction, or is not the server, cannot tell us an
// address.
func TestAnswersThatNobodyAskedForAreDropped(t *testing.T) {
	server := newSTUNServer(t, "")
	l := startListener(t, func(c *Config) { c.STUN = server.addr() })
	receive(t, "the question", server.asked)
	q := l.discovery.question.Load()
	forged := func(id [stun.TransactionIDSize]byte) []byte {
		return stun.MustBuild(stun.NewTransactionIDSetter(id), stun.BindingSuccess,
			&stun.XORMappedAddress{IP: net.IPv4(198, 51, 100, 1), Port: 1}, stun.Fingerprint).Raw
	}
	stranger := newRawClient(t)
	stranger.send(t, l, forged(q.id)) // not from the server
	wantDrops(t, l, "stun_malformed", 1)
	if _, err := server.socket.WriteToUDPAddrPort(forged([12]byte{1}), l.Addr()); err != nil { // not to the question
		t.Fatal(err)
	}
	wantDrops(t, l, "stun_malformed", 2)
	if l.advertises("198.51.100.1") {
		t.Error("a stranger's address is advertised")
	}
}

func TestBadSTUNServerIsRefused(t *testing.T) {
	for _, s := range []string{"stun.example.com", ":3478", "stun.example.com:", "a:b:c"} {
		if _, err := New(Config{Addr: ":0", STUN: s}); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
}
