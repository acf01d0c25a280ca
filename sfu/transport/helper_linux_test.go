package transport

import (
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

// BenchmarkFlood seals and sends without pause what the kernel cannot join: by one core, and with a helper.
func BenchmarkFlood(b *testing.B) {
	for _, helped := range []bool{false, true} {
		name := "alone"
		if helped {
			name = "helped"
		}
		b.Run(name, func(b *testing.B) {
			sinks := newSinks(b, 50)
			batch := batchOf(sinks[0])
			if helped {
				defer batch.startHelper()()
			}
			p := &Packet{SSRC: 1, PayloadType: 96, Source: 9, Batch: batch, Body: make([]byte, segmentMin/2)}
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
			}
			batch.flush()
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/packet")
		})
	}
}
