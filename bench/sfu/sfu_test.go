package main

import (
	"os"
	"path/filepath"
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
	good := sample{floor: 2, floorBurst: 3, cpu: 5, report: loadtest.Report{ForwardedPerSec: 1000, Latency: loadtest.Latency{P99: 1}}, resident: 50 << 20}
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

func TestDocsHoldTheLastFullRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "media.md")
	text := "# Above\n" + docsBegin + "old\n" + docsEnd + "below\n"
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	read := func() string {
		t.Helper()
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	r := &results{selected: scenarios[1:2], samples: [][]sample{{{floor: 3, floorBurst: 2, cpu: 5}}}}
	write(text)
	if err := r.writeDocs(options{docs: file, only: "1x50"}); err != nil || read() != text {
		t.Errorf("a part of the scenarios: %v, %s", err, read())
	}
	for range 2 { // the second run finds what the first wrote
		if err := r.writeDocs(options{docs: file}); err != nil {
			t.Fatal(err)
		}
		got := read()
		if !strings.HasPrefix(got, "# Above\n"+docsBegin+"| scenario |") || !strings.HasSuffix(got, docsEnd+"below\n") ||
			strings.Contains(got, "old") || strings.Count(got, "| 1x50 |") != 1 {
			t.Error(got)
		}
	}
	write("no marks")
	if err := r.writeDocs(options{docs: file}); err == nil || read() != "no marks" {
		t.Errorf("without marks: %v, %s", err, read())
	}
	if _, err := replaceMeasured(mustRead(t, "../../docs/media.md"), "x"); err != nil {
		t.Error("docs/media.md:", err)
	}
}

func mustRead(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLimitsGrowWithTheFloor(t *testing.T) {
	s := scenario{limit: 8}
	for _, tt := range []struct{ floor, want float64 }{{usualFloor / 2, 8}, {usualFloor, 8}, {2 * usualFloor, 16}} {
		if got := s.limitAt(&sample{floorBurst: tt.floor}); got != tt.want {
			t.Errorf("floor %v: %v, want %v", tt.floor, got, tt.want)
		}
	}
	paced := scenario{limit: 8, flags: []string{"--paced"}}
	if got := paced.limitAt(&sample{floor: 2 * usualFloor}); got != 16 {
		t.Errorf("paced: %v", got)
	}
}

func TestFloor(t *testing.T) {
	cpu, err := measureFloor(t.Context(), floorPackets, 100*time.Millisecond)
	if err != nil || cpu <= 0 || cpu > 1000 {
		t.Errorf("%v µs, %v", cpu, err)
	}
}
