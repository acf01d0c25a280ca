// Command sfu measures what forwarding media costs: for each scenario it starts a server in a process of its own, fills a
// call by `parley loadtest` in another, and holds the server's CPU time, memory and garbage against what was forwarded.
// In the same run it measures the floor: what sealing and sending as many packets costs on one thread with nothing else.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type options struct {
	rounds   int
	window   time.Duration
	only     string
	procs    string
	json     bool
	markdown bool
	profile  string
	check    bool
	docs     string
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 3, "rounds of each scenario; medians are printed")
	flag.DurationVar(&o.window, "window", 10*time.Second, "how long each round measures")
	flag.StringVar(&o.only, "only", "", "comma-separated names of scenarios; all when empty")
	flag.StringVar(&o.procs, "procs", "1,2", "also measure 1x20 and 1x50 with the server at these GOMAXPROCS; nothing when empty")
	flag.BoolVar(&o.json, "json", false, "print JSON")
	flag.BoolVar(&o.markdown, "markdown", false, "print tables in Markdown")
	flag.StringVar(&o.profile, "profile", "", "keep profiles of the server (CPU, locks, allocations) in this `folder`")
	flag.BoolVar(&o.check, "check", false, "fail when a limit is exceeded")
	flag.StringVar(&o.docs, "docs", "", "write what a run of all scenarios measured into this Markdown `file`, between its marks")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "sfu:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if flag.NArg() > 0 || o.rounds < 1 || o.window < time.Second {
		return errors.New("there are no arguments; rounds must be at least 1 and window at least 1s")
	}
	selected, err := selectScenarios(o.only)
	if err != nil {
		return err
	}
	procs, err := parseProcs(o.procs)
	if err != nil {
		return err
	}
	b, err := newBench(ctx, o)
	if err != nil {
		return err
	}
	defer b.close()
	r, err := b.all(ctx, selected, procs)
	if err != nil {
		return err
	}
	if err := r.print(os.Stdout, o); err != nil {
		return err
	}
	if err := r.writeDocs(o); err != nil {
		return err
	}
	if o.check {
		return r.verdict()
	}
	return nil
}

func parseProcs(list string) (procs []int, err error) {
	for _, field := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
		n, err := strconv.Atoi(field)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("procs: %q is not a number from 1", field)
		}
		procs = append(procs, n)
	}
	return procs, nil
}
