package sfu

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/digierapro/parley/sfu/transport"
)

// mouth is a microphone that sends a packet of 20 ms at a time, with the level that it has just then.
type mouth struct {
	c     *client
	seq   uint16
	ts    uint32
	dBov  int  // -127 to 0
	plain bool // tells no level
	sent  int
}

const silentRoom = -80

func (m *mouth) speak() {
	ext := []byte{4<<4 | 2, 'm', 'i', 'c'}
	if !m.plain {
		ext = append(ext, 1<<4, byte(-m.dBov))
	}
	for len(ext)%4 != 0 {
		ext = append(ext, 0)
	}
	m.seq++
	m.ts += 960
	b := binary.BigEndian.AppendUint16([]byte{0x90, 111}, m.seq)
	b = binary.BigEndian.AppendUint32(b, m.ts)
	b = binary.BigEndian.AppendUint32(b, 400)
	b = append(b, 0xbe, 0xde, 0, byte(len(ext)/4))
	b = append(append(b, ext...), make([]byte, 80)...)
	m.c.HandleRTP(b, m.c.w.arrival())
	m.sent++
}

// hear lets microphones run for some time.
func (w *world) hear(d time.Duration, mouths ...*mouth) {
	for end := w.at + d; w.at < end; {
		w.advance(20 * time.Millisecond)
		for _, m := range mouths {
			m.speak()
		}
	}
}

// audience joins so many peers with a microphone, and slots to hear others.
func (w *world) audience(n, slots int) (clients []*client, mouths []*mouth) {
	for i := range n {
		c := w.join(fmt.Sprintf("p%02d", i))
		c.sections = []transport.Section{opusSection("mic", transport.FromClient, 111)}
		for k := range slots {
			c.sections = append(c.sections, slotSection(opusSection(fmt.Sprint("a", k), transport.ToClient, 109), uint32(1000+k)))
		}
		c.offer()
		clients, mouths = append(clients, c), append(mouths, &mouth{c: c, dBov: silentRoom})
	}
	return clients, mouths
}

// ear is a room's observer.
type ear struct {
	mu      sync.Mutex
	told    []Speakers
	quality [][]Quality
	news    chan struct{}
}

func newEar(r *Room) *ear {
	e := &ear{news: make(chan struct{}, 1)}
	r.Observe(e)
	return e
}

func (e *ear) SpeakersChanged(s Speakers) {
	e.mu.Lock()
	e.told = append(e.told, s)
	e.mu.Unlock()
	e.wake()
}

func (e *ear) QualityMeasured(q []Quality) {
	e.mu.Lock()
	e.quality = append(e.quality, q)
	e.mu.Unlock()
	e.wake()
}

func (e *ear) wake() {
	select {
	case e.news <- struct{}{}:
	default:
	}
}

func (e *ear) wait(t *testing.T, what string, ok func(Speakers) bool) {
	t.Helper()
	for {
		e.mu.Lock()
		n := len(e.told)
		good := n > 0 && ok(e.told[n-1])
		e.mu.Unlock()
		if good {
			return
		}
		select {
		case <-e.news:
		case <-time.After(5 * time.Second):
			t.Fatalf("never told that %s; %+v", what, e.told)
		}
	}
}

func TestSpeakersAreTold(t *testing.T) {
	w := newWorld(t)
	e := newEar(w.room)
	clients, mouths := w.audience(3, 2)
	w.hear(2*time.Second, mouths...)
	mouths[1].dBov = -20
	w.hear(time.Second, mouths...)
	e.wait(t, "one speaks", func(s Speakers) bool {
		return s.Dominant == "p01" && len(s.Active) == 1 && s.Active[0].PeerID == "p01" && s.Active[0].Level > 0.5
	})
	mouths[2].dBov = -12
	w.hear(time.Second, mouths...)
	e.wait(t, "two speak, and the first one remains dominant", func(s Speakers) bool {
		return s.Dominant == "p01" && len(s.Active) == 2
	})
	mouths[1].dBov = silentRoom
	w.hear(2*time.Second, mouths...)
	e.wait(t, "the other one takes over", func(s Speakers) bool {
		return s.Dominant == "p02" && len(s.Active) == 1
	})
	clients[2].SetMuted(Microphone, true)
	w.hear(time.Second, mouths...)
	e.wait(t, "who is muted does not speak", func(s Speakers) bool { return len(s.Active) == 0 })
	clients[2].leave()
	w.hear(time.Second, mouths[:2]...)
	e.wait(t, "who has left is not dominant", func(s Speakers) bool { return s.Dominant == "" })
	if n := len(e.told); n > 24 {
		t.Errorf("told %d times", n)
	}
}

