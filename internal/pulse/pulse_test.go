package pulse

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestItBeatsWhileThereIsSomethingToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p, beats, work := New(), 0, 0
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			p.Run(ctx, time.Second, func(time.Time) bool {
				beats++
				work--
				if work == 0 && beats == 4 {
					p.Rouse() // something new, just now
					return false
				}
				return work > 0
			})
		}()
		after := func(pass time.Duration, want int) {
			t.Helper()
			time.Sleep(pass)
			synctest.Wait()
			if beats != want {
				t.Fatalf("%d beats, %d expected", beats, want)
			}
		}
		after(time.Hour, 0) // nobody has roused it
		work = 2
		p.Rouse()
		p.Rouse()
		after(1500*time.Millisecond, 1)
		p.Rouse() // does not put off the next beat
		after(time.Second, 2)
		after(time.Hour, 2)
		work = 2
		p.Rouse()
		after(time.Hour, 5) // two, and the one that the fourth was roused for
		cancel()
		<-ended
	})
}
