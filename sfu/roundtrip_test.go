package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// A client that only publishes answers our reference times with its reports as a sender, as Chromium does.
func TestRoundTripOfWhoOnlyPublishes(t *testing.T) {
	w, alice, _, cam := pair(t)
	w.run(3*time.Second, cam)
	told := takeFeedback[*rtcp.ExtendedReport](alice)
	if len(told) < 2 {
		t.Fatalf("our time was told %d times in 3 s", len(told))
	}
	ours, ok := told[len(told)-1].Reports[0].(*rtcp.ReceiverReferenceTimeReportBlock)
	if !ok || told[0].SenderSSRC != alice.seat {
		t.Fatalf("%+v", told)
	}
	w.run(200*time.Millisecond, cam)
	delay := w.server.wall(w.at) - fromNTP(ours.NTPTimestamp) - 70*time.Millisecond
	answer := rtcp.DLRRReport{SSRC: alice.seat, LastRR: uint32(ours.NTPTimestamp >> 16), DLRR: uint32(delay * 65536 / time.Second)}
	say := func(answers ...rtcp.DLRRReport) {
		alice.rtcp(&rtcp.SenderReport{SSRC: cam.ssrc}, &rtcp.ExtendedReport{SenderSSRC: cam.ssrc, Reports: []rtcp.ReportBlock{
			&rtcp.ReceiverReferenceTimeReportBlock{NTPTimestamp: 1 << 40}, &rtcp.DLRRReportBlock{Reports: answers},
		}})
	}
	for name, wrong := range map[string]rtcp.DLRRReport{
		"another's":          {SSRC: alice.seat + 1, LastRR: answer.LastRR, DLRR: answer.DLRR},
		"one we never told":  {SSRC: alice.seat, LastRR: answer.LastRR + 1, DLRR: answer.DLRR},
		"none yet":           {SSRC: alice.seat},
		"before it was told": {SSRC: alice.seat, LastRR: answer.LastRR, DLRR: 1 << 31},
	} {
		alice.rtt.Store(0)
		say(wrong)
		if rtt := alice.RTT(); rtt > time.Microsecond {
			t.Errorf("%s: round trip %v", name, rtt)
		}
	}
	say(rtcp.DLRRReport{SSRC: 5}, answer)
	if rtt := alice.RTT(); rtt < 69*time.Millisecond || rtt > 71*time.Millisecond {
		t.Errorf("round trip %v", rtt)
	}
}

func TestExtendedReportsThatLie(t *testing.T) {
	for _, body := range [][]byte{
		{0, 0, 0, 1},
		{0, 0, 0, 1, 5},
		{0, 0, 0, 1, 5, 0, 0xff, 0xff},
		{0, 0, 0, 1, 5, 0, 0, 2, 0, 0, 0, 9, 0, 0, 0, 1},                      // half an answer
		{0, 0, 0, 1, 4, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 2},          // of another kind
		{0, 0, 0, 1, 5, 0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0}, // empty ones
	} {
		if _, _, ok := (&rtcpPart{kind: rtcp.TypeExtendedReport, body: body}).answerTo(9); ok {
			t.Errorf("%x is an answer", body)
		}
	}
}
