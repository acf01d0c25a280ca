package transport

import (
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

// rawWay is one of a raw client's, of whichever kind.
type rawWay struct {
	name string
	send func(data []byte)
	next func(wanted func([]byte) bool) []byte
}

func (r *rawClient) way(t *testing.T, l *Listener, name string) rawWay {
	return rawWay{name, func(data []byte) { r.send(t, l, data) }, func(wanted func([]byte) bool) []byte { return r.next(t, wanted) }}
}

func (r *rawTCP) way(t *testing.T, name string) rawWay {
	return rawWay{name, func(data []byte) { r.send(t, data) }, func(wanted func([]byte) bool) []byte {
		for {
			if data := r.next(t); wanted(data) {
				return data
			}
		}
	}}
}

// check sends a connectivity check and waits for the answer.
func (w rawWay) check(t *testing.T, creds *credentials, more ...stun.Setter) {
	t.Helper()
	request := bindingRequestFor(creds, more...)
	w.send(request.Raw)
	w.next(func(data []byte) bool {
		m := &stun.Message{Raw: data}
		return stun.IsMessage(data) && m.Decode() == nil && m.TransactionID == request.TransactionID
	})
}

// TestMediaFollowsAClientAmongAllItsWays has a client with UDP, TCP and relayed ways, direct ones of two networks, that
// keeps all of them alive, changes from one to the next again and again, and misses nothing.
func TestMediaFollowsAClientAmongAllItsWays(t *testing.T) {
	l, port := startTCP(t, "127.0.0.1", nil)
	r, rec, conn, sections := rawJoin(t, l)
	ways := []rawWay{r.way(t, l, "UDP"), port.dial(t).way(t, "TCP")}
	wifi, relay := newRawClient(t), newLinkClient(t, l)
	ways = append(ways, wifi.way(t, l, "UDP of another network"), relay.way(t, l, "relay"), port.dial(t).way(t, "TCP of another network"))
	var up, down uint16
	talk := func(w rawWay) {
		t.Helper()
		up++
		w.send(r.seal(t, up))
		receive(t, "the client's media by "+w.name, rec.rtp)
	}
	hear := func(w rawWay) {
		t.Helper()
		down++
		if err := conn.Send(&Packet{SSRC: sections[1].Slot.SSRC, PayloadType: 96, Sequence: down, Body: []byte("picture")}); err != nil {
			t.Fatalf("to %s: %v", w.name, err)
		}
		w.next(isVideo)
	}
	at := ways[0]
	talk(at)
	for round := range 60 {
		for _, w := range ways {
			w.check(t, r.creds)
		}
		to := ways[(round*3+1)%len(ways)]
		to.check(t, r.creds, useCandidate{})
		talk(to) // and from then on we go there, too
		hear(to)
		talk(to)
		hear(to)
		at = to
	}
	if conn.State() != Connected || l.Stats().Handshakes != 1 {
		t.Errorf("%v after %d handshakes, at %s", conn.State(), l.Stats().Handshakes, at.name)
	}
}

// TestAConnectionGivenUpIsNotNominated: it is closed in a moment, so media must not move there.
func TestAConnectionGivenUpIsNotNominated(t *testing.T) {
	l, port := startTCP(t, "127.0.0.1", func(c *Config) { c.Limits.Addresses = 2 })
	r, _, conn, _ := rawJoin(t, l)
	home := conn.selected.Load()
	first, second := port.dial(t), port.dial(t)
	first.way(t, "first").check(t, r.creds)
	second.way(t, "second").check(t, r.creds) // the first is given up for it
	first.send(t, bindingRequestFor(r.creds, useCandidate{}).Raw)
	_ = first.SetReadDeadline(time.Now().Add(waitLimit))
	if packet, ok, err := first.frames.next(); ok || err != nil {
		t.Fatalf("answered with %d bytes, %v", len(packet), err)
	}
	if err := first.frames.fill(); err == nil {
		t.Error("a connection that is given up was answered")
	}
	if conn.selected.Load() != home {
		t.Error("media moved to a connection that is given up")
	}
	second.way(t, "second").check(t, r.creds, useCandidate{})
	eventually(t, "media moved to a connection that lives", func() bool { return conn.selected.Load() != home })
}
