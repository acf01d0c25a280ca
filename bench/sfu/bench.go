package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/digierapro/parley/loadtest"
)

// bench is one run of the benchmark.
type bench struct {
	options
	folder string // temporary
	binary string
}

func newBench(ctx context.Context, o options) (*bench, error) {
	folder, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	// The database's own user may have to walk through, but not to list it.
	if err := os.Chmod(folder, 0o711); err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	b := &bench{options: o, folder: folder, binary: filepath.Join(folder, "parley")}
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-trimpath", "-o", b.binary, "github.com/digierapro/parley/cmd/parley")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		b.close()
		return nil, fmt.Errorf("build the server: %w", err)
	}
	return b, nil
}

func (b *bench) close() {
	if err := os.RemoveAll(b.folder); err != nil {
		fmt.Fprintln(os.Stderr, "sfu:", err)
	}
}

// sample is what one round of a scenario gave.
type sample struct {
	floor      float64 // µs a packet, just before
	floorBurst float64 // with a frame's packets at once
	report     loadtest.Report
	cpu        float64 // µs a forwarded packet
	cores      float64 // busy
	allocs     float64 // a forwarded packet
	resident   float64 // bytes
	residentBy float64 // bytes a participant
	goroutines float64 // a participant
}

// all runs the scenarios round by round, so that what else the machine does is spread over all of them, each with the
// floor of the same moment.
func (b *bench) all(ctx context.Context, selected []scenario, procs []int) (*results, error) {
	for _, s := range selected {
		if s.Name == "1x20" || s.Name == "1x50" {
			for _, n := range procs {
				selected = append(slices.Clip(selected), s.atProcs(n))
			}
		}
	}
	r := &results{selected: selected, samples: make([][]sample, len(selected))}
	for round := range b.rounds {
		for i := range selected {
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round+1, b.rounds, selected[i].Name)
			floor, err := measureFloor(ctx, 1, floorFor)
			if err != nil {
				return nil, err
			}
			floorBurst, err := measureFloor(ctx, floorPackets, floorFor)
			if err != nil {
				return nil, err
			}
			one, err := b.one(ctx, &selected[i], nil)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", selected[i].Name, err)
			}
			one.floor, one.floorBurst = floor, floorBurst
			r.samples[i] = append(r.samples[i], *one)
		}
	}
	return r, b.profileAll(ctx, r)
}

// one measures one round of a scenario with a fresh server, whose profiles are taken when profiles is there.
func (b *bench) one(ctx context.Context, s *scenario, profiles *profiler) (result *sample, err error) {
	data := filepath.Join(b.folder, "data")
	srv, err := startServer(ctx, b.binary, data, s.procs, profiles != nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, srv.stop()) }()
	idle, err := srv.gauges(ctx)
	if err != nil {
		return nil, err
	}
	g, err := startGenerator(ctx, b.binary, data, srv.url, s, b.window+time.Second)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.wait()) }()
	if _, err := g.await(func(e event) bool { return e.Phase == loadtest.Measuring }); err != nil {
		return nil, err
	}
	if profiles != nil {
		if err := profiles.start(ctx, srv, b.window); err != nil {
			return nil, err
		}
	}
	result, err = b.observe(ctx, srv, s, idle)
	if profiles != nil {
		err = errors.Join(err, profiles.finish(ctx))
	}
	if err != nil {
		return nil, err
	}
	last, err := g.await(func(e event) bool { return e.Report != nil })
	if err != nil {
		return nil, err
	}
	result.report = *last.Report
	if result.report.Forwarded == 0 {
		return nil, errors.New("nothing was forwarded")
	}
	// The generator's time and ours are not the same, so rates are compared.
	result.cpu = result.cores * 1e6 / result.report.ForwardedPerSec
	result.allocs /= result.report.ForwardedPerSec
	return result, nil
}

// observe looks at the server while media flows. Its cpu is left out, and its allocs are a second.
func (b *bench) observe(ctx context.Context, srv *server, s *scenario, idle gauges) (*sample, error) {
	before, err := srv.gauges(ctx)
	if err != nil {
		return nil, err
	}
	again, err := srv.gauges(ctx) // what asking costs
	if err != nil {
		return nil, err
	}
	from, cpuFrom, err := srv.now()
	if err != nil {
		return nil, err
	}
	select {
	case <-time.After(b.window):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	to, cpuTo, err := srv.now()
	if err != nil {
		return nil, err
	}
	after, err := srv.gauges(ctx)
	if err != nil {
		return nil, err
	}
	seconds, n := to.Sub(from).Seconds(), float64(s.participants())
	asking := again.mallocs - before.mallocs
	return &sample{
		cores:      (cpuTo - cpuFrom).Seconds() / seconds,
		allocs:     max(after.mallocs-again.mallocs-asking, 0) / seconds,
		resident:   after.resident,
		residentBy: (after.resident - idle.resident) / n,
		goroutines: (after.goroutines - idle.goroutines) / n,
	}, nil
}

func (s *server) now() (time.Time, time.Duration, error) {
	cpu, err := s.cpuTime()
	return time.Now(), cpu, err
}
