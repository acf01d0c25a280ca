package turn_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/pion/stun/v3"

	"github.com/digierapro/parley/turn"
)

func bareAllocate() []byte {
	return stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest), udpTransport).Raw
}

// strange is the n-th forged address.
func strange(n int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 18, byte(n >> 8), byte(n)}), uint16(1024+n))
}

// silent is media that counts what leaves, and to whom.
type silent struct {
	*media
	out map[netip.Addr]int
}

func (s *silent) WriteTURN(to netip.AddrPort, _ netip.Addr, data []byte) error {
	s.out[to.Addr()] += len(data)
	return nil
}

// TestStrangersGetNoMoreThanTheySend floods from ten addresses and from ten thousand. No address is sent more bytes than
// have come from it, and memory stays as it was.
func TestStrangersGetNoMoreThanTheySend(t *testing.T) {
	for name, requests := range map[string]func(n int) []byte{
		"Allocate": func(int) []byte { return bareAllocate() },
		"Binding":  func(int) []byte { return stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw },
		"signed by nobody": func(int) []byte {
			return stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest), udpTransport,
				stun.NewUsername("x"), stun.NewRealm("parley"), stun.NewNonce("AAAAAAAAAAAA"), stun.NewLongTermIntegrity("x", "parley", "x")).Raw
		},
	} {
		for _, addresses := range []int{1, 10, 10_000} {
			s := &silent{media: &media{addresses: []netip.AddrPort{strange(0)}}, out: map[netip.Addr]int{}}
			server, err := turn.New(turn.Config{Secret: make([]byte, 32), StrangerAnswers: 1e6, AllAnswers: 1e9})
			if err != nil {
				t.Fatal(err)
			}
			server.Attach(s)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			in := map[netip.Addr]int{}
			total, answered := 0, 0
			for n := range 10_000 {
				request := requests(n)
				from := strange(n % addresses)
				in[from.Addr()] += len(request)
				total += len(request)
				server.HandleTURN(s, from, strange(0), request)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			for a, out := range s.out {
				answered += out
				if out > in[a] {
					t.Fatalf("%s from %d addresses: %v has sent %d bytes and was sent %d", name, addresses, a, in[a], out)
				}
			}
			if addresses < 100 && answered == 0 {
				t.Errorf("%s from %d addresses: nobody was answered", name, addresses)
			}
			if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
				t.Errorf("%s from %d addresses: %d bytes of memory", name, addresses, grown)
			}
			t.Logf("%s from %d addresses: %d bytes in, %d out, %.2f×", name, addresses, total, answered, float64(answered)/float64(total))
			runtime.KeepAlive(server)
		}
	}
}

func TestStrangersAreAnsweredAtARate(t *testing.T) {
	for _, addresses := range []int{1, 1000} {
		s := &silent{media: &media{addresses: []netip.AddrPort{strange(0)}}, out: map[netip.Addr]int{}}
		server, err := turn.New(turn.Config{Secret: make([]byte, 32), StrangerAnswers: 10, AllAnswers: 50})
		if err != nil {
			t.Fatal(err)
		}
		server.Attach(s)
		begun := time.Now()
		for n := range 10_000 {
			server.HandleTURN(s, strange(n%addresses), strange(0), bareAllocate())
		}
		seconds := time.Since(begun).Seconds() + 1
		stats := server.Stats()
		if most := uint64(seconds * 50); stats.Strangers > most || addresses == 1 && stats.Strangers > uint64(seconds*10) {
			t.Errorf("%d addresses: %d answers in %.1f s", addresses, stats.Strangers, seconds)
		}
		if stats.Dropped["rate"] == 0 || stats.Strangers == 0 {
			t.Errorf("%d addresses: %+v", addresses, stats)
		}
	}
}

// TestExpectedClientsAreAnsweredAtOnce is why a browser loses no time by all this: it got its credentials over HTTP.
func TestExpectedClientsAreAnsweredAtOnce(t *testing.T) {
	h := serve(t, nil)
	conn, err := net.Dial("udp4", h.udp)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r := &raw{t: t, conn: conn}
	r.write(bareAllocate())
	if b := r.read(100 * time.Millisecond); b != nil {
		t.Errorf("a stranger's first %d bytes were answered with %d", 28, len(b))
	}
	h.Expect(netip.MustParseAddr("127.0.0.1"))
	r.write(bareAllocate())
	if b := r.read(time.Second); len(b) != 56 {
		t.Errorf("%d bytes came, not 56", len(b))
	}
}

func TestNoncesAreBoundToTheirAddress(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		h := serve(t, nil)
		one, two := h.raw(t, transport, h.Issue("alice", "seat")), h.raw(t, transport, h.Issue("alice", "seat"))
		two.nonce = one.fetchNonce()
		if got := two.ask(stun.MethodAllocate, udpTransport); code(got) != stun.CodeStaleNonce {
			t.Errorf("%s: another's nonce: %v", transport, code(got))
		}
		one.nonce = ""
		one.allocate()
		h.now.forward(2 * time.Hour)
		if got := one.ask(stun.MethodRefresh); code(got) != stun.CodeStaleNonce {
			t.Errorf("%s: an old nonce: %v", transport, code(got))
		}
	}
}

