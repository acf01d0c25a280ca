package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"

	"github.com/digierapro/parley/loadtest"
)

// generator is a `parley loadtest` process.
type generator struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
	lines  *json.Decoder
}

// startGenerator fills a call of the server. The generator measures for longer than the window, so that the window ends
// before participants leave.
func startGenerator(ctx context.Context, binary, data, url string, s *scenario, measures time.Duration) (*generator, error) {
	args := append([]string{
		"loadtest", "--dev", "--data-dir", data, "--url", url, "--json", "--duration", measures.String(),
	}, s.loadtestFlags()...)
	g := &generator{cmd: exec.CommandContext(ctx, binary, args...)}
	g.cmd.Cancel = func() error { return g.cmd.Process.Signal(syscall.SIGTERM) }
	g.cmd.WaitDelay = 20 * time.Second
	g.cmd.Stderr = &g.stderr
	out, err := g.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the load: %w", err)
	}
	if err := g.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the load: %w", err)
	}
	g.lines = json.NewDecoder(out)
	return g, nil
}

// event is one line that the generator prints.
type event struct {
	Event  string           `json:"event"`
	Phase  loadtest.Phase   `json:"phase"`
	Report *loadtest.Report `json:"report"`
}

// await reads on until the event that fits.
func (g *generator) await(fits func(event) bool) (event, error) {
	for {
		var e event
		if err := g.lines.Decode(&e); err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("it ended early")
			}
			return e, fmt.Errorf("the load: %w", err)
		}
		if fits(e) {
			return e, nil
		}
	}
}

// wait waits for the end of the process. It must be called.
func (g *generator) wait() error {
	if err := g.cmd.Wait(); err != nil {
		return fmt.Errorf("the load: %w\n%s", err, &g.stderr)
	}
	return nil
}
