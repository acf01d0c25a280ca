package loadtest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// joinsAtOnce is how many participants join at the same time.
const joinsAtOnce = 8

// leaveFor is the time that leaving may take.
const leaveFor = 10 * time.Second

// Run takes the seats, connects, measures, and leaves. It returns when all that it started has ended.
func Run(ctx context.Context, cfg Config, take Taker) (*Report, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	r := &run{cfg: cfg.withDefaults()}
	stop, err := r.startLoops()
	if err != nil {
		return nil, err
	}
	defer stop()
	report, err := r.measure(ctx, take)
	r.cfg.OnPhase(Leaving)
	return report, errors.Join(err, r.leave(ctx))
}

// run is one run in progress.
type run struct {
	cfg   Config
	loops []*loop
	odd   map[int]oddities // by participant; nil but in tests

	mu      sync.Mutex
	clients []*client // guarded by mu while they join
}

// startLoops starts a loop for every four cores: there is always less to do than the server has.
func (r *run) startLoops() (stop func(), err error) {
	for range max(1, runtime.NumCPU()/4) {
		l, err := newLoop(r.cfg.ReadEvery)
		if err != nil {
			return nil, err
		}
		r.loops = append(r.loops, l)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, l := range r.loops {
		wg.Go(func() { l.run(ctx) })
	}
	return func() {
		cancel()
		wg.Wait()
		for _, l := range r.loops {
			l.poller.close()
		}
	}, nil
}

func (r *run) measure(ctx context.Context, take Taker) (*Report, error) {
	r.cfg.OnPhase(Connecting)
	began := time.Now()
	if err := r.connect(ctx, take); err != nil {
		return nil, err
	}
	report := &Report{Publishers: r.cfg.Publishers, Subscribers: r.cfg.Subscribers, ConnectMs: ms(time.Since(began))}
	r.cfg.OnPhase(WarmingUp)
	if err := pause(ctx, r.cfg.WarmUp); err != nil {
		return nil, err
	}
	for _, l := range r.loops {
		l.do(func() { r.beginMeasuring(l) })
	}
	from, cpu := time.Now(), cpuTime()
	r.cfg.OnPhase(Measuring)
	if err := pause(ctx, r.cfg.Duration); err != nil {
		return nil, err
	}
	took, used := time.Since(from), cpuTime()-cpu
	report.Seconds, report.CPU = took.Seconds(), 100*used.Seconds()/took.Seconds()
	r.sum(report)
	return report, nil
}

// connect joins everybody and waits until every stream flows.
func (r *run) connect(ctx context.Context, take Taker) error {
	ctx, cancel := context.WithTimeoutCause(ctx, r.cfg.Connect, fmt.Errorf("not connected after %v", r.cfg.Connect))
	defer cancel()
	own, err := newCertificate()
	if err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(joinsAtOnce)
	for i := range r.cfg.Publishers + r.cfg.Subscribers {
		group.Go(func() error {
			if err := r.join(groupCtx, i, own, take); err != nil {
				return fmt.Errorf("participant %d: %w", i+1, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := r.setViews(ctx); err != nil {
		return err
	}
	return r.awaitStreams(ctx)
}

func (r *run) join(ctx context.Context, i int, own *certificate, take Taker) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	seat, err := take(ctx, i)
	if err != nil {
		return err
	}
	c := newClient(i, r.loops[i%len(r.loops)], seat, &r.cfg)
	c.odd = r.odd[i]
	r.mu.Lock()
	r.clients = append(r.clients, c)
	r.mu.Unlock()
	return c.join(ctx, own, &r.cfg)
}

// setViews has everybody show everybody else's camera.
func (r *run) setViews(ctx context.Context) error {
	if r.cfg.View == nil {
		return nil
	}
	for _, c := range r.clients {
		var shown []string
		for _, other := range r.clients {
			if other != c && other.camera != nil {
				shown = append(shown, other.seat.ID())
			}
		}
		if err := c.seat.SetView(ctx, shown, *r.cfg.View); err != nil {
			return fmt.Errorf("set view: %w", err)
		}
	}
	return nil
}

func (r *run) awaitStreams(ctx context.Context) error {
	for {
		flowing, expected := 0, 0
		for _, c := range r.clients {
			c.loop.do(func() { flowing += c.flowing() })
			expected += c.expected.audio + c.expected.video
		}
		if flowing == expected {
			return nil
		}
		if pause(ctx, 10*time.Millisecond) != nil {
			return fmt.Errorf("%w: %d of %d streams flow", context.Cause(ctx), flowing, expected)
		}
	}
}

func (r *run) beginMeasuring(l *loop) {
	l.measuring = true
	for _, c := range r.clients {
		if c.loop != l {
			continue
		}
		for _, in := range c.slots {
			in.beginMeasuring()
		}
	}
}

// sum ends the measuring and adds everything up.
func (r *run) sum(report *Report) {
	var latency, lateness []time.Duration
	for _, l := range r.loops {
		l.do(func() {
			l.measuring = false
			latency = append(latency, l.latency.values...)
			lateness = append(lateness, l.lateness.values...)
			for _, c := range r.clients {
				if c.loop == l {
					c.addTo(report)
				}
			}
		})
	}
	report.Latency, report.Jitter = summarize(latency), summarize(lateness)
	report.ForwardedPerSec = float64(report.Forwarded) / report.Seconds
	report.BitsPerSec /= report.Seconds
	if all := report.Forwarded + report.Lost; all > 0 {
		report.LossPercent = 100 * float64(report.Lost) / float64(all)
	}
}

// addTo adds what the client measured; in the loop.
func (c *client) addTo(r *Report) {
	var audio, video int
	for _, in := range c.slots {
		received, lost, twice := in.measured()
		if in.rtx {
			r.Resent += received
			continue
		}
		r.Forwarded += received
		r.Lost += lost
		r.Duplicates += twice
		if received > 0 && in.video {
			video++
		} else if received > 0 {
			audio++
		}
	}
	expected := c.expected.audio + c.expected.video
	r.Streams += expected
	r.SilentStreams += expected - min(audio, c.expected.audio) - min(video, c.expected.video)
	r.Sent += c.sent
	r.BitsPerSec += 8 * float64(c.bytes)
	r.PLIs += c.plis
	r.NACKs += c.nacks
}

// leave has everybody leave, even when ctx has ended.
func (r *run) leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveFor)
	defer cancel()
	errs := make([]error, len(r.clients))
	var wg sync.WaitGroup
	for i, c := range r.clients {
		wg.Go(func() { errs[i] = c.leave(ctx) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// pause waits for d, or gives the reason why ctx ended.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// byLoopback puts loopback addresses first: who listens there is on this machine.
func byLoopback(a, b netip.AddrPort) int {
	rank := func(p netip.AddrPort) int {
		if p.Addr().IsLoopback() {
			return 0
		}
		return 1
	}
	return rank(a) - rank(b)
}
