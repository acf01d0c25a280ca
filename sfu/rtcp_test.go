package sfu

import (
	"reflect"
	"strings"
	"testing"

	"github.com/pion/rtcp"
)

var someReports = []rtcp.ReceptionReport{
	{SSRC: 1, FractionLost: 2, TotalLost: 3, LastSequenceNumber: 4, Jitter: 5, LastSenderReport: 6, Delay: 7},
	{SSRC: 1 << 31, FractionLost: 255, TotalLost: 1<<24 - 1, LastSequenceNumber: 1<<32 - 1, Jitter: 8, LastSenderReport: 9, Delay: 10},
}

func TestWhatIsWrittenIsRTCP(t *testing.T) {
	sr := rtcp.SenderReport{SSRC: 1, NTPTime: 2<<32 | 3, RTPTime: 4, PacketCount: 5, OctetCount: 6}
	for n := range 300 {
		cname := strings.Repeat("c", n)
		got, err := rtcp.Unmarshal(appendCNAME(appendSenderReport(nil, &sr), 7, cname))
		if err != nil {
			t.Fatalf("name of %d: %v", n, err)
		}
		sdes := got[1].(*rtcp.SourceDescription)
		if wrote := *got[0].(*rtcp.SenderReport); wrote.NTPTime != sr.NTPTime || wrote.RTPTime != 4 || wrote.PacketCount != 5 ||
			wrote.OctetCount != 6 || wrote.SSRC != 1 {
			t.Errorf("%+v", wrote)
		}
		if sdes.Chunks[0].Source != 7 || sdes.Chunks[0].Items[0].Text != cname[:min(n, maxCNAME)] {
			t.Errorf("name of %d: %+v", n, sdes)
		}
	}
	want, err := (&rtcp.ReceiverReport{SSRC: 9, Reports: someReports}).Marshal()
	if got := appendReceiverReport(nil, 9, someReports); err != nil || string(got) != string(want) {
		t.Errorf("%x, want %x", got, want)
	}
}

func TestReportsAreRead(t *testing.T) {
	for _, report := range []rtcp.Packet{
		&rtcp.SenderReport{SSRC: 11, NTPTime: 12 << 30, RTPTime: 13, PacketCount: 14, OctetCount: 15, Reports: someReports},
		&rtcp.ReceiverReport{SSRC: 11, Reports: someReports},
	} {
		raw, err := report.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		part, rest, ok := nextRTCP(raw)
		if got := part.appendBlocks(nil); !ok || len(rest) > 0 || !reflect.DeepEqual(got, someReports) {
			t.Errorf("%T: %+v", report, got)
		}
		if sr, is := report.(*rtcp.SenderReport); is {
			got := part.sender()
			got.Reports = sr.Reports
			if !reflect.DeepEqual(&got, sr) {
				t.Errorf("%+v, want %+v", got, sr)
			}
		}
		for n := range raw {
			if validRTCP(raw[:n]) {
				t.Errorf("the first %d bytes of %T are valid", n, report)
			}
		}
	}
	pli, _ := (&rtcp.PictureLossIndication{MediaSSRC: 5}).Marshal()
	many := []byte{}
	for n := range maxCompound + 2 {
		if valid := validRTCP(many); valid != (n > 0 && n <= maxCompound) {
			t.Errorf("%d packets: %v", n, valid)
		}
		many = append(many, pli...)
	}
}

// FuzzRTCP reads anything, and what another implementation takes as it does.
func FuzzRTCP(f *testing.F) {
	for _, p := range []rtcp.Packet{
		&rtcp.SenderReport{Reports: someReports}, &rtcp.ReceiverReport{Reports: someReports}, &rtcp.PictureLossIndication{},
		&rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: 1}}}, &rtcp.TransportLayerNack{Nacks: []rtcp.NackPair{{PacketID: 1}}},
		&rtcp.ExtendedReport{Reports: []rtcp.ReportBlock{&rtcp.DLRRReportBlock{Reports: []rtcp.DLRRReport{{SSRC: 1, LastRR: 2, DLRR: 3}}}}},
	} {
		raw, _ := p.Marshal()
		f.Add(raw)
	}
	f.Add([]byte{0xa0, 201, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if !validRTCP(b) {
			return
		}
		for rest := b; len(rest) > 0; {
			var part rtcpPart
			size := len(rest)
			part, rest, _ = nextRTCP(rest)
			if part.kind == rtcp.TypeExtendedReport {
				part.answerTo(1)
			}
			whole := b[len(b)-size : len(b)-len(rest)]
			if part.kind != rtcp.TypeReceiverReport || whole[0]&0x20 != 0 {
				continue
			}
			var theirs rtcp.ReceiverReport
			if theirs.Unmarshal(whole) != nil {
				continue
			}
			if got := part.appendBlocks(nil); len(got) != len(theirs.Reports) || len(got) > 0 && !reflect.DeepEqual(got, theirs.Reports) {
				t.Errorf("%+v, want %+v", got, theirs.Reports)
			}
		}
	})
}

// TestReportsAreNoGarbage: what comes and goes several times a second for each client.
func TestReportsAreNoGarbage(t *testing.T) {
	w, _, bob, cam := pair(t)
	w.run(2*tickInterval, cam)
	raw, err := (&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: 2000}}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	bob.HandleRTCP(raw, w.arrival())
	if n := testing.AllocsPerRun(100, func() { bob.HandleRTCP(raw, w.arrival()) }); n > 0 {
		t.Errorf("%v allocations a report that comes", n)
	}
	var b []byte
	sr := rtcp.SenderReport{}
	if n := testing.AllocsPerRun(100, func() {
		b = appendReceiverReport(appendCNAME(appendSenderReport(b[:0], &sr), 1, "name"), 1, someReports)
		b = appendReferenceTime(b, 1, 2)
	}); n > 0 {
		t.Errorf("%v allocations a report that goes", n)
	}
}
