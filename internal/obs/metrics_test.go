package obs

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

type stats struct{ full, slow, open uint64 }

func TestMetricsShowOneSnapshotOfStats(t *testing.T) {
	m := NewMetrics()
	snapshots := uint64(0)
	Register(m, func() stats { snapshots++; return stats{full: snapshots, slow: snapshots, open: 7} },
		Counter("parley_test_dropped_total", "Dropped.", func(s stats) uint64 { return s.full }, "reason", "full"),
		Counter("parley_test_dropped_total", "Dropped.", func(s stats) uint64 { return s.slow }, "reason", "slow"),
		Gauge("parley_test_open", "Open.", func(s stats) float64 { return float64(s.open) }),
	)
	for _, n := range []string{"1", "2"} {
		res := httptest.NewRecorder()
		m.Handler().ServeHTTP(res, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		body := res.Body.String()
		for _, want := range []string{
			`parley_test_dropped_total{reason="full"} ` + n, `parley_test_dropped_total{reason="slow"} ` + n,
			"parley_test_open 7", "# TYPE parley_test_dropped_total counter", "go_goroutines ", "process_resident_memory_bytes ",
		} {
			if !strings.Contains(body, want+"\n") && !strings.Contains(body, "\n"+want) {
				t.Errorf("%q is missing in\n%s", want, body)
			}
		}
	}
}

func TestAMistakeInANameIsFoundAtTheStart(t *testing.T) {
	read := func(stats) uint64 { return 0 }
	half := []string{"reason"}
	for name, register := range map[string]func(*Metrics){
		"name twice": func(m *Metrics) {
			for range 2 {
				Register(m, func() stats { return stats{} }, Counter("parley_x_total", "X.", read))
			}
		},
		"malformed":   func(m *Metrics) { Register(m, func() stats { return stats{} }, Counter("", "X.", read)) },
		"half a pair": func(*Metrics) { Counter("parley_x_total", "X.", read, half...) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("nothing was said")
				}
			}()
			register(NewMetrics())
		})
	}
}
