// Package testkit gives tests the real things: a Postgres server that a test binary shares, with a fresh migrated
// database for each test, and a Redis.
package testkit

import (
	"fmt"
	"log/slog"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// Main runs a package's tests, ends what they shared and then looks for goroutines that nobody waited for:
//
//	func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
func Main(m *testing.M) int {
	code := m.Run()
	shared.stop()
	if err := binary.remove(); err != nil {
		fmt.Fprintln(os.Stderr, "testkit:", err)
		code = max(code, 1)
	}
	if code != 0 {
		return code
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, "testkit: goroutines are left over:", err)
		return 1
	}
	return 0
}

// Logger writes into the test's own log.
func Logger(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}
