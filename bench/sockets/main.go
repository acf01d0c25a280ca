// Command sockets measures what an idle Socket.IO connection costs a server: it starts one in a process of its own,
// connects clients from this process, lets them idle, and compares the server's resident memory before and after.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

type options struct {
	sockets int
	settle  time.Duration
	limit   float64
	json    bool
}

func main() {
	var o options
	serving := flag.Bool("server", false, "be the server (used by the benchmark itself)")
	flag.IntVar(&o.sockets, "sockets", 5000, "number of clients")
	flag.DurationVar(&o.settle, "settle", 30*time.Second, "how long the clients idle before measuring; pings go on meanwhile")
	flag.Float64Var(&o.limit, "limit", 12, "fail above this many KiB of resident memory a socket; 0 for no limit")
	flag.BoolVar(&o.json, "json", false, "print one line of JSON")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := raiseFileLimit(uint64(o.sockets) + 200)
	switch {
	case err != nil:
	case *serving:
		err = serve(ctx, o.sockets)
	default:
		err = measure(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sockets:", err)
		os.Exit(1)
	}
}

// result is what is printed.
type result struct {
	Sockets             int     `json:"sockets"`
	RSSBefore           int64   `json:"rssBeforeBytes"`
	RSSAfter            int64   `json:"rssAfterBytes"`
	RSSPerSocket        float64 `json:"rssPerSocketBytes"`
	HeapPerSocket       float64 `json:"heapPerSocketBytes"`
	StackPerSocket      float64 `json:"stackPerSocketBytes"`
	GoroutinesPerSocket float64 `json:"goroutinesPerSocket"`
	ConnectSeconds      float64 `json:"connectSeconds"`
	Pings               int64   `json:"pingsAnswered"`
}

// measure runs the benchmark.
func measure(ctx context.Context, o options) error {
	server, err := startServer(ctx, o.sockets)
	if err != nil {
		return err
	}
	defer server.stop()
	before, err := server.sample()
	if err != nil {
		return err
	}
	crowd := newCrowd(server.addr)
	defer crowd.close()
	began := time.Now()
	if err := crowd.connect(ctx, o.sockets); err != nil {
		return err
	}
	connected := time.Since(began)
	select {
	case <-time.After(o.settle):
	case <-ctx.Done():
		return ctx.Err()
	}
	after, err := server.sample()
	if err != nil {
		return err
	}
	if after.Sockets != o.sockets {
		return fmt.Errorf("%d of %d sockets are connected after idling", after.Sockets, o.sockets)
	}
	per := func(from, to int64) float64 { return float64(to-from) / float64(o.sockets) }
	r := result{
		Sockets:             o.sockets,
		RSSBefore:           before.RSS,
		RSSAfter:            after.RSS,
		RSSPerSocket:        per(before.RSS, after.RSS),
		HeapPerSocket:       per(before.Heap, after.Heap),
		StackPerSocket:      per(before.Stack, after.Stack),
		GoroutinesPerSocket: per(before.Goroutines, after.Goroutines),
		ConnectSeconds:      connected.Seconds(),
		Pings:               crowd.pings.Load(),
	}
	return report(r, o)
}

func report(r result, o options) error {
	if o.json {
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		fmt.Println(string(line))
	} else {
		const kib = 1024
		fmt.Printf("%d idle sockets, connected in %.1f s, %d pings answered\n", r.Sockets, r.ConnectSeconds, r.Pings)
		fmt.Printf("resident memory  %8.1f MiB before, %.1f MiB after\n", float64(r.RSSBefore)/kib/kib, float64(r.RSSAfter)/kib/kib)
		fmt.Printf("per socket       %8.1f KiB resident, %.1f KiB live heap, %.1f KiB stack, %.2f goroutines\n",
			r.RSSPerSocket/kib, r.HeapPerSocket/kib, r.StackPerSocket/kib, r.GoroutinesPerSocket)
	}
	if o.limit > 0 && r.RSSPerSocket > o.limit*1024 {
		return errors.New("more resident memory a socket than the limit")
	}
	return nil
}
