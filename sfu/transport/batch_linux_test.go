package transport

import (
	"bytes"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// sink is a client that is nothing but a socket and its key.
type sink struct {
	conn   *Conn
	socket *net.UDPConn
	key    *srtp.Context
}

// newSinks wires n clients of one listener that nobody reads.
func newSinks(t testing.TB, n int) []*sink {
	t.Helper()
	l, err := New(Config{Addr: "127.0.0.1:0", Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.closeSockets() })
	sinks := make([]*sink, n)
	for i := range sinks {
		sinks[i] = newSink(t, l)
	}
	return sinks
}

func newSink(t testing.TB, l *Listener) *sink {
	t.Helper()
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	_ = socket.SetReadBuffer(1 << 20)
	s := &sink{socket: socket}
	if s.conn, err = l.NewConn(discard{}); err != nil {
		t.Fatal(err)
	}
	s.key = wire(t, s.conn, srtp.ProtectionProfileAeadAes128Gcm, socket.LocalAddr().(*net.UDPAddr).AddrPort())
	return s
}

// receive opens the next datagram.
func (s *sink) receive(t *testing.T) *rtp.Packet {
	t.Helper()
	_ = s.socket.SetReadDeadline(time.Now().Add(waitLimit))
	buf := make([]byte, maxDatagram)
	n, err := s.socket.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := s.key.DecryptRTP(nil, buf[:n], nil)
	if err != nil {
		t.Fatalf("%d bytes: %v", n, err)
	}
	var p rtp.Packet
	if err := p.Unmarshal(opened); err != nil {
		t.Fatal(err)
	}
	return &p
}

func (s *sink) send(t testing.TB, b *Batch, seq uint16, size int) {
	t.Helper()
	body := bytes.Repeat([]byte{byte(seq)}, size)
	if err := s.conn.Send(&Packet{SSRC: 1, PayloadType: 96, Sequence: seq, Body: body, Batch: b}); err != nil {
		t.Fatal(err)
	}
}

// wantSizes reads packets numbered from 0 on with these sizes.
func (s *sink) wantSizes(t *testing.T, sizes []int) {
	t.Helper()
	for seq, size := range sizes {
		p := s.receive(t)
		if p.SequenceNumber != uint16(seq) || !bytes.Equal(p.Payload, bytes.Repeat([]byte{byte(seq)}, size)) {
			t.Fatalf("received number %d with %d bytes, want %d with %d", p.SequenceNumber, len(p.Payload), seq, size)
		}
	}
}

func batchOf(s *sink) *Batch { return s.conn.l.workers[0].batch }

// TestBatchKeepsPacketsWholeAndInOrder checks also how many messages they go in.
func TestBatchKeepsPacketsWholeAndInOrder(t *testing.T) {
	for _, c := range []struct {
		name     string
		sizes    []int
		messages int
	}{
		{"one", []int{1000}, 1},
		{"equal", []int{1000, 1000, 1000}, 1},
		{"equal but for the last", []int{1000, 1000, 700}, 1},
		{"a larger one begins anew", []int{1000, 1001, 1001, 3, 1001, 1001}, 3},
		{"a smaller one ends", []int{1000, 900, 900, 900}, 2},
		{"audio goes by itself", []int{80, 80, 80}, 3},
		{"no more than a message takes", bytesToInts(bytes.Repeat([]byte{200}, 130), 5), 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			sinks := newSinks(t, 3)
			b := batchOf(sinks[0])
			for seq, size := range c.sizes {
				for _, s := range sinks[:1+2*min(1, 60/len(c.sizes))] {
					s.send(t, b, uint16(seq), size)
				}
			}
			want := c.messages
			if len(c.sizes) <= 60 {
				want *= 3
			}
			if len(b.messages) != want {
				t.Errorf("%d messages, want %d", len(b.messages), want)
			}
			b.flush()
			sinks[0].wantSizes(t, c.sizes)
			if len(c.sizes) <= 60 {
				sinks[1].wantSizes(t, c.sizes)
				sinks[2].wantSizes(t, c.sizes)
			}
			if s := b.counters; s.sendErrors.Load() != 0 || s.packetsOut.Load() == 0 {
				t.Errorf("%d errors, %d sent", s.sendErrors.Load(), s.packetsOut.Load())
			}
		})
	}
}

