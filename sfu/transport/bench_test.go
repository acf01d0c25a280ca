package transport

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/pion/stun/v3"
)

// wiredConn is a Conn with keys, as a handshake leaves it, whose client is a socket that nobody reads.
func wiredConn(t testing.TB, profile srtp.ProtectionProfile, h Handler) (c *Conn, client *srtp.Context) {
	t.Helper()
	l, err := New(Config{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Listen(); err != nil {
		t.Fatal(err)
	}
	sink, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = l.closeSockets(), sink.Close() })
	if c, err = l.NewConn(h); err != nil {
		t.Fatal(err)
	}
	return c, wire(t, c, profile, sink.LocalAddr().(*net.UDPAddr).AddrPort())
}

// wire gives c keys and the address of its client, and returns the client's key.
func wire(t testing.TB, c *Conn, profile srtp.ProtectionProfile, client netip.AddrPort) *srtp.Context {
	t.Helper()
	key, salt := make([]byte, 16), make([]byte, 14)
	if profile == srtp.ProtectionProfileAeadAes128Gcm {
		salt = salt[:12]
	}
	out, err := newOutboundKeys(profile, key, salt)
	if err != nil {
		t.Fatal(err)
	}
	in, err := newInboundKeys(profile, key, salt)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := srtp.CreateContext(key, salt, profile)
	if err != nil {
		t.Fatal(err)
	}
	c.out.setKeys(out)
	c.keys.Store(in)
	c.out.setStreams(map[uint32]Extensions{1: {TransportCC: 3, AbsSendTime: 2, AudioLevel: 1}}, nil)
	c.extensions.Store(&Extensions{TransportCC: 3})
	w := c.l.workers[0]
	w.now = time.Now()
	c.moveTo(w.validate(c, &datagram{remote: client, local: netip.MustParseAddr("127.0.0.1")}))
	return theirs
}

// receive carries one datagram as if a worker had read it.
func (l *Listener) receive(d *datagram) {
	l.workers[0].receive(d)
	l.counters.packetsIn.Add(1)
}

type discard struct{}

func (discard) HandleRTP([]byte, time.Time)  {}
func (discard) HandleRTCP([]byte, time.Time) {}
func (discard) HandleState(State)            {}

func BenchmarkSend(b *testing.B) {
	for _, c := range []struct {
		name    string
		profile srtp.ProtectionProfile
	}{{"gcm", srtp.ProtectionProfileAeadAes128Gcm}, {"cm", srtp.ProtectionProfileAes128CmHmacSha1_80}} {
		b.Run(c.name, func(b *testing.B) {
			conn, _ := wiredConn(b, c.profile, discard{})
			p := &Packet{SSRC: 1, PayloadType: 96, Source: 9, HasAudioLevel: true, Head: make([]byte, 6), Body: make([]byte, 1000)}
			b.ReportAllocs()
			for b.Loop() {
				p.Sequence++
				if err := conn.Send(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkReceive measures from the datagram to the handler; sealing the packets is outside of it.
func BenchmarkReceive(b *testing.B) {
	for _, c := range []struct {
		name    string
		profile srtp.ProtectionProfile
	}{{"gcm", srtp.ProtectionProfileAeadAes128Gcm}, {"cm", srtp.ProtectionProfileAes128CmHmacSha1_80}} {
		b.Run(c.name, func(b *testing.B) {
			conn, client := wiredConn(b, c.profile, discard{})
			d := datagram{remote: conn.selected.Load().remote}
			sealed := sealBatch(b, client, 0)
			next, seq := 0, 0
			b.ReportAllocs()
			for b.Loop() {
				if next == len(sealed) {
					b.StopTimer()
					seq += len(sealed)
					sealed, next = sealBatch(b, client, seq), 0
					conn.sendFeedback(conn.l.workers[0].now)
					b.StartTimer()
				}
				d.data = sealed[next]
				conn.l.receive(&d)
				next++
			}
			if dropped := conn.l.Stats().Dropped["rtp_auth"]; dropped > 0 {
				b.Fatalf("%d packets did not open", dropped)
			}
		})
	}
}

func sealBatch(t testing.TB, client *srtp.Context, seq int) [][]byte {
	sealed := make([][]byte, 200)
	for i := range sealed {
		h := rtp.Header{Version: 2, SSRC: 7, SequenceNumber: uint16(seq + i)}
		if err := h.SetExtension(3, []byte{byte((seq + i) >> 8), byte(seq + i)}); err != nil {
			t.Fatal(err)
		}
		raw, err := (&rtp.Packet{Header: h, Payload: make([]byte, 1000)}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if sealed[i], err = client.EncryptRTP(nil, raw, nil); err != nil {
			t.Fatal(err)
		}
	}
	return sealed
}

func BenchmarkReceiveGarbage(b *testing.B) {
	conn, _ := wiredConn(b, srtp.ProtectionProfileAeadAes128Gcm, discard{})
	d := datagram{remote: netip.MustParseAddrPort("192.0.2.9:5000"), data: make([]byte, 500)}
	d.data[0] = 0x80
	b.ReportAllocs()
	for b.Loop() {
		conn.l.receive(&d)
	}
}

func BenchmarkBindingRequest(b *testing.B) {
	conn, _ := wiredConn(b, srtp.ProtectionProfileAeadAes128Gcm, discard{})
	creds := newCredentials(conn.l.newUfrag(conn), "0123456789012345678901", "abcd")
	conn.credentials.Store(&[]*credentials{creds})
	m := bindingRequestFor(creds)
	d := datagram{remote: conn.selected.Load().remote, local: netip.MustParseAddr("127.0.0.1"), data: m.Raw}
	b.ReportAllocs()
	for b.Loop() {
		conn.l.receive(&d)
	}
	if n := conn.l.Stats().Dropped["stun_integrity"]; n > 0 {
		b.Fatalf("%d requests refused", n)
	}
}

func bindingRequestFor(creds *credentials, more ...stun.Setter) *stun.Message {
	setters := append([]stun.Setter{stun.TransactionID, stun.BindingRequest, stun.NewUsername(creds.userName)}, more...)
	return stun.MustBuild(append(setters, creds.key, stun.Fingerprint)...)
}

func TestPacketPathDoesNotAllocate(t *testing.T) {
	conn, client := wiredConn(t, srtp.ProtectionProfileAeadAes128Gcm, discard{})
	p := &Packet{SSRC: 1, PayloadType: 96, Source: 9, HasAudioLevel: true, Body: make([]byte, 1000)}
	if n := testing.AllocsPerRun(200, func() {
		p.Sequence++
		if err := conn.Send(p); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations a packet sent", n)
	}
	batch := conn.l.workers[0].batch
	p.Batch = batch
	if n := testing.AllocsPerRun(2*batchPackets, func() {
		p.Sequence++
		if err := conn.Send(p); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations a packet sent with a batch", n)
	}
	batch.flush()
	sealed := sealBatch(t, client, 0)
	d := datagram{remote: conn.selected.Load().remote}
	if n := testing.AllocsPerRun(len(sealed)-1, func() {
		d.data, sealed = sealed[0], sealed[1:]
		conn.l.receive(&d)
	}); n > 0 {
		t.Errorf("%v allocations a packet received", n)
	}
}
