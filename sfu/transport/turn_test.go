package transport

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/pion/stun/v3"
)

// turnRecorder is a TURN server that relays ChannelData and notes the rest.
type turnRecorder struct {
	link atomic.Pointer[memoryChannel]
	got  chan []byte
	from chan netip.AddrPort
}

func (s *turnRecorder) HandleTURN(via Receiver, from, _ netip.AddrPort, data []byte) {
	if data[0] >= 64 {
		via.Receive(*s.link.Load(), data[channelHeader:])
		return
	}
	offerTo(s.got, data)
	s.from <- from
}

func TestTURNIsHandedOver(t *testing.T) {
	s := &turnRecorder{got: make(chan []byte, 8), from: make(chan netip.AddrPort, 8)}
	l := startListener(t, func(c *Config) { c.TURN = s })
	r := newRawClient(t)
	own := r.socket.LocalAddr().(interface{ AddrPort() netip.AddrPort }).AddrPort()
	for _, m := range []*stun.Message{
		stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest)),
		stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication), stun.Fingerprint),
		stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.Fingerprint),
	} {
		r.send(t, l, m.Raw)
		if got := receive(t, "what was handed over", s.got); string(got) != string(m.Raw) {
			t.Errorf("%v was handed over as %d bytes", m.Type, len(got))
		}
		if from := receive(t, "its sender", s.from); from != own {
			t.Errorf("from %v, want %v", from, own)
		}
	}
	r.send(t, l, bindingRequestFor(newCredentials("nobody", "password", "remote")).Raw)
	wantDrops(t, l, "unknown_ufrag", 1) // ICE's, not TURN's
	if err := l.WriteTURN(own, l.Addr().Addr(), []byte{0, 9, 9, 9}); err != nil {
		t.Fatal(err)
	}
	r.next(t, func(b []byte) bool { return len(b) == 4 && b[1] == 9 })
}

// TestChannelData has a client of TURN over UDP: what it sends comes by HandleTURN, and what it is sent goes as
// ChannelData by the media port.
func TestChannelData(t *testing.T) {
	s := &turnRecorder{}
	l := startListener(t, func(c *Config) { c.TURN = s; c.Workers = 1 })
	e := &echo{recorder: *newRecorder()}
	r, conn, sections := linkJoin(t, l, e)
	wantState(t, &e.recorder, Connected)
	e.conn = conn
	e.ssrc.Store(sections[1].Slot.SSRC)

	relayed := newRawClient(t) // the TURN client's side
	relayed.creds, relayed.out = r.creds, r.out
	channel := memoryChannel{r.link}
	s.link.Store(&channel)
	const number = 0x4001
	wrap := func(data []byte) []byte {
		b := binary.BigEndian.AppendUint16(nil, number)
		return append(binary.BigEndian.AppendUint16(b, uint16(len(data))), data...)
	}
	relayed.send(t, l, wrap(bindingRequestFor(r.creds, useCandidate{}).Raw))
	r.next(t, stun.IsMessage) // no channel bound yet: by Send
	own := relayed.socket.LocalAddr().(interface{ AddrPort() netip.AddrPort }).AddrPort()
	channel.channel.Store(&boundChannel{own, number})
	l.Rerouted(channel)

	sent := r.link.sent.Load()
	isChannelData := func(b []byte) bool {
		return len(b) > channelHeader && binary.BigEndian.Uint16(b) == number && int(binary.BigEndian.Uint16(b[2:])) == len(b)-channelHeader
	}
	relayed.send(t, l, wrap(bindingRequestFor(r.creds).Raw))
	if b := relayed.next(t, isChannelData); !stun.IsMessage(b[channelHeader:]) {
		t.Error("the answer to a check over a channel is no STUN")
	}
	for seq := range uint16(20) { // echoed with the batch
		relayed.send(t, l, wrap(r.seal(t, seq)))
		if b := relayed.next(t, isChannelData); !isVideo(b[channelHeader:]) && b[channelHeader+1] < 192 {
			t.Errorf("% x is no media", b[:8])
		}
	}
	if err := conn.Send(&Packet{SSRC: sections[1].Slot.SSRC, PayloadType: 96, Sequence: 500, Body: []byte("picture")}); err != nil {
		t.Fatal(err)
	}
	relayed.next(t, func(b []byte) bool { return isChannelData(b) && isVideo(b[channelHeader:]) })
	if r.link.sent.Load() != sent {
		t.Error("something went by Send beside the channel")
	}
	r.link.over.Store(true) // the quota, once for each way to send
	relayed.send(t, l, wrap(bindingRequestFor(r.creds).Raw))
	relayed.send(t, l, wrap(r.seal(t, 20)))
	if err := conn.Send(&Packet{SSRC: sections[1].Slot.SSRC, PayloadType: 96, Sequence: 501}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all three were refused", func() bool { return r.link.refused.Load() == 3 })
	r.link.over.Store(false)
	if err := conn.Send(&Packet{SSRC: sections[1].Slot.SSRC, PayloadType: 96, Sequence: 502}); err != nil {
		t.Fatal(err)
	}
	if b := relayed.next(t, func([]byte) bool { return true }); !isVideo(b[channelHeader:]) || binary.BigEndian.Uint16(b[channelHeader+2:]) != 502 {
		t.Errorf("% x passed the quota", b[:8])
	}
	channel.channel.Store(nil)
	l.Rerouted(channel)
	relayed.send(t, l, wrap(bindingRequestFor(r.creds).Raw))
	r.next(t, stun.IsMessage)
}
