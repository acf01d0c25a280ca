package signaling

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Health of a part, or of the whole.
type Health string

// A part is UP or DOWN. The whole is DOWN when a part is that it cannot do anything without, DEGRADED when another is.
const (
	Up       Health = "UP"
	Degraded Health = "DEGRADED"
	Down     Health = "DOWN"
)

// Check asks one part how it is.
type Check struct {
	Name     string
	Critical bool // without it nothing works at all
	Ask      func(ctx context.Context) error
}

// healthTimeout keeps the answer under the 100 ms that monitoring allows it.
const healthTimeout = 80 * time.Millisecond

type healthAnswer struct {
	Status Health            `json:"status"`
	Checks map[string]Health `json:"checks"`
}

// getHealth asks all parts at once. It says no more than UP, DEGRADED or DOWN: versions and addresses are nobody's
// business.
func (s *Server) getHealth(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), healthTimeout)
	defer cancel()
	answers := make([]error, len(s.cfg.Health))
	var wg sync.WaitGroup
	for i, check := range s.cfg.Health {
		wg.Go(func() { answers[i] = check.Ask(ctx) })
	}
	wg.Wait()

	answer := healthAnswer{Status: Up, Checks: make(map[string]Health, len(answers))}
	for i, check := range s.cfg.Health {
		answer.Checks[check.Name] = Up
		if answers[i] == nil {
			continue
		}
		answer.Checks[check.Name] = Down
		if check.Critical {
			answer.Status = Down
		} else if answer.Status == Up {
			answer.Status = Degraded
		}
	}
	status := http.StatusOK
	if answer.Status == Down {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, answer)
}
