package transport

import (
	"sync"
	"testing"

	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSlotsAreAddedWhileMediaFlows(t *testing.T) {
	l := startListener(t, nil)
	j, conn := join(t, l, nil)
	exchange(t, j, conn, 1)
	before := j.sections
	j.addSlots(t, webrtc.RTPCodecTypeAudio, 1)
	j.addSlots(t, webrtc.RTPCodecTypeVideo, 2)
	j.sections = mustNegotiate(t, j.client, conn)
	if a, v := len(j.slots(Audio)), len(j.slots(Video)); a != 3 || v != 4 {
		t.Fatalf("%d audio and %d video slots", a, v)
	}
	for i, s := range before {
		if j.sections[i].Slot != s.Slot {
			t.Errorf("slot %s changed", s.Mid)
		}
	}
	exchange(t, j, conn, 2)
}

func TestManyClientsJoinSendAndLeave(t *testing.T) {
	l := startListener(t, nil)
	for round := range 3 {
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				j, conn := join(t, l, nil)
				exchange(t, j, conn, uint16(i))
				if i%2 == 0 {
					conn.Close()
				} else {
					j.close() // says goodbye
				}
				wantState(t, j.recorder, Closed)
			})
		}
		wg.Wait()
		eventually(t, "all have left", func() bool { return l.Stats().Conns == 0 })
		l.mu.RLock()
		if n := l.byAddr.len() + len(l.byUfrag); n != 0 {
			t.Errorf("round %d: %d entries left behind", round, n)
		}
		l.mu.RUnlock()
	}
}

func TestFullListenerRefuses(t *testing.T) {
	l := startListener(t, func(c *Config) { c.Limits.Conns = 1 })
	first, err := l.NewConn(discard{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.NewConn(discard{}); err == nil {
		t.Error("one client too many")
	}
	first.Close()
	if _, err := l.NewConn(discard{}); err != nil {
		t.Errorf("after one left: %v", err)
	}
}

func (t *addressTable) len() (n int) {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.RLock()
		n += len(s.paths) + len(s.links)
		s.mu.RUnlock()
	}
	return n
}
