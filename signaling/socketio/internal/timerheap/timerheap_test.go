package timerheap

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestTimersFireInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Heap
		began := time.Now()
		var fired, want []time.Duration
		timers := make([]Timer, 200)
		for i := range timers {
			d := time.Duration(rand.IntN(10_000)) * time.Millisecond
			timers[i].Fire = func() { fired = append(fired, time.Since(began)) }
			h.Set(&timers[i], time.Duration(rand.IntN(10_000))*time.Millisecond)
			h.Set(&timers[i], d) // in place of the first
			if i%4 == 0 {
				h.Stop(&timers[i])
				continue
			}
			want = append(want, d)
		}
		if h.Len() != len(want) || h.Pending(&timers[0]) || !h.Pending(&timers[1]) {
			t.Fatalf("%d pending, want %d", h.Len(), len(want))
		}
		time.Sleep(11 * time.Second)
		synctest.Wait()
		slices.Sort(want)
		if !slices.Equal(fired, want) {
			t.Errorf("fired at %v, want %v", fired, want)
		}
		h.Close()
	})
}

func TestTimerMaySetItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Heap
		var timer Timer
		n := 0
		timer.Fire = func() {
			n++
			h.Set(&timer, time.Second)
		}
		h.Set(&timer, time.Second)
		time.Sleep(5*time.Second + 500*time.Millisecond)
		synctest.Wait()
		if n != 5 {
			t.Errorf("fired %d times", n)
		}
		h.Close()
		h.Set(&timer, time.Second)
		time.Sleep(5 * time.Second)
		if n != 5 || h.Len() != 0 {
			t.Error("fires after Close")
		}
	})
}

// TestEarlierTimer sets the clock back for a timer that comes before all others.
func TestEarlierTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h Heap
		defer h.Close()
		var late, early Timer
		var order []string
		late.Fire = func() { order = append(order, "late") }
		early.Fire = func() { order = append(order, "early") }
		h.Set(&late, time.Hour)
		h.Set(&early, time.Minute)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if !slices.Equal(order, []string{"early"}) {
			t.Errorf("fired %v", order)
		}
		h.Stop(&early) // fired already
		h.Set(&late, time.Minute)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if len(order) != 2 {
			t.Errorf("fired %v", order)
		}
	})
}
