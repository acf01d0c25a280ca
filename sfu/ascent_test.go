package sfu

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// arrive lets packets of 1200 bytes come that were sent every 8 ms and take longer and longer by late; it returns when the
// last one came.
func (c *client) arrive(sent, now time.Duration, packets int, late time.Duration) (time.Duration, time.Duration) {
	for range packets {
		sent, now = sent+8*time.Millisecond, now+8*time.Millisecond+late
		in := inboundPacket{now: now, sendTime: uint32(sent<<18/time.Second) & 0xffffff, hasSendTime: true}
		c.ascend(&in, 1200)
	}
	return sent, now
}

func TestAPublisherIsToldOfACut(t *testing.T) {
	w, _, slot, layers := atTheTop(t)
	alice := layers[0].c
	takeFeedback[*rtcp.ReceiverEstimatedMaximumBitrate](alice)
	sent, now := 63*time.Second, w.at // the send time wraps on the way
	sent, now = alice.arrive(sent, now, 500, 0)
	if got := takeFeedback[*rtcp.ReceiverEstimatedMaximumBitrate](alice); len(got) > 0 {
		t.Fatalf("told %v of a way that is wide enough", got)
	}
	alice.arrive(sent, now, 12, 12*time.Millisecond) // 480 kbit/s
	got := takeFeedback[*rtcp.ReceiverEstimatedMaximumBitrate](alice)
	if len(got) != 1 || got[0].Bitrate < 300_000 || got[0].Bitrate > 480_000 || len(got[0].SSRCs) != 3 {
		t.Fatalf("told %v", got)
	}
	for _, l := range slot.pub.layers { // of which the lowest has room
		l.rates.rate[0][0].Store(200_000)
	}
	layers[0].wantKey = true
	w.run(300*time.Millisecond, layers...)
	slot.mu.Lock()
	at := slices.Index(slot.pub.layers, slot.now)
	slot.mu.Unlock()
	if at > 1 {
		t.Fatalf("bob is still at layer %d", at)
	}
	if again := takeFeedback[*rtcp.ReceiverEstimatedMaximumBitrate](alice); len(again) == 0 || again[0].Bitrate != got[0].Bitrate {
		t.Fatalf("told again %v", again)
	}
	w.run(2*time.Second, layers...)
	told := takeFeedback[*rtcp.ReceiverEstimatedMaximumBitrate](alice)
	if len(told) == 0 || told[len(told)-1].Bitrate < 0.9*noCap {
		t.Fatalf("the cap stays: %v", told)
	}
	w.run(capLifts*capAgain, layers...)
	takeFeedback[*rtcp.ReceiverEstimatedMaximumBitrate](alice)
	w.run(2*capAgain, layers...)
	if more := takeFeedback[*rtcp.ReceiverEstimatedMaximumBitrate](alice); len(more) > 0 {
		t.Fatalf("goes on telling %v", more)
	}
}
