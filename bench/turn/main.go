// Command turn measures what relaying costs: it fills a call three times, with clients that reach the server directly,
// that go through its own TURN, and that go through Debian's coturn on the same machine, and holds the CPU time of the
// processes against the packets. All three are measured one after the other in each round, under the same load.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

type options struct {
	rounds      int
	window      time.Duration
	subscribers int
	bitrate     int
	check       bool
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 3, "rounds; medians are printed")
	flag.DurationVar(&o.window, "window", 10*time.Second, "how long each way is measured in a round")
	flag.IntVar(&o.subscribers, "subscribers", 20, "clients that receive what one other sends; all are relayed")
	flag.IntVar(&o.bitrate, "video-bitrate", 2_400_000, "of what they receive, in bit/s")
	flag.BoolVar(&o.check, "check", false, "fail when relaying costs more than half of what it costs coturn")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "turn:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if flag.NArg() > 0 || o.rounds < 1 || o.window < time.Second {
		return errors.New("there are no arguments; rounds must be at least 1 and window at least 1s")
	}
	coturn, err := exec.LookPath("turnserver")
	if err != nil {
		return fmt.Errorf("coturn is needed, of Debian's package of that name: %w", err)
	}
	dir, err := os.MkdirTemp("", "parley-bench-turn-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b := &bench{options: o, coturn: coturn, parley: filepath.Join(dir, "parley"), dir: dir}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", b.parley, "./cmd/parley")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	taken := map[way][]sample{}
	for round := range o.rounds {
		for _, w := range ways {
			s, err := b.measure(ctx, w)
			if err != nil {
				return fmt.Errorf("%s: %w", w, err)
			}
			fmt.Fprintf(os.Stderr, "round %d, %s: %v\n", round+1, w, s)
			taken[w] = append(taken[w], s)
		}
	}
	return report(taken, o.check)
}

// report prints the medians, and the cost of relaying alone.
func report(taken map[way][]sample, check bool) error {
	fmt.Println("| way | packets/s | Parley, µs a packet | coturn, µs a packet | both | lost |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, w := range ways {
		s := medianOf(taken[w])
		fmt.Printf("| %s | %.0f | %.2f | %.2f | %.2f | %.2f %% |\n", w, s.rate, s.parley, s.coturn, s.parley+s.coturn, s.lost)
	}
	own, other := relayingAlone(taken), medianOf(taken[otherRelay]).coturn
	fmt.Printf("\nRelaying alone: %.2f µs a packet by Parley, %.2f µs by coturn, %.0f %% of it: %.0f and %.0f packets/s a core.\n",
		own, other, 100*own/other, perCore(own), perCore(other))
	if check && own > other/2 {
		return errors.New("relaying costs more than half of what it costs coturn")
	}
	return nil
}

// relayingAlone is what a packet costs Parley more by its TURN than directly: the median of the rounds' differences, since
// what else the machine does changes from round to round.
func relayingAlone(taken map[way][]sample) float64 {
	var differences []sample
	for i, s := range taken[ownRelay] {
		differences = append(differences, sample{parley: s.parley - taken[direct][i].parley})
	}
	return medianOf(differences).parley
}

func perCore(micros float64) float64 {
	if micros <= 0 {
		return 0 // less than can be told from the noise
	}
	return 1e6 / micros
}

func medianOf(list []sample) sample {
	pick := func(of func(sample) float64) float64 {
		values := make([]float64, len(list))
		for i, s := range list {
			values[i] = of(s)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return sample{
		rate:   pick(func(s sample) float64 { return s.rate }),
		parley: pick(func(s sample) float64 { return s.parley }),
		coturn: pick(func(s sample) float64 { return s.coturn }),
		lost:   pick(func(s sample) float64 { return s.lost }),
	}
}

// way is how clients reach the server.
type way string

const (
	direct     way = "direct"
	ownRelay   way = "Parley's TURN"
	otherRelay way = "coturn"
)

var ways = []way{direct, ownRelay, otherRelay}

// sample is one measurement: microseconds of CPU time a packet of clients, in and out.
type sample struct{ rate, parley, coturn, lost float64 }

func (s sample) String() string {
	return strings.TrimSpace(fmt.Sprintf("%.0f packets/s, Parley %.2f µs, coturn %.2f µs a packet, %.2f %% lost", s.rate, s.parley, s.coturn, s.lost))
}
