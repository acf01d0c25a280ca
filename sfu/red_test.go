package sfu

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/transport"
)

// redSection agrees to RED and Opus.
func redSection(mid string, dir transport.Direction, red, opus uint8) transport.Section {
	sec := opusSection(mid, dir, opus)
	sec.Codecs = append([]transport.Codec{{PayloadType: red, Name: "red", ClockRate: 48000, Channels: 2}}, sec.Codecs...)
	return sec
}

// redMouth is a microphone that sends RED with so many redundant frames, as Chromium does when RED is listed first.
type redMouth struct {
	c      *client
	depth  int
	seq    uint16
	ts     uint32
	frames [][]byte // sent so far
}

func (m *redMouth) frame(seq uint16) []byte {
	return append([]byte("frame"), binary.BigEndian.AppendUint16(nil, seq)...)
}

// next makes the next packet.
func (m *redMouth) next() []byte {
	m.seq++
	m.ts += 960
	m.frames = append(m.frames, m.frame(m.seq))
	n := min(m.depth, len(m.frames)-1)
	var headers, data []byte
	for back := n; back > 0; back-- {
		f := m.frames[len(m.frames)-1-back]
		off := 960 * back
		headers = append(headers, 0x80|111, byte(off>>6), byte(off<<2)|byte(len(f)>>8), byte(len(f)))
		data = append(data, f...)
	}
	payload := append(append(append(headers, 111), data...), m.frames[len(m.frames)-1]...)
	ext := []byte{4<<4 | 2, 'm', 'i', 'c', 1 << 4, 20, 0, 0}
	b := binary.BigEndian.AppendUint16([]byte{0x90, 63}, m.seq)
	b = binary.BigEndian.AppendUint32(b, m.ts)
	b = binary.BigEndian.AppendUint32(b, 400)
	b = append(b, 0xbe, 0xde, 0, byte(len(ext)/4))
	return append(append(b, ext...), payload...)
}

// redRoom has a publisher of RED, one who takes RED under other numbers, and one who takes only Opus.
func redRoom(t testing.TB, depth int) (w *world, m *redMouth, redPeer, opusPeer *client) {
	w = newWorld(t)
	alice := w.join("alice")
	alice.sections = []transport.Section{redSection("mic", transport.FromClient, 63, 111)}
	alice.offer()
	redPeer, opusPeer = w.join("red"), w.join("opus")
	redPeer.sections = []transport.Section{slotSection(redSection("a", transport.ToClient, 62, 109), 1000)}
	redPeer.offer()
	opusPeer.sections = []transport.Section{slotSection(opusSection("a", transport.ToClient, 109), 1000)}
	opusPeer.offer()
	return w, &redMouth{c: alice, depth: depth, seq: 65500, ts: 1<<32 - 9000}, redPeer, opusPeer
}

func TestREDIsPassedOnUnpackedAndRestored(t *testing.T) {
	for _, depth := range []int{1, 2, 4} {
		w, m, redPeer, opusPeer := redRoom(t, depth)
		r := rand.New(rand.NewPCG(uint64(depth), 2))
		lost, inARow := 0, 0
		for i := range 400 {
			w.advance(20 * time.Millisecond)
			p := m.next()
			if i > 0 && i < 399 && inARow < depth && r.IntN(4) == 0 {
				lost, inARow = lost+1, inARow+1
				continue
			}
			inARow = 0
			m.c.HandleRTP(p, w.arrival())
		}
		if lost < 50 {
			t.Fatalf("only %d lost", lost)
		}
		got := opusPeer.take(1000)
		if len(got) != 400 {
			t.Fatalf("depth %d: of 400 frames, %d packets of which were lost, %d were forwarded", depth, lost, len(got))
		}
		for i, p := range got {
			if p.PayloadType != 109 || p.Sequence != got[0].Sequence+uint16(i) || p.Timestamp != got[0].Timestamp+uint32(960*i) || !bytes.Equal(p.payload, m.frames[i]) {
				t.Fatalf("depth %d: packet %d is %+v with %q, want %q", depth, i, p.Packet, p.payload, m.frames[i])
			}
		}
		asRED := redPeer.take(1000)
		whole := 0
		for i, p := range asRED {
			if p.Sequence != asRED[0].Sequence+uint16(i) {
				t.Fatalf("number %d at place %d", p.Sequence, i)
			}
			if p.PayloadType == 109 {
				continue // restored
			}
			red, ok := codec.ParseRED(p.payload)
			own, _ := red.Block(p.payload, red.Redundant())
			if p.PayloadType != 62 || !ok || !red.Only(109) || !bytes.Equal(own, m.frames[i]) || i > depth && red.Redundant() != depth {
				t.Fatalf("depth %d: packet %d as RED is %+v % x", depth, i, p.Packet, p.payload)
			}
			whole++
		}
		if whole != 400-lost || len(asRED) != 400 {
			t.Fatalf("%d of %d packets as RED", whole, len(asRED))
		}
		if st := w.server.Stats(); st.Recovered != uint64(lost) {
			t.Fatalf("%d restored of %d lost", st.Recovered, lost)
		}
		if u := m.c.uplink(w.at); u.Loss < 0.1 || u.Issue != PacketLoss || u.MOS < 4.3 {
			t.Fatalf("loss that nobody hears is judged %+v", u)
		}
	}
}

