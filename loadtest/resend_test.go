package loadtest

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// A request for packets is answered with what they were, RFC 4588, and one for packets that are long gone with nothing.
func TestLostPacketsAreSentAgain(t *testing.T) {
	listener, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	s, err := openSocket(listener.LocalAddr().(*net.UDPAddr).AddrPort())
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	key, salt := make([]byte, 16), make([]byte, 12)
	context := func() *srtp.Context {
		c, err := srtp.CreateContext(key, salt, srtp.ProtectionProfileAeadAes128Gcm)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := &client{random: rand.New(rand.NewPCG(1, 2)), socket: s, loop: &loop{}, keys: keys{out: context()}}
	c.camera = newCamera(c, 1_200_000, false, false)
	v := c.camera.layers[0]
	v.stream.sequence = 65530
	v.stream.mid = "1"
	v.run(c.loop, monotonic()) // a key frame: 20 packets
	if v.stream.packets != 20 {
		t.Fatalf("%d packets", v.stream.packets)
	}
	in := context()
	receive := func() (h rtp.Header, payload []byte) {
		buf := make([]byte, maxDatagram)
		if err := listener.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := listener.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := in.DecryptRTP(nil, buf[:n], &h)
		if err != nil {
			t.Fatal(err)
		}
		return h, opened[h.MarshalSize():]
	}
	originals := map[uint16][]byte{}
	for range 20 {
		h, payload := receive()
		originals[h.SequenceNumber] = payload
	}
	c.askedAgain(&rtcp.TransportLayerNack{MediaSSRC: v.stream.ssrc, Nacks: []rtcp.NackPair{
		{PacketID: 1000}, // never sent
		{PacketID: 65534, LostPackets: 1<<0 | 1<<3},
	}})
	for i, want := range []uint16{65534, 65535, 2} {
		h, payload := receive()
		if h.SSRC != v.stream.rtxSSRC || h.PayloadType != payloadRTX || binary.BigEndian.Uint16(payload) != want {
			t.Errorf("answer %d: %+v about %d", i, h, binary.BigEndian.Uint16(payload))
		}
		if !bytes.Equal(payload[2:], originals[want]) {
			t.Errorf("packet %d came back changed", want)
		}
	}
}
