package transport

import (
	"strings"
	"testing"

	"github.com/digierapro/parley/internal/fault"
)

func TestCandidatesAreCheckedAndCounted(t *testing.T) {
	conn := newTestConn(t)
	good := "candidate:1 1 udp 2130706431 4e25a1f3.local 51000 typ host generation 0"
	for _, c := range []string{good, "a=" + good, "", "end-of-candidates"} {
		if err := conn.AddCandidate(c); err != nil {
			t.Errorf("%q: %v", c, err)
		}
	}
	for c, code := range map[string]string{
		"nonsense": "bad_candidate", "candidate:1 1 udp": "bad_candidate",
		"candidate:" + strings.Repeat("x", 600): "candidate_too_large",
	} {
		if err := conn.AddCandidate(c); fault.From(err).Code != code {
			t.Errorf("%q: %v", c, err)
		}
	}
	var err error
	for range 100 {
		err = conn.AddCandidate(good)
	}
	if fault.From(err).Code != "too_many_candidates" {
		t.Errorf("the hundredth: %v", err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, addr := range []string{"", "8080", "localhost:8080", ":x", ":99999"} {
		if _, err := New(Config{Addr: addr}); err == nil {
			t.Errorf("address %q was taken", addr)
		}
	}
}
