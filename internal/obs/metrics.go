package obs

import (
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics gathers the counters of all parts for /metrics. Parts know nothing of it: they have a Stats() of plain numbers,
// and Register says under which names those are shown.
type Metrics struct{ registry *prometheus.Registry }

// NewMetrics starts with what Go and the kernel tell of this process.
func NewMetrics() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// Handler answers a scrape.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2})
}

// Series is one number of a Stats struct T under its stable name.
type Series[T any] struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(T) float64
}

// Counter is a number that only grows. Its name begins with parley_ and ends in _total or a unit and _total. Labels are
// pairs of a name and a value, for the parts of a whole: "reason", "queue_full".
func Counter[T any](name, help string, read func(T) uint64, labels ...string) Series[T] {
	return newSeries(name, help, prometheus.CounterValue, func(s T) float64 { return float64(read(s)) }, labels)
}

// Gauge is a number that goes up and down.
func Gauge[T any](name, help string, read func(T) float64, labels ...string) Series[T] {
	return newSeries(name, help, prometheus.GaugeValue, read, labels)
}

func newSeries[T any](name, help string, kind prometheus.ValueType, read func(T) float64, labels []string) Series[T] {
	if len(labels)%2 != 0 {
		panic(fmt.Sprintf("obs: %s has a label without a value", name)) // a mistake in our own code, found at every start
	}
	constant := prometheus.Labels{}
	for i := 0; i < len(labels); i += 2 {
		constant[labels[i]] = labels[i+1]
	}
	return Series[T]{desc: prometheus.NewDesc(name, help, nil, constant), kind: kind, read: read}
}

// Register shows series of a part's Stats. It takes one snapshot a scrape, so that the numbers of a part fit together.
// It panics on a name that is taken or malformed: names are constants of ours, and every start runs through them.
func Register[T any](m *Metrics, stats func() T, series ...Series[T]) {
	m.registry.MustRegister(&collector[T]{stats: stats, series: series})
}

// collector is the bridge from a Stats func to Prometheus.
type collector[T any] struct {
	stats  func() T
	series []Series[T]
}

// Describe implements prometheus.Collector.
func (c *collector[T]) Describe(to chan<- *prometheus.Desc) {
	for _, s := range c.series {
		to <- s.desc
	}
}

// Collect implements prometheus.Collector.
func (c *collector[T]) Collect(to chan<- prometheus.Metric) {
	stats := c.stats()
	for _, s := range c.series {
		to <- prometheus.MustNewConstMetric(s.desc, s.kind, s.read(stats))
	}
}
