package main

import (
	"os"
	"testing"

	"github.com/digierapro/parley/internal/testkit"
)

// asParley is set for a test binary that started itself again, to be the program.
const asParley = "PARLEY_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asParley) != "" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(testkit.Main(m))
}
