package transport

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// TestChannelDataGoesInSegments: packets of one size to a channel are one message for the kernel, each segment with its
// header.
func TestChannelDataGoesInSegments(t *testing.T) {
	s := newSinks(t, 1)[0]
	client := s.conn.selected.Load().remote
	overLink(s.conn, &channelOf{plainLink{remote: netip.MustParseAddrPort("192.0.2.1:3")}, client})
	b := batchOf(s)
	const packets = 10
	for seq := range uint16(packets) {
		s.send(t, b, seq, 1000)
	}
	want := packets
	if b.socket.segments {
		want = 1
	}
	if n := len(b.messages); n != want {
		t.Errorf("%d messages, want %d", n, want)
	}
	b.flush()
	buf := make([]byte, maxDatagram)
	for seq := range uint16(packets) {
		_ = s.socket.SetReadDeadline(time.Now().Add(waitLimit))
		n, err := s.socket.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if number, size := binary.BigEndian.Uint16(buf), int(binary.BigEndian.Uint16(buf[2:])); number != 0x4000 || size != n-channelHeader {
			t.Fatalf("channel %#x with %d of %d bytes", number, size, n)
		}
		opened, err := s.key.DecryptRTP(nil, buf[channelHeader:n], nil)
		if err != nil {
			t.Fatal(err)
		}
		var p rtp.Packet
		if err := p.Unmarshal(opened); err != nil || p.SequenceNumber != seq {
			t.Errorf("number %d, want %d (%v)", p.SequenceNumber, seq, err)
		}
	}
}
