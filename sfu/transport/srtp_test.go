package transport

import (
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/srtp/v3"
)

func (r *rawClient) seal(t *testing.T, seq uint16) []byte {
	t.Helper()
	raw, err := rtpPacket(seq, "sound").Marshal()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := r.out.EncryptRTP(nil, raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestReplayedAndAlteredMediaIsDropped(t *testing.T) {
	l := startListener(t, nil)
	r, rec, _, _ := rawJoin(t, l)
	sealed := r.seal(t, 7)
	r.send(t, l, sealed)
	receive(t, "the first copy", rec.rtp)
	r.send(t, l, sealed)
	wantDrops(t, l, "replay", 1)

	altered := r.seal(t, 8)
	altered[len(altered)-1] ^= 1
	r.send(t, l, altered)
	wantDrops(t, l, "rtp_auth", 1)

	lying := r.seal(t, 9)
	lying[0] |= 0x10                                                    // says that there are extensions
	lying[12], lying[13], lying[14], lying[15] = 0xbe, 0xde, 0xff, 0xff // of 256 KiB
	r.send(t, l, lying)
	wantDrops(t, l, "rtp_malformed", 1)

	garbage := append([]byte{0x80, 200, 0, 1}, make([]byte, 60)...)
	r.send(t, l, garbage)
	wantDrops(t, l, "rtcp_auth", 1)
	if len(rec.rtp) != 0 {
		t.Error("a dropped packet reached the handler")
	}
}

func TestEarlyMediaIsDropped(t *testing.T) {
	l := startListener(t, nil)
	r, _, conn, _ := rawOffered(t, l)
	r.check(t, l)
	r.send(t, l, append([]byte{0x80, 111}, make([]byte, 50)...))
	wantDrops(t, l, "early", 1)
	if err := conn.Send(&Packet{SSRC: 1}); err == nil {
		t.Error("sent without keys")
	}
}

func TestStreamsOfAClientAreBounded(t *testing.T) {
	l := startListener(t, func(c *Config) { c.Limits.InboundSSRCs = 4 })
	r, _, _, _ := rawJoin(t, l)
	for ssrc := range uint32(6) {
		r.sendRTP(t, l, ssrc+1, 0)
	}
	wantDrops(t, l, "too_many_ssrcs", 2)
}

// Of each sender of RTCP a replay window is kept, so a client cannot have as many as it likes; those that it has go on.
func TestControlSendersOfAClientAreBounded(t *testing.T) {
	l := startListener(t, func(c *Config) { c.Limits.InboundSSRCs = 4 })
	r, rec, conn, _ := rawJoin(t, l)
	report := func(ssrc uint32) {
		r.sendRTCP(t, l, &rtcp.PictureLossIndication{SenderSSRC: ssrc, MediaSSRC: ssrc})
	}
	for ssrc := range uint32(100) {
		report(ssrc)
	}
	wantDrops(t, l, "too_many_ssrcs", 96)
	report(3)
	for _, want := range []uint32{0, 1, 2, 3, 3} {
		var pli rtcp.PictureLossIndication
		if err := pli.Unmarshal(receive(t, "a control packet", rec.rtcp)); err != nil || pli.MediaSSRC != want {
			t.Errorf("received %+v, %v, want one about %d", pli, err, want)
		}
	}
	conn.inbound.mu.Lock()
	defer conn.inbound.mu.Unlock()
	if n := len(conn.inbound.senders); n != 4 {
		t.Errorf("%d senders are known, want 4", n)
	}
}

// Small packets cost as much as large ones, and each goes to everybody: within a client's bitrate there are too many.
func TestPacketsOfAClientHaveARate(t *testing.T) {
	l := startListener(t, func(c *Config) { c.Limits.InboundPackets = 100 })
	r, rec, _, _ := rawJoin(t, l)
	for seq := range uint16(400) {
		r.sendRTP(t, l, 1, seq)
	}
	wantDrops(t, l, "packet_rate", 200)
	if n := len(rec.rtp); n < 50 {
		t.Errorf("%d packets were taken, want half a second's at least", n)
	}
	r.sendRTCP(t, l, &rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: 2})
	receive(t, "a control packet", rec.rtcp)
}

// One packet of RTCP can ask for hundreds of others, so it is not only bytes that count; media goes on.
func TestControlPacketsOfAClientHaveARate(t *testing.T) {
	l := startListener(t, func(c *Config) { c.Limits.ControlBitrate = 8 * 20 * smallestCharge }) // 20 a second
	r, rec, _, _ := rawJoin(t, l)
	for range 200 {
		r.sendRTCP(t, l, &rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: 2})
	}
	wantDrops(t, l, "rtcp_rate", 100)
	r.sendRTP(t, l, 1, 0)
	receive(t, "media", rec.rtp)
}

