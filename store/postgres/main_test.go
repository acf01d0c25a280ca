package postgres_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/digierapro/parley/internal/testkit"
)

// atEnd undoes what tests share.
var atEnd []func() error

func TestMain(m *testing.M) {
	if run := helperProcesses[os.Getenv(helperEnv)]; run != nil {
		os.Exit(run())
	}
	code := testkit.Main(m)
	for _, undo := range atEnd {
		if err := undo(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}
