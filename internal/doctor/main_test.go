package doctor

import (
	"os"
	"strings"
	"testing"

	"github.com/digierapro/parley/internal/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants runs a check and wants a verdict and a word in what it says. What is not ok must be a sentence.
func wants(t *testing.T, check Check, verdict Verdict, word string) {
	t.Helper()
	got := check.run(t.Context())
	if got.Verdict != verdict || !strings.Contains(got.Says, word) {
		t.Errorf("%s: %s %q; want %s with %q", check.Name, got.Verdict, got.Says, verdict, word)
	}
	if got.Verdict != OK && !strings.HasSuffix(got.Says, ".") {
		t.Errorf("%s: %q says what is wrong in no sentence", check.Name, got.Says)
	}
}
