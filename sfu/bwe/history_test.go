package bwe

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

const tick = time.Millisecond

// sentHistory has n packets from number first on, a millisecond apart.
func sentHistory(first uint16, n int) *History {
	h := &History{}
	for i := range n {
		h.Sent(first+uint16(i), 1000+i%100, Media, 0, time.Duration(i)*tick)
	}
	return h
}

// arriving makes arrivals of the numbers, a millisecond apart by number, from some time on.
func arriving(at time.Duration, numbers ...int64) []arrival {
	list := make([]arrival, len(numbers))
	for i, n := range numbers {
		list[i] = arrival{n, at + time.Duration(n)*tick}
	}
	return list
}

func statusesOf(t *testing.T, h *History, b []byte) []Status {
	t.Helper()
	results, err := h.Feedback(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	list := make([]Status, len(results))
	for i := range results {
		list[i] = results[i].Status
	}
	return list
}

func TestReport(t *testing.T) {
	for kind := range 3 {
		h := sentHistory(0, 30)
		results, err := h.Feedback(encodeReport(2, arriving(time.Minute, 3, 4, 7, 20), kind), nil)
		if err != nil || len(results) != 21 {
			t.Fatalf("%d results, %v", len(results), err)
		}
		for i, r := range results {
			want := Lost
			switch i {
			case 0, 1:
				want = Unreported
			case 3, 4, 7, 20:
				want = Received
			}
			if r.Status != want || r.Before != InFlight || r.Sent != time.Duration(i)*tick || r.Size != 1000+i {
				t.Errorf("packet %d: %+v", i, r)
			}
			if at := time.Duration(i) * tick; want == Received && (r.Arrival-results[3].Arrival).Round(tick) != at-3*tick {
				t.Errorf("packet %d arrived %v after the first", i, r.Arrival-results[3].Arrival)
			}
		}
	}
}

func TestReportsRepeatReorderAndGetLost(t *testing.T) {
	h := sentHistory(65530, 20) // across the wrap: number 0 is the seventh
	base := int64(65530)
	first := encodeReport(base, arriving(0, base, base+2), 0)
	second := encodeReport(base+3, arriving(0, base+3, base+4), 0)
	third := encodeReport(base+5, arriving(0, base+5, base+8), 0)
	if got := statusesOf(t, h, first); !slices.Equal(got, []Status{Received, Lost, Received}) {
		t.Errorf("first: %v", got)
	}
	if got := statusesOf(t, h, first); len(got) != 0 {
		t.Errorf("the same again: %v", got)
	}
	if got := statusesOf(t, h, third); !slices.Equal(got, []Status{Unreported, Unreported, Received, Lost, Lost, Received}) {
		t.Errorf("with one missing: %v", got)
	}
	if got := statusesOf(t, h, second); !slices.Equal(got, []Status{Received, Received}) {
		t.Errorf("the missing one: %v", got)
	}
	late, err := h.Feedback(encodeReport(base+1, arriving(0, base+1), 1), nil)
	if err != nil || len(late) != 1 || late[0].Before != Lost || late[0].Status != Received {
		t.Errorf("overtaken by its report: %+v, %v", late, err)
	}
}

func TestReportsOnWhatWasNeverSent(t *testing.T) {
	h := sentHistory(1000, 10)
	for name, b := range map[string][]byte{
		"before the first": encodeReport(998, arriving(0, 998, 1001), 0),
		"after the last":   encodeReport(1005, arriving(0, 1005, 1010), 0),
		"far away":         encodeReport(40000, arriving(0, 40000), 0),
	} {
		if results, err := h.Feedback(b, nil); !errors.Is(err, ErrUnknown) || len(results) > 0 {
			t.Errorf("%s: %v, %v", name, results, err)
		}
	}
	if _, err := new(History).Feedback(encodeReport(0, arriving(0, 0), 0), nil); !errors.Is(err, ErrUnknown) {
		t.Error("before anything was sent:", err)
	}
	h.Sent(1012, 500, Media, 0, tick) // 1010 and 1011 could not be sent
	if got := statusesOf(t, h, encodeReport(1000, arriving(0, 1009, 1010, 1011, 1012), 0)); len(got) != 11 {
		t.Errorf("news of %d packets, 11 were sent", len(got))
	}
}

func TestMalformedReports(t *testing.T) {
	good := encodeReport(0, arriving(0, 0, 1, 4, 5, 9), 0)
	change := func(f func(b []byte) []byte) []byte { return f(slices.Clone(good)) }
	for name, b := range map[string][]byte{
		"empty":              nil,
		"cut short":          good[:len(good)-4],
		"header alone":       good[:4],
		"another type":       change(func(b []byte) []byte { b[1] = 206; return b }),
		"another format":     change(func(b []byte) []byte { b[0] = 2<<6 | 1; return b }),
		"another version":    change(func(b []byte) []byte { b[0] &= 0x3f; return b }),
		"padding beyond":     change(func(b []byte) []byte { b[0] |= 0x20; b[len(b)-1] = 200; return b }),
		"padding of nothing": change(func(b []byte) []byte { b[0] |= 0x20; b[len(b)-1] = 0; return b }),
		"more statuses":      change(func(b []byte) []byte { binary.BigEndian.PutUint16(b[14:], 5000); return b }),
		"reserved symbol":    change(func(b []byte) []byte { binary.BigEndian.PutUint16(b[20:], 3<<13|10); return b }),
		"deltas missing":     change(func(b []byte) []byte { binary.BigEndian.PutUint16(b[20:], 2<<13|10); return b }),
		"runs of none":       change(func(b []byte) []byte { clear(b[20:]); return b }),
	} {
		if results, err := sentHistory(0, 20).Feedback(b, nil); !errors.Is(err, ErrMalformed) || len(results) > 0 {
			t.Errorf("%s: %v, %v", name, results, err)
		}
	}
}

func TestRingGrowsForFastClients(t *testing.T) {
	h := &History{}
	for i := range 1000 {
		h.Sent(uint16(i), 1000, Media, 0, time.Duration(i)*time.Second)
	}
	if len(h.ring) != historyStart {
		t.Errorf("%d packets kept for a slow client", len(h.ring))
	}
	h = &History{}
	for i := range 100_000 {
		h.Sent(uint16(i), 1000, Media, 0, time.Duration(i)*100*time.Microsecond)
	}
	if len(h.ring) != historyMax {
		t.Errorf("%d packets kept for a fast client", len(h.ring))
	}
	last := int64(99_999 - 1<<16)
	if got := statusesOf(t, h, encodeReport(last-2999, arriving(0, last-2999, last), 1)); len(got) < 3000 {
		t.Errorf("news of %d", len(got))
	}
}

func TestReferenceTimeComesAround(t *testing.T) {
	h := &History{}
	var before time.Duration
	for i := range int64(50) {
		h.Sent(uint16(i), 100, Media, 0, 0)
		at := time.Duration(1<<24-25+i) * referenceUnit // wraps half way
		results, err := h.Feedback(encodeReport(i, []arrival{{i, at}}, 0), nil)
		if err != nil || len(results) != 1 {
			t.Fatal(results, err)
		}
		if i > 0 && results[0].Arrival-before != referenceUnit {
			t.Fatalf("from %v to %v", before, results[0].Arrival)
		}
		before = results[0].Arrival
	}
}

// Reports as another implementation writes them.
func TestReportsByPion(t *testing.T) {
	h := sentHistory(0, 40)
	report := rtcp.TransportLayerCC{
		SenderSSRC: 1, MediaSSRC: 2, BaseSequenceNumber: 4, PacketStatusCount: 21, ReferenceTime: 10,
		PacketChunks: []rtcp.PacketStatusChunk{
			&rtcp.StatusVectorChunk{SymbolSize: rtcp.TypeTCCSymbolSizeTwoBit, SymbolList: []uint16{1, 0, 2, 1, 0, 0, 1}},
			&rtcp.StatusVectorChunk{SymbolSize: rtcp.TypeTCCSymbolSizeOneBit, SymbolList: []uint16{1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		},
		RecvDeltas: []*rtcp.RecvDelta{
			{Type: 1, Delta: 1000}, {Type: 2, Delta: -5000}, {Type: 1, Delta: 2000}, {Type: 1, Delta: 500},
			{Type: 1, Delta: 0}, {Type: 1, Delta: 0}, {Type: 1, Delta: 0}, {Type: 1, Delta: 63750},
		},
	}
	report.Header = rtcp.Header{Padding: true, Count: rtcp.FormatTCC, Type: rtcp.TypeTransportSpecificFeedback, Length: uint16(report.MarshalSize()/4 - 1)}
	b, err := report.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	results, err := h.Feedback(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	var arrivals []time.Duration
	for _, r := range results {
		if r.Status == Received {
			arrivals = append(arrivals, r.Arrival-results[4].Arrival)
		}
	}
	want := []time.Duration{0, -5000, -3000, -2500, -2500, -2500, -2500, 61250}
	for i := range want {
		want[i] *= time.Microsecond
	}
	if !slices.Equal(arrivals, want) {
		t.Errorf("arrivals %v, want %v", arrivals, want)
	}
}

func TestNothingAllocatesPerPacketOrReport(t *testing.T) {
	c := NewController(Config{})
	c.SetGoal(10_000_000, 10_000_000)
	arrivals := make([]arrival, 0, 20)
	var seq int64
	now := time.Duration(0)
	round := func() ([]byte, time.Duration) {
		arrivals = arrivals[:0]
		for range 20 {
			now += 3 * time.Millisecond
			c.Sent(uint16(seq), 1000, Media, now)
			arrivals = append(arrivals, arrival{seq, now + 20*time.Millisecond})
			seq++
		}
		return encodeReport(seq-20, arrivals, 0), now + 50*time.Millisecond
	}
	for range 200 {
		b, at := round()
		if err := c.Feedback(b, at); err != nil {
			t.Fatal(err)
		}
	}
	reports := make([][]byte, 110)
	i := 0
	clock := now
	for k := range reports {
		reports[k], _ = round()
	}
	if n := testing.AllocsPerRun(100, func() {
		clock += 60 * time.Millisecond
		if err := c.Feedback(reports[i], clock+50*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		i++
		c.Process(clock)
		c.PaddingNow(clock)
		c.Sent(uint16(seq), 1000, Padding, now)
		seq++
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzFeedback(f *testing.F) {
	f.Add(encodeReport(0, arriving(0, 0, 1, 4, 5, 9), 0), uint16(0))
	f.Add(encodeReport(65530, arriving(0, 65530, 65533, 65540), 1), uint16(65000))
	f.Add(encodeReport(10, arriving(0, 10, 11, 20), 2), uint16(5))
	f.Fuzz(func(t *testing.T, b []byte, first uint16) {
		c := NewController(Config{})
		c.SetGoal(5_000_000, 5_000_000)
		for i := range 600 {
			c.Sent(first+uint16(i), 1000, Media, time.Duration(i)*tick)
		}
		for i := range 3 { // the second time it is no news
			now := time.Duration(600+50*i) * tick
			results := len(c.results)
			if err := c.Feedback(b, now); err == nil && i > 0 && len(c.results) > 0 {
				t.Fatalf("%d news again after %d", len(c.results), results)
			}
			if e := c.Estimate(); e < DefaultMin || e > DefaultMax {
				t.Fatalf("estimate %d", e)
			}
			c.Process(now)
		}
	})
}

func BenchmarkFeedback(b *testing.B) {
	c := NewController(Config{})
	r := rand.New(rand.NewPCG(1, 2))
	var seq int64
	now := time.Duration(0)
	for b.Loop() {
		b.StopTimer()
		arrivals := make([]arrival, 0, 100)
		for range 100 {
			now += 600 * time.Microsecond
			c.Sent(uint16(seq), 1000, Media, now)
			arrivals = append(arrivals, arrival{seq, now + 20*time.Millisecond + time.Duration(r.IntN(200))*time.Microsecond})
			seq++
		}
		slices.SortFunc(arrivals, func(a, b arrival) int { return int(a.seq - b.seq) })
		report := encodeReport(seq-100, arrivals, 0)
		b.StartTimer()
		if err := c.Feedback(report, now+50*time.Millisecond); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSent(b *testing.B) {
	c := NewController(Config{})
	var seq uint16
	for b.Loop() {
		c.Sent(seq, 1000, Media, time.Duration(seq)*tick)
		seq++
	}
}
