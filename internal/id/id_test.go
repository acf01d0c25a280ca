package id

import (
	"sync"
	"testing"
	"time"
)

func TestNewIsValidAndSortsByTime(t *testing.T) {
	early, late := at(time.Unix(1000, 0)), at(time.Unix(1001, 0))
	if !Valid(early) || !Valid(late) {
		t.Fatalf("not valid: %q %q", early, late)
	}
	if early >= late {
		t.Fatalf("%q does not sort before %q", early, late)
	}
}

func TestNewIsUniqueAcrossGoroutines(t *testing.T) {
	const workers, each = 8, 2000
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		seen = make(map[string]bool, workers*each)
	)
	for range workers {
		wg.Go(func() {
			for range each {
				s := New()
				mu.Lock()
				if seen[s] {
					t.Errorf("%q came twice", s)
				}
				seen[s] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func TestValidRefuses(t *testing.T) {
	for _, s := range []string{"", "x", "00000000000000000000000", "0000000000000000000000000", "00000000000000000000000G", "00000000000000000000000A", "'; drop table users; --xx"} {
		if Valid(s) {
			t.Errorf("%q passes", s)
		}
	}
}
