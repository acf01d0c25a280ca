package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/loadtest"
)

func TestMetric(t *testing.T) {
	const text = "# HELP go_goroutines x\n# TYPE go_goroutines gauge\ngo_goroutines 12\ngo_goroutines_other 3\nbig 1.5e+06\n"
	for name, want := range map[string]float64{"go_goroutines": 12, "big": 1.5e6} {
		if got, err := metric(text, name); err != nil || got != want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if _, err := metric(text, "go_gorout"); err == nil {
		t.Error("part of a name was found")
	}
}

func TestSelectScenarios(t *testing.T) {
	selected, err := selectScenarios("4x4,1x50")
	if err != nil || len(selected) != 2 || selected[0].Name != "4x4" || selected[1].participants() != 50 {
		t.Errorf("%+v, %v", selected, err)
	}
	if _, err := selectScenarios("4x4,"); err == nil {
		t.Error("an empty name was accepted")
	}
	if one := selected[1].atProcs(2); one.Name != "1x50@2" || one.procs != 2 || one.limit != 0 {
		t.Errorf("%+v", one)
	}
	if _, err := parseProcs("1,0"); err == nil {
		t.Error("no cores at all were accepted")
	}
}

func TestMedian(t *testing.T) {
	for _, tt := range []struct{ values, want []float64 }{{[]float64{3, 1, 2}, []float64{2}}, {[]float64{4, 1}, []float64{2.5}}} {
		before := slices.Clone(tt.values)
		if got := median(tt.values); got != tt.want[0] || !slices.Equal(before, tt.values) {
			t.Errorf("%v: %v", tt.values, got)
		}
	}
}

func TestVerdictNamesWhatIsOver(t *testing.T) {
	good := sample{floor: 3, floorBurst: 2, cpu: 5, report: loadtest.Report{ForwardedPerSec: 1000, Latency: loadtest.Latency{P99: 1}}, resident: 50 << 20}
	r := &results{selected: scenarios[1:2], samples: [][]sample{{good}}}
	if err := r.verdict(); err != nil {
		t.Fatal(err)
	}
	bad := good
	bad.cpu, bad.report.LossPercent, bad.report.Latency.P99, bad.resident = 7, 1, 3, 200<<20
	r.samples[0][0] = bad
	err := r.verdict()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, word := range []string{"7.0 µs", "times the floor", "lost", "p99", "resident"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q is missing in %v", word, err)
		}
	}
	var b strings.Builder
	for _, o := range []options{{}, {markdown: true}, {json: true}} {
		if err := r.print(&b, o); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(b.String(), "| 1x50 | 1000 |") {
		t.Error(b.String())
	}
}

func TestFloor(t *testing.T) {
	cpu, err := measureFloor(t.Context(), floorPackets, 100*time.Millisecond)
	if err != nil || cpu <= 0 || cpu > 1000 {
		t.Errorf("%v µs, %v", cpu, err)
	}
}
