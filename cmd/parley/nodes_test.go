package main

import (
	"strings"
	"syscall"
	"testing"

	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/loadtest"
)

// TestTwoNodesOnOneDatabase: a node that starts leaves the calls of one that lives alone, and closes those of one that has
// died.
func TestTwoNodesOnOneDatabase(t *testing.T) {
	database := "--database.url=" + testkit.EmptyPostgresURL(t)
	first := startServer(t, dataFolder(t), database)
	call, err := loadtest.StartCall(within(t), first.url, true, func(int) (string, error) { return tokenFor(t, "alice"), nil })
	if err != nil {
		t.Fatal(err)
	}
	defer call.Close()
	if _, err := call.Take(within(t), 0); err != nil {
		t.Fatal(err)
	}
	recorded := func(p *process, status string) bool {
		_, body := p.get("/api/calls", "alice")
		return strings.Contains(body, `"callStatus":"`+status+`"`)
	}
	eventually(t, "the call is recorded", func() bool { return recorded(first, "ongoing") })
	second := startServer(t, dataFolder(t), database)
	if !recorded(second, "ongoing") {
		t.Fatal("the second node has closed the first one's call")
	}
	first.signal(syscall.SIGKILL)
	first.exits()
	third := startServer(t, dataFolder(t), database)
	eventually(t, "the record of the node that died is closed", func() bool { return recorded(third, "failed") })
}
