package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// profileAll runs profiled rounds, whose figures do not count: of all scenarios when the profiles are to be kept, else of
// 1x50, to show who waits for whose locks.
func (b *bench) profileAll(ctx context.Context, r *results) error {
	folder := b.profile
	if folder == "" {
		folder = filepath.Join(b.folder, "profiles")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("keep profiles: %w", err)
	}
	for i := range r.selected {
		s := &r.selected[i]
		if b.profile == "" && s.Name != "1x50" {
			continue
		}
		fmt.Fprintf(os.Stderr, "profiles: %s\n", s.Name)
		p := &profiler{binary: b.binary, prefix: filepath.Join(folder, s.Name)}
		if _, err := b.one(ctx, s, p); err != nil {
			return fmt.Errorf("profile %s: %w", s.Name, err)
		}
		if s.Name == "1x50" {
			r.mutexes = p.tops["mutex"]
		}
	}
	return nil
}

// profiler takes the profiles of one server while media flows.
type profiler struct {
	binary string
	prefix string // of its files
	base   string // address of the profiles
	cpu    chan fetched
	tops   map[string]string // by kind of profile
}

type fetched struct {
	data []byte
	err  error
}

// countedKinds count since the server began, so that what they had at first is taken off. Allocations show only after
// the garbage was collected, twice.
var countedKinds = []struct{ kind, path, sample string }{
	{"mutex", "mutex", "delay"}, {"allocs", "heap?gc=1", "alloc_objects"},
}

const beforeSuffix = "-before"

func (p *profiler) start(ctx context.Context, srv *server, window time.Duration) error {
	p.base = "http://" + srv.pprof + "/debug/pprof/"
	p.cpu = make(chan fetched, 1)
	p.tops = make(map[string]string)
	for _, k := range countedKinds {
		if err := p.fetch(ctx, k.path, k.kind+beforeSuffix); err != nil {
			return err
		}
	}
	seconds := max(int(window/time.Second)-1, 1)
	go func() {
		data, err := get(ctx, fmt.Sprintf("%sprofile?seconds=%d", p.base, seconds))
		p.cpu <- fetched{data, err}
	}()
	return nil
}

// finish waits for the profiles and writes each as it came, and as a table of the functions that count most.
func (p *profiler) finish(ctx context.Context) error {
	cpu := <-p.cpu
	if cpu.err != nil {
		return cpu.err
	}
	for _, k := range countedKinds { // at once: soon the participants leave
		if err := p.fetch(ctx, k.path, k.kind); err != nil {
			return err
		}
	}
	if err := os.WriteFile(p.file("cpu"), cpu.data, 0o644); err != nil {
		return fmt.Errorf("write a profile: %w", err)
	}
	if err := p.top(ctx, "cpu"); err != nil {
		return err
	}
	for _, k := range countedKinds {
		if err := p.top(ctx, k.kind, "-sample_index="+k.sample, "-base", p.file(k.kind+beforeSuffix)); err != nil {
			return err
		}
	}
	return nil
}

func (p *profiler) file(kind string) string { return p.prefix + "-" + kind + ".pb.gz" }

func (p *profiler) fetch(ctx context.Context, path, kind string) error {
	if _, err := get(ctx, p.base+path); err != nil {
		return err
	}
	data, err := get(ctx, p.base+path)
	if err != nil {
		return err
	}
	if err := os.WriteFile(p.file(kind), data, 0o644); err != nil {
		return fmt.Errorf("write a profile: %w", err)
	}
	return nil
}

func (p *profiler) top(ctx context.Context, kind string, flags ...string) error {
	args := append([]string{"tool", "pprof", "-top", "-nodecount=40"}, flags...)
	if kind == "allocs" { // the asking itself is nothing that the server does for media
		args = append(args, "-ignore=runtime/pprof|prometheus")
	}
	top, err := exec.CommandContext(ctx, "go", append(args, p.binary, p.file(kind))...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("read a profile: %w\n%s", err, top)
	}
	p.tops[kind] = string(top)
	if err := os.WriteFile(p.prefix+"-"+kind+".txt", top, 0o644); err != nil {
		return fmt.Errorf("write a profile: %w", err)
	}
	return nil
}

// head gives the first lines of a text.
func head(text string, lines int) string {
	all := strings.SplitAfter(text, "\n")
	return strings.Join(all[:min(lines, len(all))], "")
}
