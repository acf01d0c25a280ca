package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// part is something that can be measured by itself.
type part struct {
	name    string
	measure func(b *bench, ctx context.Context) error
}

var parts = []part{
	{"cost", (*bench).cost},
	{"memory", (*bench).memory},
	{"latency", (*bench).latency},
	{"large", (*bench).large},
	{"directory", (*bench).directory},
	{"restart", (*bench).restart},
	{"history", (*bench).history},
}

func selectParts(only string) ([]part, error) {
	if only == "" {
		return parts, nil
	}
	var selected []part
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(parts, func(p part) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no part %q", name)
		}
		selected = append(selected, parts[i])
	}
	return selected, nil
}

// folder makes the name of a part's own folder.
func (b *bench) folder(part string) string { return filepath.Join(b.dir, part) }

// withCrowd starts a server of ours, connects people to it and runs a measurement.
func (b *bench) withCrowd(ctx context.Context, name string, people int, measure func(p *parley, c *crowd) error) error {
	p, err := b.startParley(ctx, b.folder(name), people)
	if err != nil {
		return err
	}
	defer func() { p.stop() }()
	c := newCrowd(p.addr, people)
	defer func() { c.close() }()
	if err := c.connect(ctx, p.auth); err != nil {
		return err
	}
	return measure(p, c)
}
