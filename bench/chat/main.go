// Command chat measures the chat: what a delivered message costs beside a socket.io server that only broadcasts, how late
// messages come, how long a page of history takes among millions, and how soon everybody is back after a crash. The server
// runs in a process of its own, and so does its Postgres; what they use is read from the counters of the processes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

type options struct {
	rounds   int
	window   time.Duration
	sockets  int
	messages int
	only     string
	docs     string
	pprof    string
	check    bool
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == floorCommand {
		if err := serveFloor(); err != nil {
			fmt.Fprintln(os.Stderr, "chat: floor:", err)
			os.Exit(1)
		}
		return
	}
	var o options
	flag.IntVar(&o.rounds, "rounds", 3, "rounds of each comparison; each server's best one counts")
	flag.DurationVar(&o.window, "window", 10*time.Second, "how long messages are sent in each round")
	flag.IntVar(&o.sockets, "sockets", 5000, "how many are connected for memory, latency and the crash")
	flag.IntVar(&o.messages, "messages", 5_000_000, "how many messages the history has")
	flag.StringVar(&o.only, "only", "", "comma-separated of cost, memory, latency, large, directory, restart, history; all when empty")
	flag.StringVar(&o.docs, "docs", "", "write what a whole run measured into this Markdown `file`, between its marks")
	flag.StringVar(&o.pprof, "pprof", "", "have the server of the comparisons serve profiles at this loopback `address`")
	flag.BoolVar(&o.check, "check", false, "fail when a limit is exceeded")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

// bench is one run.
type bench struct {
	options
	binary string
	dir    string
	table  table
}

func run(ctx context.Context, o options) error {
	if flag.NArg() > 0 || o.rounds < 1 || o.window < time.Second || o.sockets < largeSize || o.messages < 1000 {
		return fmt.Errorf("there are no arguments; at least 1 round, 1s, %d sockets and 1000 messages", largeSize)
	}
	selected, err := selectParts(o.only)
	if err != nil {
		return err
	}
	if err := raiseFileLimit(uint64(3*o.sockets) + 1000); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "parley-bench-chat-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o711); err != nil { // the database runs as another user
		return err
	}
	b := &bench{options: o, binary: filepath.Join(dir, "parley"), dir: dir}
	if err := buildParley(ctx, b.binary); err != nil {
		return err
	}
	for _, part := range selected {
		fmt.Fprintf(os.Stderr, "%s ...\n", part.name)
		if err := part.measure(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	fmt.Print(b.table.markdown())
	if err := b.writeDocs(); err != nil {
		return err
	}
	if o.check && !b.table.kept() {
		return errors.New("a limit is exceeded")
	}
	return nil
}
