package bwe

import "time"

// Controller is the send-side bandwidth estimation of one client. Make it with NewController.
type Controller struct {
	history   History
	estimator *Estimator
	prober    Prober
	results   []Result // scratch
}

// NewController makes a Controller whose estimate is Config.Initial.
func NewController(cfg Config) *Controller { return &Controller{estimator: NewEstimator(cfg)} }

// Sent notes a packet just before it is given to the network: its transport-wide sequence number, its whole size in
// bytes, and what it is for. Packets sent without such a number, because the client did not negotiate it, are noted with
// SentUnnumbered.
func (c *Controller) Sent(seq uint16, size int, kind Kind, now time.Duration) {
	probe := c.prober.Cluster()
	c.history.Sent(seq, size, kind, probe, now)
	c.estimator.OnSent(size, now)
	if kind == Padding {
		c.estimator.OnPadding(now)
	}
	c.prober.OnSent(size, kind, probe, now)
}

// SentUnnumbered notes a packet without a transport-wide sequence number.
func (c *Controller) SentUnnumbered(size int, now time.Duration) { c.estimator.OnSent(size, now) }

// Feedback takes in one transport-wide feedback report: an RTCP packet of type 205, format 15, from its header on. An
// error (ErrMalformed, ErrUnknown) says that nothing of it was used.
func (c *Controller) Feedback(report []byte, now time.Duration) error {
	results, err := c.history.Feedback(report, c.results[:0])
	c.results = results
	if err != nil || len(results) == 0 {
		return err
	}
	e := c.estimator
	if e.silent(now) {
		c.prober.Returned(now)
	}
	e.OnResults(results, now)
	if e.lowered && e.decrease == now {
		c.prober.Congested(now)
	}
	if rate, ok := c.prober.OnResults(results, now); ok {
		e.OnProbe(rate)
	}
	return nil
}

// REMB takes in a client's own estimate in bits per second; see Estimator.OnREMB.
func (c *Controller) REMB(bps int, now time.Duration) { c.estimator.OnREMB(bps, now) }

// ReceptionReport takes in what receiver reports say; see Estimator.OnReceptionReport.
func (c *Controller) ReceptionReport(lost float64, rtt, now time.Duration) {
	c.estimator.OnReceptionReport(lost, rtt, now)
}

// SetGoal says what more would be used for; see Prober.SetGoal.
func (c *Controller) SetGoal(next, full int) { c.prober.SetGoal(next, full) }

// Silent says that the client takes packets and has not reported on them for longer than it should.
func (c *Controller) Silent(now time.Duration) bool { return c.estimator.silent(now) }

// Process lets time pass; call it every 20 to 100 ms. It may begin a probe.
func (c *Controller) Process(now time.Duration) {
	e := c.estimator
	e.Process(now)
	c.prober.Process(Conditions{
		Estimate: e.Estimate(), RTT: e.rtt, Jitter: e.jitter, Max: e.cfg.Max,
		Quiet: e.mode == TransportWide && !e.silent(now) && e.usage() != Overuse && e.queue.standing() < quietQueue,
	}, now)
}

// quietQueue is the standing queue above which no probe begins.
const quietQueue = 40 * time.Millisecond

// Probing says that a probe is going on: PaddingNow is to be asked every few milliseconds.
func (c *Controller) Probing() bool { return c.prober.Active() }

// PaddingNow is how many bytes a probe needs now on top of the media; see Prober.PaddingNow. They are noted with Sent
// as Padding.
func (c *Controller) PaddingNow(now time.Duration) (bytes int, cluster uint16) {
	return c.prober.PaddingNow(now)
}

// Estimate is what the client can receive, in bits per second.
func (c *Controller) Estimate() int { return c.estimator.Estimate() }

// Holding says that video is not to be sent for now, since a queue seems to build up on the way: see
// Estimator.Holding. It is to be asked after every report, and every 20 ms or so.
func (c *Controller) Holding(now time.Duration) bool { return c.estimator.Holding(now) }

// RTT is the smoothed time from sending a packet to the report on it; 0 while unknown.
func (c *Controller) RTT() time.Duration { return c.estimator.rtt }

// Snapshot is what a log, a metric or a plot shows.
type Snapshot struct {
	Estimate int // bits per second
	Acked    int // what arrives, by the last reports; 0 unknown
	Sent     int // what is sent
	RTT      time.Duration
	Queue    time.Duration // that stands on the way
	Loss     float64       // share, smoothed
	Inherent float64       // the part of it that is taken for the nature of the path
	Usage    Usage
	Mode     Mode
	Silent   bool // reports are overdue
	Probes   int  // begun so far
	Padding  int  // bytes so far
}

// Snapshot tells how things stand.
func (c *Controller) Snapshot(now time.Duration) Snapshot {
	e := c.estimator
	return Snapshot{
		Estimate: e.Estimate(), Acked: e.acked.bps(), Sent: e.sent.at(now), RTT: e.rtt, Queue: e.queue.standing(),
		Loss: e.loss.loss, Inherent: e.loss.inherent, Usage: e.trend.usage, Mode: e.mode, Silent: e.silent(now),
		Probes: c.prober.Sent, Padding: c.prober.Padding,
	}
}