// TestOnlyTalkersAreForwarded: of fifty participants three talk; what goes out is their packets, and of the others next
// to nothing.
func TestOnlyTalkersAreForwarded(t *testing.T) {
	const n, slots, talkers = 50, 8, 3
	w := newWorld(t)
	clients, mouths := w.audience(n, slots)
	for _, c := range clients {
		c.discard = true
	}
	w.hear(3*time.Second, mouths...)
	for _, i := range []int{20, 30, 49} {
		mouths[i].dBov = -22
	}
	w.hear(time.Second, mouths...)
	before := w.server.Stats()
	const seconds = 10
	w.hear(seconds*time.Second, mouths...)
	after := w.server.Stats()
	in, out := after.PacketsIn-before.PacketsIn, after.PacketsOut-before.PacketsOut
	t.Logf("of %d packets in a second %d go out, to %d who listen; with every slot filled it would be %d", in/seconds, out/seconds, n, n*slots*50)
	if want := uint64(talkers * (n - 1) * 50 * seconds); out != want {
		t.Fatalf("%d packets were forwarded, want %d", out, want)
	}
	clients[0].discard = false
	mouths[40].dBov = -25
	w.hear(300*time.Millisecond, mouths...)
	clients[0].waitSlots("the fourth talker", func(s []SlotState) bool {
		return slices.ContainsFunc(s, func(s SlotState) bool { return s.PeerID == "p40" })
	})
	var heard int
	for i := range slots {
		for _, p := range clients[0].take(uint32(1000 + i)) {
			if p.Source == Seat("p40") {
				heard++
			}
		}
	}
	if heard < 7 {
		t.Fatalf("of the first 15 packets of a new talker %d were forwarded", heard)
	}
}

// TestSilenceIsLeftOutWithoutAHole: who begins to speak again is heard with the first packet, and the numbers go on.
func TestSilenceIsLeftOutWithoutAHole(t *testing.T) {
	w := newWorld(t)
	w.server.cfg.Talkers = 2
	clients, mouths := w.audience(4, 3)
	mouths[1].dBov = -20
	w.hear(2*time.Second, mouths...)
	mouths[1].dBov = silentRoom
	w.hear(5*time.Second, mouths...)
	ssrc := uint32(0)
	for i, s := range clients[0].slots.Load().list {
		if s.key().peer == "p01" {
			ssrc = uint32(1000 + i)
		}
	}
	before := clients[0].take(ssrc)
	w.hear(time.Second, mouths...)
	if quiet := clients[0].take(ssrc); len(quiet) > 0 {
		t.Fatalf("%d packets of silence", len(quiet))
	}
	mouths[1].dBov = -20
	w.hear(200*time.Millisecond, mouths...)
	after := clients[0].take(ssrc)
	if len(after) != 10 {
		t.Fatalf("of 10 packets of speech %d were forwarded", len(after))
	}
	last := before[len(before)-1]
	step := int32(after[0].Timestamp - last.Timestamp)
	if after[0].Sequence != last.Sequence+1 || step != int32((after[0].at-last.at)*48000/time.Second) {
		t.Fatalf("after %d comes %d, %d ticks later, in %v", last.Sequence, after[0].Sequence, step, after[0].at-last.at)
	}
}

func TestFewSlotsGoToTheLoudest(t *testing.T) {
	w := newWorld(t)
	clients, mouths := w.audience(6, 2)
	hears := func(what string, ids ...string) {
		t.Helper()
		clients[0].waitSlots(what, func(s []SlotState) bool {
			var now []string
			for _, slot := range s {
				if slot.PeerID != "" {
					now = append(now, slot.PeerID)
				}
			}
			slices.Sort(now)
			return slices.Equal(now, ids)
		})
	}
	hears("the first two", "p01", "p02")
	clients[1].SetMuted(Microphone, true)
	w.hear(200*time.Millisecond, mouths...)
	hears("a muted microphone gives way", "p02", "p03")
	mouths[5].dBov, mouths[4].dBov = -30, -30
	w.hear(400*time.Millisecond, mouths...)
	hears("the two who speak", "p04", "p05")
	mouths[3].dBov = -29
	w.hear(2*time.Second, mouths...)
	hears("hardly louder is not enough", "p04", "p05")
	mouths[5].dBov = silentRoom
	w.hear(2*time.Second, mouths...)
	hears("silence gives way to speech", "p03", "p04")
	mouths[2].plain = true
	w.hear(2*time.Second, mouths...)
	hears("who tells no level does not displace who speaks", "p03", "p04")
	mouths[4].dBov = silentRoom
	w.hear(2*time.Second, mouths...)
	hears("but who is silent", "p02", "p03")
}

func TestLevelsMakeNoGarbage(t *testing.T) {
	w := newWorld(t)
	_, mouths := w.audience(12, 4)
	w.hear(2*time.Second, mouths...)
	peers := w.room.peerList()
	if n := testing.AllocsPerRun(500, func() {
		w.at += tickInterval
		w.room.listen(peers, w.at)
	}); n > 0.2 { // now and then who speaks is told
		t.Fatalf("%v allocations a tick", n)
	}
}
