package loadtest

import (
	"testing"
	"time"
)

// Participants of the tests below: who publishes three layers, a client as browsers are, and one that is not.
const (
	_ = iota
	honest
	strange
)

// strangeCall is a call with one client that is unlike any browser.
func strangeCall(t *testing.T, take Taker, how oddities) *run {
	t.Helper()
	return startCall(t, take, Config{Publishers: 1, Subscribers: 2, Simulcast: true}, map[int]oddities{strange: how})
}

// share is what the two receivers get for a while.
type share struct {
	bits float64 // a second
	lost float64 // of the packets
}

func (r *run) shares(t *testing.T, d time.Duration) (shares [3]share) {
	t.Helper()
	for _, l := range r.loops {
		l.do(func() { r.beginMeasuring(l) })
	}
	from := time.Now()
	if err := pause(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	for i, c := range r.clients {
		c.loop.do(func() {
			report := Report{}
			c.addTo(&report)
			c.bytes = 0
			shares[i] = share{
				bits: report.BitsPerSec / time.Since(from).Seconds(),
				lost: float64(report.Lost) / float64(max(report.Forwarded+report.Lost, 1)),
			}
		})
	}
	return shares
}

// wantHonest is that who keeps to the rules loses nothing and gets much more than the other: however busy the machine is,
// which has both get less.
func wantHonest(t *testing.T, s [3]share) {
	t.Helper()
	if s[honest].bits < 1.5*s[strange].bits || s[honest].lost > 0 {
		t.Errorf("who keeps to the rules gets %.0f bit/s and loses %.2f %%", s[honest].bits, 100*s[honest].lost)
	}
}

// A client that takes everything and never says a word about it, neither transport-wide feedback nor REMB nor receiver
// reports, is given sound and the smallest layer, which harm nobody on its way; and it is counted.
func TestAClientThatNeverReportsIsGivenLittle(t *testing.T) {
	t.Parallel()
	srv, take := startServer(t)
	r := strangeCall(t, take, oddities{noFeedback: true, noReports: true})
	until(t, "the silence is noticed", func() bool { return srv.Stats().Transport.Silences > 0 })
	until(t, "the estimate has come down", func() bool { return srv.Stats().Bandwidth.Low == 300_000 })
	shares := r.shares(t, 2*time.Second)
	t.Logf("%+v", shares)
	if got := shares[strange].bits; got > 330_000 || got < 50_000 {
		t.Errorf("who says nothing gets %.0f bit/s", got)
	}
	wantHonest(t, shares)
}

// A client that sends receiver reports only is judged by the loss in them: behind a way of 500 kbit/s, which drops what is
// above, it comes to get no more than fits.
func TestAClientOfReceiverReportsGetsWhatFits(t *testing.T) {
	t.Parallel()
	srv, take := startServer(t)
	way := policer{rate: 500_000}
	r := strangeCall(t, take, oddities{noFeedback: true, loses: way.drops})
	first := r.shares(t, time.Second)
	until(t, "the estimate has come down", func() bool { return srv.Stats().Bandwidth.Low < 600_000 })
	var last [3]share
	until(t, "what is sent fits", func() bool {
		last = r.shares(t, time.Second)
		return last[strange].lost < 0.03
	})
	t.Logf("at first %+v, then %+v", first, last)
	if got := last[strange].bits; got < 100_000 {
		t.Errorf("of 500 kbit/s %.0f bit/s are used", got)
	}
	wantHonest(t, r.shares(t, 2*time.Second))
}

// policer lets a rate through, and 200 ms of it at once, in which a busy machine may send it. It has no queue.
type policer struct {
	rate int // bit/s
	left float64
	at   time.Duration
}

func (p *policer) drops(size int) bool {
	now := monotonic()
	burst := float64(p.rate) / 8 / 5
	p.left = min(p.left+float64(p.rate)/8*(now-p.at).Seconds(), burst)
	p.at = now
	if p.left < float64(size) {
		return true
	}
	p.left -= float64(size)
	return false
}
