package sfu

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"
)

// fanOut is one publisher of VP8 at 1.2 Mbit/s and receivers whose transport does nothing: what remains is the core's
// own cost. It returns a function that delivers the next packet.
func fanOut(t testing.TB, receivers int) (deliver func()) {
	w := newWorld(t)
	w.server.cfg.MaxPeers = receivers + 1
	alice := w.join("alice")
	alice.negotiate(true, 0, 0)
	cam := alice.camera()[0]
	cam.packets, cam.size = 5, 980
	for i := range receivers {
		c := w.join(fmt.Sprint("receiver", i))
		c.negotiate(false, 1, 1)
		c.discard = true
	}
	w.run(2*time.Second, cam)
	cam.noNaming = true
	frame := cam.frame(0)
	seq, ts, i := cam.seq, cam.ts, 0
	arrival := w.arrival()
	return func() {
		p := frame[i%len(frame)]
		i++
		if i%len(frame) == 1 {
			ts += 3600
			arrival = arrival.Add(40 * time.Millisecond)
		}
		binary.BigEndian.PutUint16(p[2:], seq)
		binary.BigEndian.PutUint32(p[4:], ts)
		seq++
		alice.HandleRTP(p, arrival)
	}
}

func TestForwardingMakesNoGarbage(t *testing.T) {
	deliver := fanOut(t, 20)
	for range 2000 {
		deliver() // rings and histories grow to their sizes
	}
	if n := testing.AllocsPerRun(2000, deliver); n != 0 {
		t.Fatalf("%v allocations for a packet to 20 receivers", n)
	}
}

// BenchmarkForward reports the time per forwarded packet.
func BenchmarkForward(b *testing.B) {
	for _, receivers := range []int{1, 10, 49} {
		b.Run(fmt.Sprintf("%d receivers", receivers), func(b *testing.B) {
			deliver := fanOut(b, receivers)
			for range 2000 {
				deliver()
			}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				deliver()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(receivers), "ns/forwarded")
		})
	}
}
