package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
)

// results are all samples of a run.
type results struct {
	selected []scenario
	samples  [][]sample
	mutexes  string // profile of 1x50
}

// all gives one figure of every sample of every scenario.
func (r *results) all(read func(*sample) float64) (values []float64) {
	for _, samples := range r.samples {
		values = append(values, each(samples, read)...)
	}
	return values
}

func floorOf(s *sample) float64      { return s.floor }
func floorBurstOf(s *sample) float64 { return s.floorBurst }

// row is a scenario's medians.
type row struct {
	Scenario                 string    `json:"scenario"`
	What                     string    `json:"what"`
	ForwardedPerSec          float64   `json:"forwardedPerSecond"`
	LossPercent              float64   `json:"lossPercent"`
	P50                      float64   `json:"latencyP50Ms"`
	P95                      float64   `json:"latencyP95Ms"`
	P99                      float64   `json:"latencyP99Ms"`
	CPU                      float64   `json:"cpuMicrosPerPacket"`
	CPURounds                []float64 `json:"cpuMicrosPerPacketRounds"`
	Limit                    float64   `json:"cpuLimit,omitempty"`
	TimesFloor               float64   `json:"timesFloor"`
	Cores                    float64   `json:"busyCores"`
	Allocs                   float64   `json:"allocationsPerPacket"`
	Resident                 float64   `json:"residentMiB"`
	ResidentPerParticipant   float64   `json:"residentKiBPerParticipant"`
	GoroutinesPerParticipant float64   `json:"goroutinesPerParticipant"`
	Silent                   int       `json:"silentStreams"`
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

func (r *results) rows() []row {
	var rows []row
	for i, s := range r.selected {
		of := func(read func(*sample) float64) float64 {
			return median(each(r.samples[i], read))
		}
		one := row{
			Scenario: s.Name, What: s.What, Limit: of(s.limitAt),
			ForwardedPerSec:          of(func(s *sample) float64 { return s.report.ForwardedPerSec }),
			LossPercent:              of(func(s *sample) float64 { return s.report.LossPercent }),
			P50:                      of(func(s *sample) float64 { return s.report.Latency.P50 }),
			P95:                      of(func(s *sample) float64 { return s.report.Latency.P95 }),
			P99:                      of(func(s *sample) float64 { return s.report.Latency.P99 }),
			CPU:                      of(func(s *sample) float64 { return s.cpu }),
			TimesFloor:               of(func(one *sample) float64 { return one.cpu / s.floorOf(one) }),
			CPURounds:                each(r.samples[i], func(s *sample) float64 { return s.cpu }),
			Cores:                    of(func(s *sample) float64 { return s.cores }),
			Allocs:                   of(func(s *sample) float64 { return s.allocs }),
			Resident:                 of(func(s *sample) float64 { return s.resident / (1 << 20) }),
			ResidentPerParticipant:   of(func(s *sample) float64 { return s.residentBy / (1 << 10) }),
			GoroutinesPerParticipant: of(func(s *sample) float64 { return s.goroutines }),
			Silent:                   int(of(func(s *sample) float64 { return float64(s.report.SilentStreams) })),
		}
		rows = append(rows, one)
	}
	return rows
}

func each(samples []sample, read func(*sample) float64) []float64 {
	values := make([]float64, len(samples))
	for i := range samples {
		values[i] = read(&samples[i])
	}
	return values
}

func (r *results) print(w io.Writer, o options) error {
	rows := r.rows()
	if o.json {
		return json.NewEncoder(w).Encode(map[string]any{
			"floorMicrosPerPacket": median(r.all(floorOf)), "floorBurstMicrosPerPacket": median(r.all(floorBurstOf)),
			"cores": runtime.NumCPU(), "rounds": o.rounds,
			"windowSeconds": o.window.Seconds(), "scenarios": rows,
		})
	}
	cells := [][]string{{"scenario", "packets/s", "loss %", "p50 ms", "p95", "p99", "CPU µs/packet", "at most", "× floor",
		"allocs/packet", "memory MiB", "KiB/participant", "goroutines/participant"}}
	for _, x := range rows {
		limit := "–"
		if x.Limit > 0 {
			limit = fmt.Sprintf("%.1f", x.Limit)
		}
		cells = append(cells, []string{
			x.Scenario, fmt.Sprintf("%.0f", x.ForwardedPerSec), fmt.Sprintf("%.3f", x.LossPercent), fmt.Sprintf("%.2f", x.P50),
			fmt.Sprintf("%.2f", x.P95), fmt.Sprintf("%.2f", x.P99), fmt.Sprintf("%.1f", x.CPU), limit,
			fmt.Sprintf("%.1f", x.TimesFloor), fmt.Sprintf("%.2f", x.Allocs), fmt.Sprintf("%.0f", x.Resident),
			fmt.Sprintf("%.0f", x.ResidentPerParticipant), fmt.Sprintf("%.1f", x.GoroutinesPerParticipant),
		})
	}
	even, burst := r.all(floorOf), r.all(floorBurstOf)
	text := plainTable(cells)
	if o.markdown {
		text = markdownTable(cells)
	}
	_, err := fmt.Fprintf(w, `%s
Floor, one sendto and one AES-128-GCM seal a packet: %.1f µs (%.1f to %.1f) with a frame's packets at once, and %.1f µs
(%.1f to %.1f) evenly. Each scenario is compared with the floor of its own pacing, measured just before. What it may cost
at most is said for a machine whose floor is %.1f µs, and is more in proportion where the floor is higher. %d cores;
medians of %d rounds of %v.

%s`,
		text, median(burst), slices.Min(burst), slices.Max(burst), median(even), slices.Min(even), slices.Max(even), usualFloor,
		runtime.NumCPU(), o.rounds, o.window, legend(rows))
	if err != nil || r.mutexes == "" {
		return err
	}
	_, err = fmt.Fprintf(w, "\nWaits for locks at 1x50 (one in ten is noted):\n```\n%s```\n", head(r.mutexes, 14))
	return err
}

func legend(rows []row) string {
	var b strings.Builder
	for _, x := range rows {
		fmt.Fprintf(&b, "- %s: %s; CPU by round %s\n", x.Scenario, x.What, numbers(x.CPURounds))
	}
	return b.String()
}

func numbers(values []float64) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprintf("%.1f", v)
	}
	return strings.Join(texts, ", ")
}

