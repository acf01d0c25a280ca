package transport

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/srtp/v3"
)

// plainLink counts what it is given.
type plainLink struct {
	remote  netip.AddrPort
	packets int
}

func (p *plainLink) Remote() netip.AddrPort { return p.remote }
func (p *plainLink) Send([]byte) error      { p.packets++; return nil }

// channelOf is a plainLink with a channel bound.
type channelOf struct {
	plainLink
	client netip.AddrPort
}

func (c *channelOf) Channel() (netip.AddrPort, netip.Addr, uint16, bool) {
	return c.client, netip.MustParseAddr("127.0.0.1"), 0x4000, true
}

func (c *channelOf) Admit(int) bool { return true }

// overLink has c's media go along link.
func overLink(c *Conn, link Link) {
	w := c.l.workers[0]
	c.moveTo(w.validate(c, &datagram{remote: link.Remote(), link: link}))
}

func TestLinksDoNotAllocate(t *testing.T) {
	conn, client := wiredConn(t, srtp.ProtectionProfileAeadAes128Gcm, discard{})
	ours, theirs := tcpPair(t)
	defer ours.Close()
	tcp := newTCPLink(ours, netip.MustParseAddrPort("192.0.2.2:2"), &conn.l.cfg, &conn.l.counters)
	go func() { _ = tcp.run() }()
	defer tcp.finish()
	go drain(theirs)
	remote := conn.selected.Load().remote
	seq := uint16(0)
	for _, c := range []struct {
		name string
		link Link
	}{
		{"a link", &plainLink{remote: netip.MustParseAddrPort("192.0.2.1:1")}},
		{"a channel", &channelOf{plainLink{remote: netip.MustParseAddrPort("192.0.2.1:3")}, remote}},
		{"TCP", tcp},
	} {
		overLink(conn, c.link)
		batch := conn.l.workers[0].batch
		for _, b := range []*Batch{nil, batch} {
			p := &Packet{SSRC: 1, PayloadType: 96, Body: make([]byte, 1000), Batch: b}
			send := func() {
				seq++
				p.Sequence = seq
				if err := conn.Send(p); err != nil && !errors.Is(err, errQueueFull) {
					t.Fatal(err)
				}
			}
			for range 300 { // queues have grown
				send()
			}
			if n := testing.AllocsPerRun(300, send); n >= 1 {
				t.Errorf("%s: %v allocations a packet sent, with a batch: %v", c.name, n, b != nil)
			}
		}
		batch.flush()
		sealed := sealBatch(t, client, 0)
		w := conn.l.workers[0]
		if n := testing.AllocsPerRun(len(sealed)-1, func() {
			w.Receive(c.link, sealed[0])
			sealed = sealed[1:]
		}); n > 0 {
			t.Errorf("%s: %v allocations a packet received", c.name, n)
		}
	}
}

func drain(conn net.Conn) {
	buf := make([]byte, 64<<10)
	for {
		if _, err := conn.Read(buf); err != nil {
			return
		}
	}
}

// BenchmarkReceiveOverALink is from a link's bytes to the handler, with the lane lent for each packet.
func BenchmarkReceiveOverALink(b *testing.B) {
	conn, client := wiredConn(b, srtp.ProtectionProfileAeadAes128Gcm, discard{})
	link := &plainLink{remote: netip.MustParseAddrPort("192.0.2.1:1")}
	overLink(conn, link)
	sealed := sealBatch(b, client, 0)
	next, seq := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		if next == len(sealed) {
			b.StopTimer()
			seq += len(sealed)
			sealed, next = sealBatch(b, client, seq), 0
			conn.sendFeedback(time.Now())
			b.StartTimer()
		}
		conn.l.Receive(link, sealed[next])
		next++
	}
}

// BenchmarkSendOverALink is what one packet of a fan-out costs, by the way that it goes.
func BenchmarkSendOverALink(b *testing.B) {
	conn, _ := wiredConn(b, srtp.ProtectionProfileAeadAes128Gcm, discard{})
	remote := conn.selected.Load().remote
	direct := conn.selected.Load()
	for _, c := range []struct {
		name string
		link Link
	}{
		{"udp", nil},
		{"link", &plainLink{remote: netip.MustParseAddrPort("192.0.2.1:1")}},
		{"channel", &channelOf{plainLink{remote: netip.MustParseAddrPort("192.0.2.1:3")}, remote}},
	} {
		b.Run(c.name, func(b *testing.B) {
			conn.selected.Store(direct)
			if c.link != nil {
				overLink(conn, c.link)
			}
			batch := conn.l.workers[0].batch
			p := &Packet{SSRC: 1, PayloadType: 96, Body: make([]byte, 1000), Batch: batch, Sequence: conn.out.next}
			b.ReportAllocs()
			for b.Loop() {
				p.Sequence++
				if err := conn.Send(p); err != nil {
					b.Fatal(err)
				}
			}
			batch.flush()
		})
	}
}
