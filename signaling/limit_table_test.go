package signaling

import (
	"slices"
	"testing"
)

// TestLimitedNamesExist: a limit on an event or a path that is spelled otherwise would limit nothing.
func TestLimitedNamesExist(t *testing.T) {
	known := make(map[string]bool)
	for name := range requests {
		known[name] = true
	}
	for _, p := range slices.Concat(paths, streamPaths) {
		known[p.pattern] = true
	}
	limits := NewLimits(LimitConfig{MessagesPerSecond: 1, MessageBurst: 1, ConnectsPerAddress: 1})
	for what, name := range limited {
		if !known[what] {
			t.Errorf("there is no event or path %q", what)
		}
		if limits[name].Burst == 0 || limits[name].PerSecond == 0 {
			t.Errorf("%s is limited by %q, which limits nothing", what, name)
		}
	}
}
