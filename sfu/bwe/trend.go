package bwe

import "time"

// Usage is what the arrival delays say about the path.
type Usage uint8

// Usages of a path.
const (
	Normal Usage = iota
	Underuse
	Overuse
)

var usageNames = [...]string{"normal", "underuse", "overuse"}

func (u Usage) String() string { return usageNames[u] }

const (
	trendWindow    = 20  // groups
	trendSmoothing = 0.9 // of the accumulated delay
	trendGain      = 4
	trendMaxCount  = 60

	// The threshold adapts to the noise of the path: draft-ietf-rmcat-gcc-02 section 5.4.
	thresholdStart = 12.5 // ms
	thresholdMin   = 6
	thresholdMax   = 600
	thresholdUp    = 0.0087 // per ms
	thresholdDown  = 0.039
	thresholdSkip  = 15 // ms above the threshold at which a value is an event and no noise

	overuseTime = 10 * time.Millisecond
)

// trend finds out whether the queue on the way grows, by the slope of a line through the accumulated delay variations
// of the last groups, against a threshold that adapts.
type trend struct {
	x, y  [trendWindow]float64 // ms: arrival, smoothed accumulated delay
	n     int                  // groups so far
	zero  time.Duration        // arrival that is x = 0
	delay float64              // accumulated, ms
	level float64              // smoothed

	threshold float64
	adapted   time.Duration
	over      time.Duration // for how long the slope has been too steep
	overCount int
	slope     float64
	usage     Usage
}

func (t *trend) reset() {
	threshold := t.threshold
	*t = trend{threshold: threshold}
}

// add takes in one more group.
func (t *trend) add(s spacing) {
	if t.n == 0 {
		t.zero, t.adapted = s.at, s.at
		if t.threshold == 0 {
			t.threshold = thresholdStart
		}
	}
	t.delay += ms(s.variation())
	t.level = trendSmoothing*t.level + (1-trendSmoothing)*t.delay
	t.x[t.n%trendWindow], t.y[t.n%trendWindow] = ms(s.at-t.zero), t.level
	t.n++
	slope := t.slope
	if t.n >= trendWindow/2 {
		slope = t.fit()
	}
	t.detect(slope, s)
}

// fit is the slope of the least squares line: ms of delay per ms of time.
func (t *trend) fit() float64 {
	n := min(t.n, trendWindow)
	var sumX, sumY float64
	for i := range n {
		sumX += t.x[i]
		sumY += t.y[i]
	}
	meanX, meanY := sumX/float64(n), sumY/float64(n)
	var numerator, denominator float64
	for i := range n {
		dx := t.x[i] - meanX
		numerator += dx * (t.y[i] - meanY)
		denominator += dx * dx
	}
	if denominator == 0 {
		return 0
	}
	return numerator / denominator
}

func (t *trend) detect(slope float64, s spacing) {
	value := float64(min(t.n, trendMaxCount)) * slope * trendGain
	switch {
	case value > t.threshold:
		t.over += s.sent
		t.overCount++
		if t.over > overuseTime && t.overCount > 1 && slope >= t.slope {
			t.usage, t.over, t.overCount = Overuse, 0, 0
		}
	case value < -t.threshold:
		t.usage, t.over, t.overCount = Underuse, 0, 0
	default:
		t.usage, t.over, t.overCount = Normal, 0, 0
	}
	t.slope = slope
	t.adapt(value, s.at)
}

func (t *trend) adapt(value float64, at time.Duration) {
	magnitude := max(value, -value)
	elapsed := min(ms(at-t.adapted), 100)
	t.adapted = at
	if magnitude > t.threshold+thresholdSkip {
		return
	}
	k := thresholdUp
	if magnitude < t.threshold {
		k = thresholdDown
	}
	t.threshold += k * (magnitude - t.threshold) * max(elapsed, 0)
	t.threshold = min(max(t.threshold, thresholdMin), thresholdMax)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
