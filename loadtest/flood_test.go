package loadtest

import (
	"context"
	"testing"
	"time"
)

// TestAFloodIsNobodyElsesProblem has one client send several times what it may, for all of the time in which another call
// is measured: that call loses nothing, and of the flood no more than the rate is carried.
func TestAFloodIsNobodyElsesProblem(t *testing.T) {
	srv, _ := startServer(t)
	own, err := newCertificate()
	if err != nil {
		t.Fatal(err)
	}
	flood := &run{cfg: Config{Publishers: 1, Subscribers: 1, VideoBitrate: 200_000_000}.withDefaults()}
	stop, err := flood.startLoops()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	take := seatsIn(srv, "flooded")
	if err := flood.join(t.Context(), 0, own, take); err != nil {
		t.Fatal(err)
	}
	dropped := func() uint64 { d := srv.Stats().Transport.Dropped; return d["rate"] + d["stream_rate"] }
	until(t, "the flood is above its rate", func() bool { return dropped() > 0 })

	before, from := srv.Stats(), time.Now()
	report, err := Run(t.Context(), Config{
		Publishers: 2, Subscribers: 1, Duration: 2 * time.Second, WarmUp: 500 * time.Millisecond, OpenEvery: 5,
	}, seatsIn(srv, "quiet"))
	if err != nil {
		t.Fatal(err)
	}
	after, took := srv.Stats(), time.Since(from)
	wantHealthy(t, report)
	if n := after.Transport.Dropped["stream_rate"] - before.Transport.Dropped["stream_rate"]; n < 1000 {
		t.Errorf("%d packets of the flood dropped, want thousands", n)
	}
	quiet := float64(3*200) * took.Seconds() // packets of those who keep to what is usual, at most
	// The camera's stream has 12 Mbit/s, what is sent again of it comes beside, and 20 are for all; half a second of that
	// may come at once.
	carried := 8 * packetBytes * (float64(after.PacketsIn-before.PacketsIn) - quiet)
	if most := 20e6 * (took.Seconds() + 0.5); carried > most {
		t.Errorf("%.0f bits of the flood were carried in %v, want %.0f at most", carried, took, most)
	}
	if err := flood.leave(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}
