package sfu

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/digierapro/parley/sfu/bwe"
)

func lossReport(lost map[uint32]uint8) *rtcp.ReceiverReport {
	rr := &rtcp.ReceiverReport{}
	for ssrc, fraction := range lost {
		rr.Reports = append(rr.Reports, rtcp.ReceptionReport{SSRC: ssrc, FractionLost: fraction})
	}
	return rr
}

func TestTheWorstLossIsTheWaysLoss(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	alice.negotiate(true, 0, 0)
	bob.negotiate(false, 1, 1)
	encoders := append(alice.camera(), alice.microphone())
	w.run(time.Second, encoders...)
	bob.rtcp(lossReport(map[uint32]uint8{1000: 64, 2000: 128, 4711: 255}))
	bob.rtcp(lossReport(map[uint32]uint8{4711: 255}))
	w.run(time.Second, encoders...)
	bob.rtcp(lossReport(map[uint32]uint8{1000: 0, 2000: 0}))
	if want := []float64{0.5, 0}; !slices.Equal(bob.lost, want) {
		t.Fatalf("the transport was told of losses of %v, want %v", bob.lost, want)
	}
}

// TestThePublishersLossIsNotTheWays: what never came cannot be lost on the way to a receiver.
func TestThePublishersLossIsNotTheWays(t *testing.T) {
	w, _, bob, cam := pair(t)
	cam.packets = 4
	w.run(time.Second, cam)
	bob.rtcp(lossReport(map[uint32]uint8{2000: 0}))
	for range 30 {
		w.advance(33 * time.Millisecond)
		cam.deliver(cam.frame(33 * time.Millisecond)[1:]...) // a quarter is lost and never asked for
	}
	bob.rtcp(lossReport(map[uint32]uint8{2000: 64}))
	if len(bob.lost) != 2 || bob.lost[1] > 0.02 {
		t.Fatalf("losses of %v, though only the publisher lost", bob.lost)
	}
}

// TestReceiverReportsDecideTheLayer: a client that sends neither transport-wide feedback nor REMB goes down when it loses
// a lot and up again when it does not.
func TestReceiverReportsDecideTheLayer(t *testing.T) {
	w, bob, slot, layers := atTheTop(t)
	bob.estimator = bwe.NewController(bwe.Config{Initial: 2_000_000})
	bob.discard = true
	at := func() int {
		slot.mu.Lock()
		defer slot.mu.Unlock()
		return slices.Index(slot.pub.layers, slot.now)
	}
	run := func(seconds int, fraction uint8, until func() bool) bool {
		for range seconds {
			for _, l := range layers {
				l.wantKey = true
			}
			w.run(time.Second, layers...)
			bob.rtcp(lossReport(map[uint32]uint8{2000: fraction}))
			if until() {
				return true
			}
		}
		return false
	}
	top := func() bool { return at() == 2 }
	if !run(5, 0, top) {
		t.Fatalf("without loss the slot is at layer %d", at())
	}
	before := bob.Bandwidth()
	if !run(20, 90, func() bool { return at() < 2 }) {
		t.Fatalf("with 35 %% of loss the slot stays at the top; estimate %d, before %d", bob.Bandwidth(), before)
	}
	if !run(120, 0, top) {
		t.Fatalf("without loss again the slot stays at layer %d; estimate %d, before %d", at(), bob.Bandwidth(), before)
	}
}
