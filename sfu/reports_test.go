package sfu

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

func TestReports(t *testing.T) {
	w, alice, bob, cam := pair(t)
	mic := alice.microphone()
	ours := func() time.Duration { return w.server.wall(w.at) }
	const ahead = -5 * time.Hour // the publisher's clock
	w.run(time.Second, cam, mic)
	reportBoth := func() {
		alice.rtcp(&rtcp.SenderReport{SSRC: cam.ssrc, NTPTime: toNTP(ours() + ahead), RTPTime: cam.ts})
		alice.rtcp(&rtcp.SenderReport{SSRC: mic.ssrc, NTPTime: toNTP(ours() + ahead), RTPTime: mic.ts})
	}
	reportBoth()
	w.run(3*time.Second, cam, mic)
	rrs := takeFeedback[*rtcp.ReceiverReport](alice)
	if len(rrs) < 2 || len(rrs[0].Reports) != 2 || rrs[len(rrs)-1].Reports[0].LastSenderReport == 0 {
		t.Fatalf("reception reports %+v", rrs)
	}
	srs := takeFeedback[*rtcp.SenderReport](bob)
	byStream := map[uint32]*rtcp.SenderReport{}
	for _, sr := range srs {
		byStream[sr.SSRC] = sr
	}
	audio, video := bob.take(1000), bob.take(2000)
	for ssrc, packets := range map[uint32][]sentPacket{1000: audio, 2000: video} {
		sr := byStream[ssrc]
		if sr == nil {
			t.Fatalf("no report about %d", ssrc)
		}
		rate := time.Duration(90000)
		if ssrc == 1000 {
			rate = 48000
		}
		// The packet that went out at w.at belongs to now by the report.
		last := packets[len(packets)-1]
		at := fromNTP(sr.NTPTime) + time.Duration(int32(last.Timestamp-sr.RTPTime))*time.Second/rate
		if d := at - w.server.wall(last.at); d < -2*time.Millisecond || d > 2*time.Millisecond {
			t.Fatalf("stream %d is off by %v", ssrc, d)
		}
		if sr.PacketCount == 0 || sr.OctetCount == 0 {
			t.Fatalf("report %+v", sr)
		}
	}
	// The round trip comes from the client's report about ours.
	sr := byStream[2000]
	w.advance(80 * time.Millisecond)
	sentAt := fromNTP(sr.NTPTime)
	delay := ours() - sentAt - 50*time.Millisecond
	bob.rtcp(&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: 2000, LastSenderReport: uint32(sr.NTPTime >> 16), Delay: uint32(delay * 65536 / time.Second)}}})
	if rtt := bob.RTT(); rtt < 49*time.Millisecond || rtt > 51*time.Millisecond {
		t.Fatalf("round trip %v", rtt)
	}
}

func TestReceptionReportCountsLoss(t *testing.T) {
	var r reception
	for i := range uint64(100) {
		if i%4 != 3 {
			r.note(1<<16+i, uint32(i*960), time.Duration(i)*20*time.Millisecond, 48000)
		}
	}
	b, ok := r.report(7, 0)
	if !ok || b.TotalLost != 24 || b.LastSequenceNumber != 98 || b.FractionLost != 62 || b.Jitter != 0 {
		t.Fatalf("%+v %v", b, ok)
	}
	if b, _ = r.report(7, 0); b.FractionLost != 0 || b.TotalLost != 24 {
		t.Fatalf("second report %+v", b)
	}
}

func TestSenderClockFollowsDriftAndTakesTheLeastDelayed(t *testing.T) {
	var c senderClock
	r := rand.New(rand.NewPCG(3, 3))
	const offset = 42 * time.Hour
	for s := range 3600 {
		now := time.Duration(s) * time.Second
		theirs := now + now/10000 - offset // 100 ppm fast
		arrived := now + time.Duration(r.IntN(80))*time.Millisecond
		c.note(theirs, arrived, arrived)
		got, ok := c.toServer(theirs)
		if d := got - now; !ok || s > 60 && (d < -20*time.Millisecond || d > 60*time.Millisecond) {
			t.Fatalf("after %d s off by %v", s, d)
		}
	}
}
