package sfu

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/digierapro/parley/sfu/transport"
)

// waitQuality waits for a judgement of a peer that satisfies ok.
func (e *ear) waitQuality(t *testing.T, what, peer string, ok func(Quality) bool) (found Quality) {
	t.Helper()
	for {
		e.mu.Lock()
		var last Quality
		for _, all := range e.quality {
			for _, q := range all {
				if q.PeerID == peer {
					last = q
				}
			}
		}
		e.mu.Unlock()
		if last.PeerID != "" && ok(last) {
			return last
		}
		select {
		case <-e.news:
		case <-time.After(5 * time.Second):
			t.Fatalf("%s: last judged %+v %+v", what, last.Uplink, last.Downlink)
		}
	}
}

func TestUplinkLossIsNamed(t *testing.T) {
	w := newWorld(t)
	e := newEar(w.room)
	_, mouths := w.audience(2, 1)
	w.hear(5*time.Second, mouths...)
	e.waitQuality(t, "a good line", "p00", func(q Quality) bool {
		return q.Uplink != nil && q.Uplink.MOS > 4.3 && q.Uplink.Cause == "" && q.Uplink.Loss == 0
	})
	for i := range 500 { // 14 of 100 are lost, evenly
		if i*14%100 < 14 {
			mouths[0].seq++
			mouths[0].ts += 960
			w.hear(20*time.Millisecond, mouths[1])
			continue
		}
		w.hear(20*time.Millisecond, mouths...)
	}
	q := e.waitQuality(t, "a bad line", "p00", func(q Quality) bool { return q.Uplink.Loss > 0.12 })
	if q.Uplink.MOS > 3.1 || q.Uplink.MOS < 2.5 || q.Uplink.Issue != PacketLoss || q.Uplink.Cause != "uplink loss 14 %" {
		t.Fatalf("judged %+v", q.Uplink)
	}
	e.waitQuality(t, "the other one's is good", "p01", func(q Quality) bool { return q.Uplink.MOS > 4.3 })
}

// answer reports what a client received of a slot, as a client that loses one packet in every n does.
func (c *client) answer(ssrc uint32, n int, sequence, lost *uint32, jitter uint32) {
	for range c.take(ssrc) {
		*sequence++
		if n > 0 && *sequence%uint32(n) == 0 {
			*lost++
		}
	}
	c.rtcp(&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{
		SSRC: ssrc, LastSequenceNumber: *sequence, TotalLost: *lost, Jitter: jitter,
	}}})
}

func TestDownlinkIsJudgedByTheClientsReports(t *testing.T) {
	w := newWorld(t)
	e := newEar(w.room)
	clients, mouths := w.audience(2, 1)
	var sequence, lost uint32
	run := func(seconds, n int, jitter uint32) {
		for range seconds {
			w.hear(time.Second, mouths...)
			clients[1].answer(1000, n, &sequence, &lost, jitter)
		}
	}
	mouths[0].dBov = -20
	run(6, 0, 48)
	e.waitQuality(t, "a good line", "p01", func(q Quality) bool {
		return q.Downlink != nil && q.Downlink.MOS > 4.3 && q.Downlink.Cause == "" && q.Downlink.Jitter == time.Millisecond
	})
	run(8, 10, 48)
	e.waitQuality(t, "one in ten is lost", "p01", func(q Quality) bool {
		return q.Downlink.Cause == "downlink loss 10 %" && q.Downlink.MOS > 3 && q.Downlink.MOS < 3.4
	})
	run(8, 0, 48*120)
	e.waitQuality(t, "the packets shake", "p01", func(q Quality) bool {
		return q.Downlink.Cause == "downlink jitter 120 ms" && q.Downlink.Issue == Jitter && q.Downlink.MOS < 4
	})
	w.hear(20*time.Second, mouths...) // no more reports
	e.waitQuality(t, "nothing is known any more", "p01", func(q Quality) bool { return q.Downlink == nil })
}

func TestVideoIsJudged(t *testing.T) {
	w, alice, bob, cam := pair(t)
	e := newEar(w.room)
	cam.packets, cam.size = 4, 900 // 25 frames a second of 3,600 octets: 720 kbit/s
	w.run(6*time.Second, cam)
	e.waitQuality(t, "a fine picture", "alice", func(q Quality) bool { return q.Uplink != nil && q.Uplink.MOS > 4.2 && q.Uplink.Cause == "" })
	for range 100 { // three frames a second
		w.run(40*time.Millisecond, cam)
		w.advance(290 * time.Millisecond)
		cam.ts += 90 * 290
	}
	q := e.waitQuality(t, "a slide show", "alice", func(q Quality) bool { return q.Uplink.Issue == LowFrameRate })
	if q.Uplink.Cause != "uplink 3 frames a second" || q.Uplink.MOS > 3 {
		t.Fatalf("judged %+v", q.Uplink)
	}
	for range 30 { // one second of two nothing comes
		w.run(time.Second, cam)
		w.advance(time.Second)
		cam.ts += 90000
	}
	e.waitQuality(t, "a picture that stops", "alice", func(q Quality) bool { return q.Uplink.Issue == Freezes && q.Uplink.MOS < 2 })
	bob.leave()
	alice.HandleState(transport.Interrupted)
	w.advance(4 * time.Second)
	e.waitQuality(t, "nothing is heard of her", "alice", func(q Quality) bool {
		return q.Uplink.MOS == 1 && q.Uplink.Cause == "connection interrupted" && q.Downlink.Issue == Interrupted
	})
}

func TestReportsThatLie(t *testing.T) {
	w := newWorld(t)
	clients, mouths := w.audience(2, 1)
	mouths[0].dBov = -20
	r := rand.New(rand.NewPCG(7, 7))
	peers := w.room.peerList()
	for range 300 {
		w.hear(200*time.Millisecond, mouths...)
		clients[1].rtcp(&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{
			SSRC: 1000, LastSequenceNumber: r.Uint32(), TotalLost: r.Uint32() & 0xffffff, Jitter: r.Uint32(),
		}}})
		for _, p := range peers {
			for _, q := range []*Path{p.uplink(w.at), p.downlink(w.at)} {
				if q != nil && !(q.MOS >= 1 && q.MOS <= 5 && q.Loss >= 0 && q.Loss <= 1 && q.Jitter >= 0) {
					t.Fatalf("judged %+v", q)
				}
			}
		}
	}
}
