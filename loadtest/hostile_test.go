package loadtest

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// A participant that has joined as all others do and then sends whatever it can make up, authentic and thousands of times
// a second, is nobody else's problem in the same call.
func TestAHostileParticipantIsNobodyElsesProblem(t *testing.T) {
	srv, take := startServer(t)
	r := startCall(t, take, Config{Publishers: 2, Subscribers: 1}, nil)
	mallory := r.clients[2]
	// Who has never sent feedback is judged by its receiver reports: those that follow would leave it no picture to ask for.
	until(t, "everybody's feedback has come", func() bool { return srv.Stats().Transport.FeedbackIn >= 30 })
	mallory.loop.do(func() { mallory.loop.schedule(monotonic(), malice{mallory}) })
	for _, l := range r.loops {
		l.do(func() { r.beginMeasuring(l) })
	}
	if err := pause(t.Context(), 3*time.Second); err != nil {
		t.Fatal(err)
	}
	var report Report
	for _, c := range r.clients[:2] {
		c.loop.do(func() { c.addTo(&report) })
	}
	mallory.loop.do(func() { mallory.loop.drop(func(t task) bool { _, is := t.(malice); return is }) })
	st := srv.Stats()
	t.Logf("%+v; dropped %v and %v", report, st.Dropped, st.Transport.Dropped)
	if report.Lost > 0 || report.SilentStreams > 0 || report.Streams != 4 {
		t.Errorf("the others lose %d packets, %d of %d streams are silent", report.Lost, report.SilentStreams, report.Streams)
	}
	for reason, n := range map[string]uint64{
		"unknown_ssrc": st.Dropped["unknown_ssrc"], "rtcp_target": st.Dropped["rtcp_target"],
		"not_resent": st.Dropped["not_resent"], "key_frame_wish": st.Dropped["key_frame_wish"],
		"rtcp_rate": st.Transport.Dropped["rtcp_rate"], "too_many_ssrcs": st.Transport.Dropped["too_many_ssrcs"],
		"feedback": st.Transport.Dropped["feedback"],
	} {
		if n == 0 {
			t.Errorf("nothing was counted as %s", reason)
		}
	}
}

// malice sends a handful of hostile packets every millisecond.
type malice struct{ c *client }

func (m malice) run(_ *loop, due time.Duration) time.Duration {
	for range 4 {
		kinds[m.c.random.IntN(len(kinds))](m.c, m.c.random)
	}
	return keepPace(due + time.Millisecond)
}

// kinds of packets that no honest client sends.
var kinds = []func(c *client, r *rand.Rand){
	func(c *client, r *rand.Rand) { // of streams that nobody knows
		c.sendAny(&rtp.Packet{
			Header:  rtp.Header{Version: 2, PayloadType: uint8(r.IntN(128)), SSRC: r.Uint32(), SequenceNumber: uint16(r.Uint32())},
			Payload: noise(r, r.IntN(1000)),
		})
	},
	func(c *client, r *rand.Rand) { // extensions of one that is known, which lie about their lengths
		p := &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, SSRC: 7, SequenceNumber: uint16(r.Uint32())}, Payload: noise(r, 20)}
		p.Extension, p.ExtensionProfile = true, 0xbede
		p.Extensions = nil
		_ = p.SetExtension(uint8(1+r.IntN(14)), noise(r, 1+r.IntN(16)))
		c.sendAny(p)
	},
	func(c *client, r *rand.Rand) { // RTCP of any kind that is full of noise
		b := noise(r, 8+4*r.IntN(100))
		b[0], b[1] = 0x80|b[0]&0x1f, byte(192+r.IntN(32))
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)/4-1))
		c.sendRTCP(b)
	},
	func(c *client, r *rand.Rand) { // and from another sender each
		b, _ := (&rtcp.PictureLossIndication{SenderSSRC: r.Uint32(), MediaSSRC: r.Uint32()}).Marshal()
		c.sendRTCP(b)
	},
	func(c *client, _ *rand.Rand) { // key frames without end
		for _, in := range c.slots {
			b, _ := (&rtcp.PictureLossIndication{SenderSSRC: c.ssrc, MediaSSRC: in.ssrc}).Marshal()
			c.sendRTCP(b)
		}
	},
	func(c *client, r *rand.Rand) { // all that was ever sent, once more
		for _, in := range c.slots {
			n := &rtcp.TransportLayerNack{SenderSSRC: c.ssrc, MediaSSRC: in.ssrc}
			for i := range 30 {
				n.Nacks = append(n.Nacks, rtcp.NackPair{PacketID: uint16(in.highest) - uint16(17*i), LostPackets: 0xffff})
			}
			b, _ := n.Marshal()
			c.sendRTCP(b)
		}
	},
	func(c *client, r *rand.Rand) { // feedback about what was never sent
		b := append([]byte{0x8f, 205, 0, 5}, noise(r, 20)...)
		c.sendRTCP(b)
	},
	func(c *client, r *rand.Rand) { // reports that all is lost, and came back before it was sent
		b, _ := (&rtcp.ReceiverReport{SSRC: c.ssrc, Reports: []rtcp.ReceptionReport{{
			SSRC: c.slots[0].ssrc, FractionLost: 255, TotalLost: 1<<24 - 1, LastSequenceNumber: r.Uint32(), LastSenderReport: r.Uint32(), Delay: r.Uint32(),
		}}}).Marshal()
		c.sendRTCP(b)
	},
}

// sendAny seals and sends a packet with whatever header it has.
func (c *client) sendAny(p *rtp.Packet) {
	b, err := p.Marshal()
	if err != nil {
		return
	}
	if sealed, err := c.keys.out.EncryptRTP(c.sealed[:0], b, nil); err == nil {
		_ = c.socket.send(sealed)
	}
}

func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}