// Streams that say nothing, or garbage, or lie about lengths, end, and take no allocation of others with them.
func TestStreamsWithBadFraming(t *testing.T) {
	h := serve(t, func(c *turn.Config) { c.AddressStreams = 12 })
	good := h.raw(t, "tcp", h.Issue("alice", "seat"))
	good.allocate()
	for name, data := range map[string][]byte{
		"HTTP":                    []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"a long message":          {0, 3, 0xff, 0xfc, 0x21, 0x12, 0xa4, 0x42},
		"a length of no STUN":     {0, 3, 0, 1, 0x21, 0x12, 0xa4, 0x42},
		"a long channel message":  {0x40, 0, 0xff, 0xff, 1, 2, 3, 4},
		"zeros in place of STUN":  append([]byte{0, 3, 0, 1}, make([]byte, 60)...),
		"a byte that starts none": {0x50, 0, 0, 0},
	} {
		r := h.raw(t, "tcp", turn.Credentials{})
		r.write(data)
		_ = r.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		if n, err := r.conn.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("%s: %d bytes, %v", name, n, err)
		} else if e, ok := err.(net.Error); ok && e.Timeout() {
			t.Errorf("%s: still open", name)
		}
	}
	for range 20 {
		conn, err := net.Dial("tcp4", h.tcp)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	eventually(t, func() bool { return h.Stats().Dropped["streams"] >= 9 })
	if n := h.Stats().Streams; n > 12 {
		t.Errorf("%d streams of one address", n)
	}
	if c := code(good.ask(stun.MethodRefresh)); c != 0 {
		t.Errorf("Refresh: %v", c)
	}
}

// A client that does not read loses packets, and holds nobody up.
func TestSlowStream(t *testing.T) {
	h := serve(t, func(c *turn.Config) { c.Quota = turn.Quota{UserBandwidth: 1 << 30, AddressBandwidth: 1 << 30} })
	r := h.raw(t, "tcp", h.Issue("alice", "seat"))
	_ = r.conn.(*net.TCPConn).SetReadBuffer(4096)
	r.allocate()
	if c := code(r.ask(stun.MethodChannelBind, channelNumber(0x4000), peerAttribute(h.media.addresses[0]))); c != 0 {
		t.Fatal(c)
	}
	link := within(t, h.media.rerouted, "the binding")
	begun := time.Now()
	for n := 0; h.Stats().Dropped["slow"] < 100; n++ {
		_ = link.Send(make([]byte, 1200))
		if n > 1e6 {
			t.Fatal("a client that does not read gets all")
		}
	}
	if d := time.Since(begun); d > 5*time.Second {
		t.Errorf("took %v", d)
	}
}

// One user's requests without end do not keep another one from what they ask.
func TestRequestsOfAUserAreBounded(t *testing.T) {
	h := serve(t, func(c *turn.Config) { c.UserRequests = 2 })
	alice := h.raw(t, "udp", h.Issue("alice", "seat"))
	alice.allocate()
	for range 100 {
		alice.write(alice.signed(stun.MethodRefresh).Raw)
	}
	eventually(t, func() bool { return h.Stats().Dropped["user_rate"] >= 70 })
	bob := h.raw(t, "udp", h.Issue("bob", "seat"))
	bob.allocate()
	h.now.forward(time.Minute)
	if c := code(alice.ask(stun.MethodRefresh)); c != 0 {
		t.Errorf("a minute later alice is refused: %v", c)
	}
}

func FuzzHandleTURN(f *testing.F) {
	s := &silent{media: &media{addresses: []netip.AddrPort{strange(0)}}, out: map[netip.Addr]int{}}
	server, err := turn.New(turn.Config{Secret: make([]byte, 32)})
	if err != nil {
		f.Fatal(err)
	}
	server.Attach(s)
	f.Add(bareAllocate())
	f.Add([]byte{0x40, 0, 0, 4, 1, 2, 3, 4})
	f.Add([]byte{0x40, 0, 0xff, 0xff, 1})
	f.Add(binary.BigEndian.AppendUint32([]byte{0, 3, 0xff, 0xff}, 0x2112a442))
	c := server.Issue("alice", "seat")
	f.Add(stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodChannelBind, stun.ClassRequest), channelNumber(0x4000), peer("127.0.0.1", 1),
		stun.NewUsername(c.Username), stun.NewRealm("parley"), stun.NewNonce("AAAAAAAAAAAA"), stun.NewLongTermIntegrity(c.Username, "parley", c.Password)).Raw)
	f.Add(stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication), peer("127.0.0.1", 1), attribute{stun.AttrData, []byte("x")}).Raw)
	f.Fuzz(func(_ *testing.T, data []byte) { server.HandleTURN(s, strange(1), strange(0), data) })
}
