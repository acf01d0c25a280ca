package loadtest

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// churn is a call with one who stays, whom visitors come to see.
type churn struct {
	run  *run
	own  *certificate
	take Taker
	next int
}

func startChurn(t *testing.T, take Taker) *churn {
	t.Helper()
	own, err := newCertificate()
	if err != nil {
		t.Fatal(err)
	}
	c := &churn{own: own, take: take, run: &run{cfg: Config{Publishers: 2, AudioSlots: 1, VideoSlots: 1}.withDefaults()}}
	stop, err := c.run.startLoops()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	t.Cleanup(func() {
		if err := c.run.leave(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	if err := c.run.join(t.Context(), 0, own, take); err != nil {
		t.Fatal(err)
	}
	return c
}

// visits has n clients connect, publish, see and hear somebody, and leave, some at a time.
func (c *churn) visits(t *testing.T, n int) {
	t.Helper()
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(6)
	for range n {
		c.next++
		i := c.next
		group.Go(func() error { return c.visit(ctx, i) })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

func (c *churn) visit(ctx context.Context, i int) error {
	seat, err := c.take(ctx, i)
	if err != nil {
		return err
	}
	v := newClient(1, c.run.loops[0], seat, &c.run.cfg)
	err = v.join(ctx, c.own, &c.run.cfg)
	for flows := false; err == nil && !flows; err = pause(ctx, 2*time.Millisecond) {
		v.loop.do(func() { flows = v.flowing() == 2 })
	}
	if left := v.leave(context.WithoutCancel(ctx)); err == nil {
		err = left
	}
	if err != nil {
		return fmt.Errorf("visitor %d: %w", i, err)
	}
	return nil
}

// TestThousandsComeAndGo lets clients join and leave over real sockets, ICE, DTLS and SRTP. Goroutines and memory return
// to where they were.
func TestThousandsComeAndGo(t *testing.T) {
	srv, take := startServer(t)
	c := startChurn(t, take)
	alone := func() bool {
		st := srv.Stats()
		return st.Peers == 1 && st.Transport.Conns == 1
	}
	c.visits(t, 100) // pools and tables grow to their sizes
	until(t, "the first visitors have left", alone)
	goroutines, memory := runtime.NumGoroutine(), heap()

	began := time.Now()
	c.visits(t, 2000)
	took := time.Since(began)
	until(t, "the visitors have left", alone)
	until(t, "the goroutines have ended", func() bool { return runtime.NumGoroutine() <= goroutines })
	after := heap()
	t.Logf("2000 visits in %v; heap %d KiB before, %d KiB after", took.Round(time.Millisecond), memory>>10, after>>10)
	until(t, "the memory is free again", func() bool { return heap() <= memory+512<<10 })
	if st := srv.Stats().Transport; st.HandshakeFail > 0 || st.Handshakes != 2101 {
		t.Errorf("%d handshakes and %d that failed, want 2101 and none", st.Handshakes, st.HandshakeFail)
	}
}

// until polls a condition that nothing announces.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timed out waiting until %s; %d goroutines", what, runtime.NumGoroutine())
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