func bytesToInts(b []byte, times int) (sizes []int) {
	for _, v := range b {
		sizes = append(sizes, int(v)*times)
	}
	return sizes
}

// TestRefusedMessageGoesInPieces has the kernel refuse a message: more datagrams than it cuts one into.
func TestRefusedMessageGoesInPieces(t *testing.T) {
	s := newSinks(t, 1)[0]
	b := batchOf(s)
	sizes := []int{1000, 1000, 1000}
	for seq, size := range sizes {
		s.send(t, b, uint16(seq), size)
	}
	b.messages[0].segment = 1
	b.flush()
	s.wantSizes(t, sizes)
	if !s.conn.selected.Load().route.Load().whole.Load() {
		t.Fatal("the way is not marked")
	}
	for seq := range uint16(2) {
		s.send(t, b, 3+seq, 1000)
	}
	if len(b.messages) != 2 {
		t.Errorf("tried again: %d messages of 2 packets", len(b.messages))
	}
	if n := b.counters.sendErrors.Load(); n != 0 {
		t.Errorf("%d errors counted", n)
	}
}

// TestUnreachableClientCostsTheOthersNothing has the kernel refuse one message of several.
func TestUnreachableClientCostsTheOthersNothing(t *testing.T) {
	sinks := newSinks(t, 3)
	b := batchOf(sinks[0])
	// No socket that is bound to loopback reaches it.
	lost := b.socket.newRoute(netip.MustParseAddrPort("192.0.2.1:9"), netip.MustParseAddr("127.0.0.1"))
	sinks[1].conn.selected.Load().route.Store(lost)
	for seq := range uint16(2) {
		for _, s := range sinks {
			s.send(t, b, seq, 1000)
		}
	}
	b.flush()
	sinks[0].wantSizes(t, []int{1000, 1000})
	sinks[2].wantSizes(t, []int{1000, 1000})
	if n := b.counters.sendErrors.Load(); n != 2 {
		t.Errorf("%d errors counted, want 2", n)
	}
	if n := b.counters.packetsOut.Load(); n != 4 {
		t.Errorf("%d packets counted as sent, want 4", n)
	}
}

func TestFullBatchIsSent(t *testing.T) {
	s := newSinks(t, 1)[0]
	b := batchOf(s)
	for seq := range uint16(batchPackets + 1) {
		s.send(t, b, seq, 100)
	}
	if len(b.packets) != 1 {
		t.Errorf("%d packets wait", len(b.packets))
	}
	b.flush()
	for seq := range uint16(batchPackets) {
		if p := s.receive(t); p.SequenceNumber != seq {
			t.Fatalf("received %d, want %d", p.SequenceNumber, seq)
		}
	}
}

func TestNothingWaitsForLong(t *testing.T) {
	s := newSinks(t, 1)[0]
	b := batchOf(s)
	now := time.Now()
	b.begin(now)
	s.send(t, b, 0, 1000)
	b.begin(now.Add(batchWait - 1))
	if len(b.packets) != 1 {
		t.Fatal("sent before its time")
	}
	s.send(t, b, 1, 1000)
	b.begin(now.Add(batchWait))
	if len(b.packets) != 0 {
		t.Fatal("waits longer than it should")
	}
	s.wantSizes(t, []int{1000, 1000})
}

// BenchmarkFanOut seals and sends frames of several packets to 50 clients: what a camera with 50 viewers costs. The
// sinks are not read, so their buffers are full after a while.
func BenchmarkFanOut(b *testing.B) {
	for _, c := range []struct {
		name    string
		packets int
		size    int
		batched bool
	}{
		{"video one by one", 1, 1000, false}, {"video", 1, 1000, true}, {"video in frames of 5", 5, 1000, true},
		{"audio one by one", 1, 80, false}, {"audio", 1, 80, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			sinks := newSinks(b, 50)
			batch := batchOf(sinks[0])
			p := &Packet{SSRC: 1, PayloadType: 96, Source: 9, Body: make([]byte, c.size)}
			if c.batched {
				p.Batch = batch
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				for range c.packets {
					p.Sequence++
					for _, s := range sinks {
						if err := s.conn.Send(p); err != nil {
							b.Fatal(err)
						}
						n++
					}
				}
				batch.flush()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/packet")
		})
	}
}
