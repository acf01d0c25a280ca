// Package doctor asks everything that a call depends on how it is, each by itself, and says in a sentence what to change:
// on the server's own machine (Local), and from another one (Remote).
package doctor

import (
	"context"
	"fmt"
	"time"
)

// Verdict on one thing.
type Verdict string

// Verdicts, from good to bad. With a warning calls can go on, for some or not at their best.
const (
	OK      Verdict = "ok"
	Warning Verdict = "warning"
	Failed  Verdict = "failed"
)

// Finding is what a check has found. Unless the verdict is OK, it says what to change.
type Finding struct {
	Verdict Verdict
	Says    string
}

func fine(format string, args ...any) Finding { return Finding{OK, fmt.Sprintf(format, args...)} }
func warn(format string, args ...any) Finding { return Finding{Warning, fmt.Sprintf(format, args...)} }
func fail(format string, args ...any) Finding { return Finding{Failed, fmt.Sprintf(format, args...)} }

// Check looks at one thing. Run returns soon after its context has ended.
type Check struct {
	Name    string
	Timeout time.Duration // 0 for usualTimeout
	Run     func(ctx context.Context) Finding
}

const usualTimeout = 10 * time.Second

// Result is a check's finding.
type Result struct {
	Check   string        `json:"check"`
	Verdict Verdict       `json:"verdict"`
	Says    string        `json:"says"`
	Took    time.Duration `json:"-"`
}

// Run runs all checks at once and reports their results in the order of the checks, each as soon as those before it are
// known. It returns when all have ended.
func Run(ctx context.Context, checks []Check, report func(Result)) (worst Verdict) {
	results := make([]chan Result, len(checks))
	for i, check := range checks {
		results[i] = make(chan Result, 1)
		go func() { results[i] <- check.run(ctx) }()
	}
	worst = OK
	for _, result := range results {
		r := <-result
		report(r)
		worst = worse(worst, r.Verdict)
	}
	return worst
}

func (c Check) run(ctx context.Context) Result {
	timeout := c.Timeout
	if timeout == 0 {
		timeout = usualTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	began := time.Now()
	found := c.Run(ctx)
	return Result{Check: c.Name, Verdict: found.Verdict, Says: found.Says, Took: time.Since(began)}
}

func worse(a, b Verdict) Verdict {
	if a == Failed || b == Failed {
		return Failed
	}
	if a == Warning || b == Warning {
		return Warning
	}
	return OK
}
