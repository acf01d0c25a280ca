package postgres_test

import (
	"os"
	"testing"

	"github.com/digierapro/parley/internal/testkit"
)

func TestMain(m *testing.M) {
	if run := helperProcesses[os.Getenv(helperEnv)]; run != nil {
		os.Exit(run())
	}
	os.Exit(testkit.Main(m))
}
