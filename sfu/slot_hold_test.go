package sfu

import (
	"testing"
	"time"

	"github.com/digierapro/parley/sfu/transport"
)

func TestWhatIsHeldBackGoesOutWithoutAHole(t *testing.T) {
	w, alice, bob, cam := pair(t)
	mic := alice.microphone()
	w.run(time.Second, cam, mic)
	before := bob.take(2000)
	last := before[len(before)-1]
	bob.take(1000)

	bob.held.Store(true)
	w.run(100*time.Millisecond, cam, mic)
	if got := bob.take(2000); len(got) > 0 {
		t.Fatalf("%d packets of video went out while the way was full", len(got))
	}
	if got := bob.take(1000); len(got) == 0 {
		t.Fatal("sound was held back, too")
	}
	bob.rtcp(nack(2000, last.Sequence))
	if got := bob.take(12000); len(got) > 0 {
		t.Fatal("something was sent again while the way was full")
	}
	bob.held.Store(false)
	w.run(100*time.Millisecond, cam, mic)
	got := bob.take(2000)
	if len(got) == 0 {
		t.Fatal("nothing goes on")
	}
	for i, p := range got {
		if p.Sequence != last.Sequence+uint16(1+i) {
			t.Fatalf("packet %d has number %d after %d", i, p.Sequence, last.Sequence)
		}
		if i > 0 && int32(p.Timestamp-got[i-1].Timestamp) < 0 {
			t.Fatal("the timestamps step back")
		}
	}
	if span := got[len(got)-1].Timestamp - last.Timestamp; span < 90*150 {
		t.Fatalf("what was held back is not all there: %d ticks", span)
	}
}

func TestWhatIsCutOffIsForgotten(t *testing.T) {
	w, bob, slot, layers := atTheTop(t)
	before := bob.take(slot.stream.SSRC)
	bob.held.Store(true)
	w.run(60*time.Millisecond, layers...)
	rates := rungs(slot.pub.AppendTiers(nil), transport.Video)
	bob.mu.Lock()
	bob.bandwidth = rates[0][2] + rates[0][2]/10
	bob.mu.Unlock()
	w.advance(2 * tickInterval)
	bob.held.Store(false)
	bob.take(slot.stream.RTX)
	bob.rtcp(nack(slot.stream.SSRC, before[len(before)-1].Sequence))
	if got := bob.take(slot.stream.RTX); len(got) > 0 {
		t.Fatal("what was cut off is sent again")
	}
	layers[0].wantKey = true
	w.run(500*time.Millisecond, layers...)
	got := bob.take(slot.stream.SSRC)
	if len(got) == 0 || got[0].Sequence != before[len(before)-1].Sequence+1 {
		t.Fatalf("%d packets, after a hole: %v", len(got), len(got) > 0)
	}
}

func TestRepairsAreAShareOfTheWay(t *testing.T) {
	_, bob, slot, _ := atTheTop(t)
	sent := bob.take(slot.stream.SSRC)
	bob.mu.Lock()
	bob.bandwidth = 200_000
	bob.mu.Unlock()
	bob.Peer.estimate.Store(200_000)
	bytes := 0
	for i := range 200 {
		bob.rtcp(nack(slot.stream.SSRC, sent[len(sent)-1-i].Sequence))
	}
	for _, p := range bob.take(slot.stream.RTX) {
		bytes += len(p.payload)
	}
	if bytes == 0 || bytes > repairLeast+1500 {
		t.Fatalf("%d bytes are sent again at once to a client of 200 kbit/s", bytes)
	}
}