func TestControlPacketsArriveWithoutTheTransportsOwn(t *testing.T) {
	l := startListener(t, nil)
	r, rec, _, _ := rawJoin(t, l)
	pli := &rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: 2}
	cc := &rtcp.TransportLayerCC{
		Header:       rtcp.Header{Count: rtcp.FormatTCC, Type: rtcp.TypeTransportSpecificFeedback, Length: 5},
		PacketChunks: []rtcp.PacketStatusChunk{&rtcp.RunLengthChunk{RunLength: 0}},
	}
	for _, packets := range [][]rtcp.Packet{{&rtcp.ReceiverReport{SSRC: 1}, cc, pli}, {cc}, {pli}} {
		r.sendRTCP(t, l, packets...)
	}
	for _, want := range []int{2, 1} {
		got, err := rtcp.Unmarshal(receive(t, "a control packet", rec.rtcp))
		if err != nil || len(got) != want {
			t.Errorf("received %v, %v, want %d packets", got, err, want)
		}
	}
	if n := l.Stats().FeedbackIn; n != 2 {
		t.Errorf("%d feedback packets counted, want 2", n)
	}
}

func TestSequenceNumbersAreUsedOnce(t *testing.T) {
	conn, _ := wiredConn(t, srtp.ProtectionProfileAeadAes128Gcm, discard{})
	send := func(seq uint16) error { return conn.Send(&Packet{SSRC: 1, Sequence: seq, Body: []byte{1}}) }
	for _, c := range []struct {
		seq  uint16
		want error
	}{
		{65000, nil}, {65000, ErrSequenceReused}, {65535, nil}, {65200, nil}, {65200, ErrSequenceReused},
		{3, nil}, {65535, ErrSequenceReused}, {2, nil}, {2, ErrSequenceReused},
		{3000, nil}, {1976, ErrSequenceReused}, {1977, nil}, {3, ErrSequenceReused},
		{3000 + 1024, nil}, {3001, nil}, {3000, ErrSequenceReused},
	} {
		if err := send(c.seq); err != c.want {
			t.Errorf("sequence number %d: %v, want %v", c.seq, err, c.want)
		}
	}
	if err := conn.Send(&Packet{SSRC: 99, Body: []byte{1}}); err != ErrUnknownStream {
		t.Errorf("unknown stream: %v", err)
	}
	if err := conn.Send(&Packet{SSRC: 1, Sequence: 9000, Body: make([]byte, MaxPayload+1)}); err != ErrTooLarge {
		t.Errorf("too large: %v", err)
	}
	if err := conn.Send(&Packet{SSRC: 1, Sequence: 9001, Body: make([]byte, MaxPayload)}); err != nil {
		t.Errorf("largest: %v", err)
	}
}

// TestGarbageFlood throws random bytes at the read path, as from strangers and as from a client that is known.
func TestGarbageFlood(t *testing.T) {
	conn, _ := wiredConn(t, srtp.ProtectionProfileAeadAes128Gcm, discard{})
	l := conn.l
	known := conn.selected.Load().remote
	random := rand.New(rand.NewPCG(1, 2))
	var before, after runtime.MemStats
	buf := make([]byte, 1500)
	flood := func(n int) {
		for range n {
			d := datagram{remote: known, local: known.Addr(), data: buf[:random.IntN(len(buf))]}
			if random.IntN(2) == 0 {
				d.remote = netip.AddrPortFrom(known.Addr(), uint16(random.Uint32()))
			}
			for i := 0; i < min(len(d.data), 64); i += 8 {
				v := random.Uint64()
				for k := range min(8, len(d.data)-i) {
					d.data[i+k] = byte(v >> (8 * k))
				}
			}
			if len(d.data) > 4 && random.IntN(2) == 0 {
				copy(d.data[4:], []byte{0x21, 0x12, 0xa4, 0x42}) // STUN's cookie
				d.data[0] &= 3
			}
			l.receive(&d)
		}
	}
	flood(1000)
	runtime.GC()
	runtime.ReadMemStats(&before)
	flood(60_000)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 1<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	var dropped uint64
	for _, n := range l.Stats().Dropped {
		dropped += n
	}
	if in := l.Stats().PacketsIn; dropped != in {
		t.Errorf("%d of %d datagrams counted as dropped", dropped, in)
	}
	if l.byAddr.len() != 1 || len(conn.inbound.streams) != 0 || conn.State() != Connecting {
		t.Errorf("%d addresses, %d streams, %v", l.byAddr.len(), len(conn.inbound.streams), conn.State())
	}
}
