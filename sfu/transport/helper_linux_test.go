package transport

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestHelperKeepsTheOrder has the worker send now by itself and now by its helper.
func TestHelperKeepsTheOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	sinks := newSinks(t, 3)
	b := batchOf(sinks[0])
	stop := b.startHelper()
	first, helped := b.load, false
	var next, received uint16
	for range 20 {
		for range random.IntN(300) {
			for _, s := range sinks {
				s.send(t, b, next, 100+random.IntN(800))
			}
			next++
			if random.IntN(100) == 0 {
				b.flush()
			}
			helped = helped || b.load != first
		}
		b.flush()
		for ; received != next; received++ {
			for i, s := range sinks {
				if p := s.receive(t); p.SequenceNumber != received {
					t.Fatalf("sink %d received %d, want %d", i, p.SequenceNumber, received)
				}
			}
		}
	}
	stop()
	if !helped {
		t.Error("the helper was never asked")
	}
	if out, failed := b.counters.packetsOut.Load(), b.counters.sendErrors.Load(); out != 3*uint64(next) || failed != 0 {
		t.Errorf("%d packets counted as sent and %d as failed, want %d", out, failed, 3*next)
	}
}

// BenchmarkFlood is the fan-out of one publisher to the largest call, without a pause, at one packet after the other: only
// sealed, sealed and sent by one core, and with a helper. Run it with -cpu 1,2.
func BenchmarkFlood(b *testing.B) {
	for _, size := range []int{segmentMin / 2, 1100} {
		for _, how := range []string{"sealed", "alone", "helped"} {
			b.Run(fmt.Sprintf("%d bytes/%s", size, how), func(b *testing.B) { flood(b, size, how) })
		}
	}
}

func flood(b *testing.B, size int, how string) {
	sinks := newSinks(b, 99)
	batch := batchOf(sinks[0])
	if how == "helped" {
		defer batch.startHelper()()
	}
	p := &Packet{SSRC: 1, PayloadType: 96, Source: 9, Batch: batch, Body: make([]byte, size)}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		p.Sequence++
		for _, s := range sinks {
			if err := s.conn.Send(p); err != nil {
				b.Fatal(err)
			}
			n++
		}
		if how == "sealed" { // and thrown away
			batch.used, batch.packets, batch.messages = 0, batch.packets[:0], batch.messages[:0]
			batch.epoch++
		}
	}
	batch.flush()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/packet")
}
