package signaling

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func TestALaneHoldsUpWhoAddsTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l lane
		release, ran := make(chan struct{}), 0
		piece := func() { <-release; ran++ }
		for range laneDepth {
			l.do(piece)
		}
		l.try(piece) // in vain
		var waiting sync.WaitGroup
		var added atomic.Int32
		for range 3 {
			waiting.Go(func() { l.do(piece); added.Add(1) })
		}
		synctest.Wait()
		if n := added.Load(); n != 0 {
			t.Errorf("%d pieces were added to a lane that is full", n)
		}
		close(release)
		waiting.Wait()
		synctest.Wait()
		if ran != laneDepth+3 || l.held != 0 || l.queue != nil || l.room != nil {
			t.Errorf("%d pieces ran; left is %+v", ran, &l)
		}
	})
}

func TestALaneRunsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l lane
		var ran []int
		for n := range 1000 {
			l.do(func() { ran = append(ran, n) })
		}
		synctest.Wait()
		for n := range 1000 {
			if ran[n] != n {
				t.Fatalf("%d ran as number %d", ran[n], n)
			}
		}
	})
}
