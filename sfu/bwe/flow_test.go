package bwe

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const (
	frameEvery    = time.Second / 30
	audioEvery    = 20 * time.Millisecond
	audioSize     = 120
	videoSize     = 1100
	feedbackEvery = 60 * time.Millisecond // as Chromium: sixteen a second
)

// flow is a sender with a Controller, and its receiver behind a link.
type flow struct {
	*Controller
	app          func(estimate int) int // bits per second of video that is sent at an estimate
	feedbackLoss float64
	mute         bool // the receiver says nothing
	noPadding    bool

	seq          uint16
	frame, audio time.Duration // when due
	rest         float64       // bytes of video not sent yet
	dropped      int
	sent         int
	bytes        int // arrived
	arrivals     []arrival
	from         int64 // first number of the next report
	next         time.Duration
	onWay        []sentReport
	malformed    int
}

type arrival struct {
	seq int64
	at  time.Duration
}

type sentReport struct {
	at time.Duration
	b  []byte
}

// newFlow makes a flow that would like to send goal (0: no probes).
func newFlow(goal int, app func(int) int) *flow {
	f := &flow{Controller: NewController(Config{}), app: app}
	f.SetGoal(goal, goal)
	return f
}

// greedy sends as much as the estimate allows.
func greedy(estimate int) int { return estimate - 50_000 }

// limited sends at most so much.
func limited(bps int) func(int) int {
	return func(estimate int) int { return min(bps, greedy(estimate)) }
}

// layers sends the highest simulcast layer that fits, as a forwarder does.
func layers(rates ...int) func(int) int {
	return func(estimate int) int {
		best := 0
		for _, r := range rates {
			if r <= greedy(estimate) {
				best = r
			}
		}
		return best
	}
}

func (f *flow) write(l *link, size int, kind Kind, now time.Duration) {
	f.Sent(f.seq, size, kind, now)
	l.send(&datagram{flow: f, seq: f.seq, size: size})
	f.seq++
	f.sent++
}

// media sends what is due: sound every 20 ms, frames of video 30 times a second, each over a third of its time.
func (f *flow) media(l *link, now time.Duration) {
	if now >= f.audio {
		f.audio += audioEvery
		f.write(l, audioSize, Media, now)
	}
	if now >= f.frame {
		f.frame += frameEvery
		f.rest += float64(max(f.app(f.Estimate()), 0)) / 8 * frameEvery.Seconds()
	}
	if now%(2*time.Millisecond) != 0 || f.Holding(now) {
		return
	}
	for range 3 { // at most 13 Mbit/s
		if f.rest < videoSize {
			return
		}
		f.rest -= videoSize
		f.write(l, videoSize, Media, now)
	}
}

func (f *flow) tick(l *link, now time.Duration) {
	f.media(l, now)
	if now%(50*time.Millisecond) == 0 {
		f.Process(now)
	}
	if f.Probing() && now%(5*time.Millisecond) == 0 && !f.noPadding {
		for bytes, _ := f.PaddingNow(now); bytes > 0; bytes -= videoSize {
			f.write(l, min(max(bytes, 250), videoSize), Padding, now)
		}
	}
}

func (f *flow) receive(d *datagram, now time.Duration) {
	f.bytes += d.size
	seq := f.from + int64(int16(d.seq-uint16(f.from)))
	f.arrivals = append(f.arrivals, arrival{seq, now})
}

// report sends feedback when it is due and delivers what has come back.
func (f *flow) report(l *link, random *rand.Rand, now time.Duration) {
	if now >= f.next && len(f.arrivals) > 0 && !f.mute {
		f.next = now + feedbackEvery
		b := f.build()
		if random.Float64() >= f.feedbackLoss && l.rate > 0 {
			f.onWay = append(f.onWay, sentReport{now + l.delay, b})
		}
	}
	for len(f.onWay) > 0 && f.onWay[0].at <= now {
		if f.Feedback(f.onWay[0].b, now) != nil {
			f.malformed++
		}
		f.onWay = f.onWay[1:]
	}
}

func (f *flow) build() []byte {
	slices.SortFunc(f.arrivals, func(a, b arrival) int { return int(a.seq - b.seq) })
	first := min(f.from, f.arrivals[0].seq)
	f.from = max(f.from, f.arrivals[len(f.arrivals)-1].seq+1)
	b := encodeReport(first, f.arrivals, 0)
	f.arrivals = f.arrivals[:0]
	return b
}

// network runs flows over one link.
type network struct {
	link
	flows []*flow
	now   time.Duration
	seed  *rand.Rand
}

func newNetwork(seed uint64, l link, flows ...*flow) *network {
	n := &network{link: l, flows: flows, seed: rand.New(rand.NewPCG(seed, 11))}
	n.link.random = n.seed
	if l.jitter == 0 { // nothing real is quite steady
		n.link.jitter, n.link.order = 2*time.Millisecond, true
	}
	if n.link.queue == 0 {
		n.link.queue = 300 * time.Millisecond
	}
	return n
}

// run lets time pass. look is called every 50 ms.
func (n *network) run(d time.Duration, look func(now time.Duration)) {
	for end := n.now + d; n.now < end; n.now += step {
		for _, f := range n.flows {
			f.tick(&n.link, n.now)
		}
		for _, p := range n.link.pass(n.now) {
			p.flow.receive(p, n.now)
		}
		for _, f := range n.flows {
			f.report(&n.link, n.seed, n.now)
		}
		if look != nil && n.now%(50*time.Millisecond) == 0 {
			look(n.now)
		}
	}
}

// figures of one flow over a stretch of time.
type figures struct {
	least, most, mean int // estimate
	rate              int // bits per second that arrived
	loss              float64
}

func (n *network) measure(f *flow, d time.Duration) figures {
	bytes, sent, dropped := f.bytes, f.sent, f.dropped
	m := figures{least: math.MaxInt}
	count := 0
	n.run(d, func(time.Duration) {
		e := f.Estimate()
		m.least, m.most = min(m.least, e), max(m.most, e)
		m.mean += e
		count++
	})
	m.mean /= count
	m.rate = int(float64(8*(f.bytes-bytes)) / d.Seconds())
	m.loss = float64(f.dropped-dropped) / float64(max(f.sent-sent, 1))
	return m
}

// until runs until the estimate fulfils what is asked, and returns how long that took; at most limit.
func (n *network) until(f *flow, limit time.Duration, ok func(estimate int) bool) time.Duration {
	start := n.now
	for n.now-start < limit && !ok(f.Estimate()) {
		n.run(10*time.Millisecond, nil)
	}
	return n.now - start
}

// each runs a test with several fortunes.
func each(t *testing.T, test func(t *testing.T, seed uint64)) {
	t.Helper()
	for seed := range uint64(5) {
		t.Run("", func(t *testing.T) { test(t, seed) })
	}
}

func logf(t *testing.T, what string, m figures) {
	t.Helper()
	t.Logf("%s: estimate %d..%d mean %d, received %d kbit/s, loss %.1f %%", what, m.least/1000, m.most/1000, m.mean/1000, m.rate/1000, 100*m.loss)
}
