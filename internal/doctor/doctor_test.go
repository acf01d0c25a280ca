package doctor

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Checks run at once, and are reported in their order, however long each takes.
func TestRunReportsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		after := func(name string, d time.Duration, f Finding) Check {
			return Check{Name: name, Run: func(ctx context.Context) Finding {
				select {
				case <-time.After(d):
					return f
				case <-ctx.Done():
					return fail("No answer.")
				}
			}}
		}
		began := time.Now()
		var names []string
		worst := Run(t.Context(), []Check{
			after("slow", 3*time.Second, fine("")), after("quick", time.Second, warn("Hm.")), after("stuck", time.Hour, fine("")),
		}, func(r Result) { names = append(names, r.Check+" "+string(r.Verdict)) })
		if worst != Failed || len(names) != 3 || names[0] != "slow ok" || names[1] != "quick warning" || names[2] != "stuck failed" {
			t.Errorf("%s: %v", worst, names)
		}
		if took := time.Since(began); took != usualTimeout {
			t.Errorf("took %v", took)
		}
	})
}

func TestTheWorstVerdictCounts(t *testing.T) {
	for _, tt := range []struct{ a, b, want Verdict }{
		{OK, OK, OK}, {OK, Warning, Warning}, {Warning, OK, Warning}, {Failed, OK, Failed}, {Warning, Failed, Failed},
	} {
		if got := worse(tt.a, tt.b); got != tt.want {
			t.Errorf("%s and %s: %s", tt.a, tt.b, got)
		}
	}
}
