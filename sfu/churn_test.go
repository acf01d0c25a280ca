package sfu

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/digierapro/parley/sfu/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestChurnLeavesNothingBehind lets peers join, publish, watch and leave while two others talk, and looks whether
// memory comes back to where it was.
func TestChurnLeavesNothingBehind(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	alice.negotiate(true, 2, 4)
	bob.negotiate(true, 2, 4)
	alice.discard, bob.discard = true, true
	steady := append(alice.camera(), bob.camera()...)
	churn := func(n int) {
		for i := range n {
			c := w.join(fmt.Sprint("visitor", i))
			c.discard = true
			c.negotiate(true, 2, 4)
			w.run(80*time.Millisecond, append(c.camera(), steady...)...)
			c.leave()
		}
		w.run(time.Second, steady...)
	}
	churn(50)
	before := heap()
	churn(200)
	if after := heap(); after > before+1<<20 {
		t.Fatalf("heap grew from %d to %d KiB", before>>10, after>>10)
	}
	for _, e := range steady {
		for _, l := range e.c.routing.Load().pubs {
			for _, layer := range l.layers {
				if n := len(*layer.sinks.Load()); n > 1 {
					t.Fatalf("%d sinks are left on a layer with one receiver", n)
				}
			}
		}
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestConcurrentUse drives a room from many goroutines at once, for the race detector: packets of several publishers,
// the ticker, views, mutes, offers, joins and leaves.
func TestConcurrentUse(t *testing.T) {
	w := newWorld(t)
	w.server.clock = func() time.Duration { return time.Since(w.server.epoch) }
	var peers []*client
	for i := range 4 {
		c := w.join(fmt.Sprint("peer", i))
		c.discard = true
		c.negotiate(true, 3, 3)
		peers = append(peers, c)
	}
	visitors := make([]*client, 20)
	for i := range visitors {
		visitors[i] = w.join(fmt.Sprint("visitor", i))
		visitors[i].discard = true
	}
	var wg sync.WaitGroup
	for _, c := range peers {
		wg.Go(func() {
			encoders := append(c.camera(), c.microphone())
			for range 200 {
				for _, e := range encoders {
					e.wantKey = e.frameCount%20 == 0
					for _, p := range e.frame(time.Millisecond) {
						c.HandleRTP(p, time.Now())
					}
				}
				c.rtcp(nack(2000, uint16(encoders[0].frameCount)))
			}
		})
		wg.Go(func() {
			for i := range 100 {
				_ = c.SetViews([]View{{PeerID: peers[i%4].ID(), Source: Camera, Width: 100 * (i % 10), Height: 100}})
				c.SetMuted(Camera, i%5 == 0)
				c.HandleState(transport.State(i % 3))
			}
		})
	}
	wg.Go(func() {
		for range 200 {
			w.server.tick(w.server.now())
			w.server.Stats()
		}
	})
	wg.Go(func() {
		for _, v := range visitors {
			v.negotiate(true, 2, 2)
			v.leave()
		}
	})
	wg.Wait()
}