// TestRestoredPacketsThatComeLate: what was restored and then comes after all is not sent twice.
func TestRestoredPacketsThatComeLate(t *testing.T) {
	w, m, _, opusPeer := redRoom(t, 1)
	for range 50 {
		w.advance(40 * time.Millisecond)
		early, late := m.next(), m.next()
		if len(m.frames) == 2 {
			early, late = late, early // the first of all comes first
		}
		m.c.HandleRTP(late, w.arrival())
		m.c.HandleRTP(early, w.arrival())
	}
	got := opusPeer.take(1000)
	if len(got) != 100 {
		t.Fatalf("%d packets of 100", len(got))
	}
	for i, p := range got {
		if p.Sequence != got[0].Sequence+uint16(i) || !bytes.Equal(p.payload, m.frames[i]) {
			t.Fatalf("at place %d is %d with %q", i, p.Sequence, p.payload)
		}
	}
}

func TestOpusToAReceiverOfRED(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	alice.negotiate(true, 0, 0)
	bob.sections = []transport.Section{slotSection(redSection("a", transport.ToClient, 62, 109), 1000)}
	bob.offer()
	w.run(time.Second, alice.microphone())
	got := bob.take(1000)
	if len(got) < 20 || got[0].PayloadType != 109 || len(got[0].payload) != 80 {
		t.Fatalf("%d packets, %+v", len(got), got)
	}
}

func TestREDThatLies(t *testing.T) {
	w, m, redPeer, opusPeer := redRoom(t, 1)
	m.c.HandleRTP(m.next(), w.arrival())
	redPeer.take(1000)
	opusPeer.take(1000)
	r := rand.New(rand.NewPCG(3, 3))
	for _, payload := range [][]byte{
		{0x80 | 111, 1, 2, 255, 111, 1}, // longer than it is
		{0x80 | 5, 15, 0, 1, 111, 1, 2}, // not Opus
		{96, 1, 2, 3},                   // not Opus either
		{0x80 | 111},
	} {
		p := m.next()
		m.c.HandleRTP(append(p[:24:24], payload...), w.arrival())
	}
	if n := len(redPeer.take(1000)) + len(opusPeer.take(1000)); n != 0 || w.server.Stats().Dropped["payload"] != 4 {
		t.Fatalf("%d forwarded, dropped %v", n, w.server.Stats().Dropped)
	}
	for range 20000 {
		p := m.next()
		for range 1 + r.IntN(4) {
			p[24+r.IntN(len(p)-24)] = byte(r.Uint32())
		}
		m.c.HandleRTP(p[:24+r.IntN(len(p)-24)], w.arrival())
	}
}

// TestRetransmissionsOfRED: each is what it was when it first went out.
func TestRetransmissionsOfRED(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	alice.sections = []transport.Section{redSection("mic", transport.FromClient, 63, 111)}
	alice.offer()
	sec := redSection("a", transport.ToClient, 62, 109)
	for i := range sec.Codecs {
		sec.Codecs[i].NACK, sec.Codecs[i].RTX = true, uint8(120+i)
	}
	bob.sections = []transport.Section{slotSection(sec, 1000)}
	bob.offer()
	m := &redMouth{c: alice, depth: 1}
	for i := range 20 {
		w.advance(20 * time.Millisecond)
		if p := m.next(); i != 10 {
			alice.HandleRTP(p, w.arrival())
		}
	}
	first := bob.take(1000)
	var numbers []uint16
	for _, p := range first {
		numbers = append(numbers, p.Sequence)
	}
	bob.rtcp(&rtcp.TransportLayerNack{MediaSSRC: 1000, Nacks: rtcp.NackPairsFromSequenceNumbers(numbers)})
	again := bob.take(11000)
	if len(again) != 20 {
		t.Fatalf("%d sent again", len(again))
	}
	for i, p := range again {
		want := uint8(120)
		if first[i].PayloadType == 109 {
			want = 121
		}
		if p.PayloadType != want || binary.BigEndian.Uint16(p.payload) != first[i].Sequence || !bytes.Equal(p.payload[2:], first[i].payload) {
			t.Fatalf("number %d comes again as %+v % x, was % x", i, p.Packet, p.payload, first[i].payload)
		}
	}
	if first[10].PayloadType != 109 {
		t.Fatal("nothing was restored")
	}
}

func TestREDMakesNoGarbage(t *testing.T) {
	w, m, redPeer, opusPeer := redRoom(t, 2)
	redPeer.discard, opusPeer.discard = true, true
	var packets [][]byte
	for range 4000 {
		packets = append(packets, m.next())
	}
	i := 0
	deliver := func() {
		if i++; i%3 != 0 { // every third is lost
			m.c.HandleRTP(packets[i], w.arrival())
		}
	}
	for range 1000 {
		deliver()
	}
	if n := testing.AllocsPerRun(2000, deliver); n != 0 {
		t.Fatalf("%v allocations a packet", n)
	}
}
