package bwe_test

import (
	"testing"
	"time"

	"github.com/digierapro/parley/sfu/allocate"
	"github.com/digierapro/parley/sfu/bwe"
)

// The estimator and the allocator together, as a forwarder uses them: what matters in the end is the layer that is sent.

var (
	voiceRates  = allocate.Rates{{40_000}}
	cameraRates = allocate.Rates{{60_000, 90_000, 150_000}, {200_000, 300_000, 450_000}, {450_000, 700_000, 1_300_000}}
	top         = allocate.Layer{Spatial: 2, Temporal: 2}
)

// subscriber is one client with a microphone and a camera to receive.
type subscriber struct {
	*bwe.Controller
	slots   [2]allocate.Slot
	memory  allocate.Memory
	changes int
}

func newSubscriber() *subscriber {
	return &subscriber{Controller: bwe.NewController(bwe.Config{}), slots: [2]allocate.Slot{
		{Class: allocate.Audio, Rates: voiceRates},
		{Class: allocate.Other, Rates: cameraRates, Max: top, Current: allocate.Paused},
	}}
}

// share is called every 50 ms and gives the rate of the video to send.
func (s *subscriber) share(now time.Duration) int {
	r := allocate.Share(s.Estimate(), s.slots[:], &s.memory, now)
	s.SetGoal(r.Next, r.Full)
	if s.slots[1].Chosen != s.slots[1].Current {
		s.changes++
	}
	for i := range s.slots {
		s.slots[i].Current = s.slots[i].Chosen
	}
	return s.slots[1].Rate
}

// [top layer after 0.3 s; down 0.7 s after the cut begins, top layer again 5.5 s after it ends; 13 changes in all]
func TestLayersThroughACut(t *testing.T) {
	for seed := range uint64(5) {
		s := newSubscriber()
		run, cut := bwe.Simulate(s.Controller, s.share, seed, 2_000_000)
		reach := func(limit time.Duration, ok func(l allocate.Layer) bool) time.Duration {
			var took time.Duration
			for ; took < limit && !ok(s.slots[1].Current); took += 50 * time.Millisecond {
				run(50 * time.Millisecond)
			}
			return took
		}
		up := func(l allocate.Layer) bool { return l == top }
		first := reach(20*time.Second, up)
		run(20 * time.Second)
		cut(500_000)
		down := reach(10*time.Second, func(l allocate.Layer) bool { return l.Spatial < 2 })
		run(20 * time.Second)
		during := s.slots[1].Current
		cut(2_000_000)
		back := reach(40*time.Second, up)
		run(20 * time.Second)
		t.Logf("top after %v; down after %v to %v; back after %v; %d changes", first, down, during, back, s.changes)
		if first > 3*time.Second || down > 2*time.Second || back > 15*time.Second || s.changes > 14 {
			t.Error("too slow, or too unsteady")
		}
		if during == allocate.Paused || s.slots[1].Current != top {
			t.Errorf("%v during the cut, %v at the end", during, s.slots[1].Current)
		}
	}
}
