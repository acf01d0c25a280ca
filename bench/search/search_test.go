package main

import (
	"os"
	"testing"

	"github.com/digierapro/parley/internal/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// TestASmallOne fills and measures so few messages that it belongs to the tests.
func TestASmallOne(t *testing.T) {
	o := options{messages: 3000, users: 20, channels: 20, queries: 5, url: testkit.EmptyPostgresURL(t)}
	for range 2 { // the second time it is full
		if err := run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
}
