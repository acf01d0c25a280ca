package transport

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// reported reads reports as a sender would: which packets arrived, and when, in the reports' own clock.
func reported(t *testing.T, reports [][]byte) (arrived map[uint16]time.Duration, lost map[uint16]bool) {
	t.Helper()
	arrived, lost = make(map[uint16]time.Duration), make(map[uint16]bool)
	for _, raw := range reports {
		var cc rtcp.TransportLayerCC
		if err := cc.Unmarshal(raw); err != nil {
			t.Fatalf("%v in %x", err, raw)
		}
		if len(raw) > 1200 {
			t.Errorf("a report of %d bytes", len(raw))
		}
		var statuses []uint16
		for _, chunk := range cc.PacketChunks {
			switch c := chunk.(type) {
			case *rtcp.RunLengthChunk:
				for range c.RunLength {
					statuses = append(statuses, c.PacketStatusSymbol)
				}
			case *rtcp.StatusVectorChunk:
				statuses = append(statuses, c.SymbolList...)
			}
		}
		clock := time.Duration(cc.ReferenceTime) * referenceUnit
		deltas := cc.RecvDeltas
		for i := range cc.PacketStatusCount {
			seq := cc.BaseSequenceNumber + i
			if statuses[i] == rtcp.TypeTCCPacketNotReceived {
				lost[seq] = true
				continue
			}
			clock += time.Duration(deltas[0].Delta) * time.Microsecond
			deltas = deltas[1:]
			arrived[seq] = clock
		}
		if len(deltas) != 0 {
			t.Errorf("%d deltas too many", len(deltas))
		}
	}
	return arrived, lost
}

func buildAll(f *feedbackRecorder) (reports [][]byte) {
	pending := f.sorted()
	for len(pending) > 0 {
		var report []byte
		report, pending = f.build(pending)
		reports = append(reports, append([]byte(nil), report...))
	}
	f.n = 0
	return reports
}

func TestFeedbackTellsWhatArrivedWhen(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var f feedbackRecorder
	now := time.Now()
	seq := uint16(65000)
	for round := range 50 {
		sent := make(map[uint16]time.Time)
		missing := make(map[uint16]bool)
		for range 1 + random.IntN(feedbackMax) {
			seq++
			now = now.Add(time.Duration(random.IntN(9000)) * time.Microsecond)
			if len(sent) > 0 && random.IntN(10) == 0 {
				missing[seq] = true
				continue
			}
			sent[seq] = now
			f.record(1, seq, now)
		}
		delete(missing, seq) // nothing after it shows that it is missing
		arrived, lost := reported(t, buildAll(&f))
		if len(arrived) != len(sent) {
			t.Fatalf("round %d: %d reported of %d", round, len(arrived), len(sent))
		}
		for s, at := range sent {
			if diff := at.Sub(f.started) - arrived[s]; diff < -deltaUnit || diff > deltaUnit {
				t.Fatalf("packet %d reported %v away from its arrival", s, diff)
			}
		}
		for s := range missing {
			if !lost[s] && s < seq {
				t.Fatalf("packet %d is not reported as missing", s)
			}
		}
	}
}

func TestFeedbackWithReorderingAndDuplicates(t *testing.T) {
	var f feedbackRecorder
	now := time.Now()
	for i, seq := range []uint16{10, 12, 11, 11, 13, 9} {
		f.record(1, seq, now.Add(time.Duration(i)*time.Millisecond))
	}
	arrived, lost := reported(t, buildAll(&f))
	if len(arrived) != 5 || len(lost) != 0 {
		t.Errorf("arrived %v, lost %v", arrived, lost)
	}
}

// TestFeedbackToALyingClient gives it numbers and times without sense.
func TestFeedbackToALyingClient(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var f feedbackRecorder
	now := time.Now()
	for range 300 {
		for range random.IntN(2 * feedbackMax) {
			now = now.Add(time.Duration(random.IntN(int(20 * time.Second))))
			f.record(random.Uint32(), uint16(random.Uint32()), now)
		}
		if reports := buildAll(&f); len(reports) > feedbackMax {
			t.Fatalf("%d reports", len(reports))
		} else {
			reported(t, reports)
		}
	}
}