func markdownTable(cells [][]string) string {
	var b strings.Builder
	for i, line := range cells {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(line, " | "))
		if i == 0 {
			fmt.Fprintf(&b, "|---%s|\n", strings.Repeat("|---:", len(line)-1))
		}
	}
	return b.String()
}

func plainTable(cells [][]string) string {
	widths := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, cell := range line {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for _, line := range cells {
		fmt.Fprintf(&b, "%-*s", widths[0], line[0])
		for i, cell := range line[1:] {
			fmt.Fprintf(&b, "  %s%s", strings.Repeat(" ", widths[i+1]-len([]rune(cell))), cell)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// usualFloor is that of the machine that the limits were set on, in µs.
const usualFloor = 3.6

// limitAt is what the scenario may cost where a packet costs what it did just before.
func (s *scenario) limitAt(one *sample) float64 { return s.limit * max(1, s.floorOf(one)/usualFloor) }

const (
	maxTimesFloor = 2.0 // at 1x50
	maxP99        = 2.0 // ms
	maxMemory     = 150 // MiB, of a call of 50
)

// verdict is an error that names every limit that was exceeded.
func (r *results) verdict() error {
	var errs []error
	for _, x := range r.rows() {
		fail := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("%s: %s", x.Scenario, fmt.Sprintf(format, args...)))
		}
		if x.Limit > 0 && x.CPU > x.Limit {
			fail("%.1f µs a packet, at most %.1f allowed", x.CPU, x.Limit)
		}
		if x.Scenario == "1x50" && x.TimesFloor > maxTimesFloor {
			fail("%.1f times the floor, at most %.1f allowed", x.TimesFloor, maxTimesFloor)
		}
		if x.LossPercent > 0 || x.Silent > 0 {
			fail("%.3f %% lost, %d streams silent", x.LossPercent, x.Silent)
		}
		if x.P99 > maxP99 {
			fail("p99 of %.2f ms", x.P99)
		}
		if x.Resident > maxMemory {
			fail("%.0f MiB resident", x.Resident)
		}
	}
	return errors.Join(errs...)
}
