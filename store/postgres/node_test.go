package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/store/postgres"
)

// startNode opens a database as a node of its own; kill ends it as a crash would, since all that tells is its connection.
func startNode(t *testing.T, url string) (db *postgres.DB, kill func()) {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, testkit.Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Node().Claim(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { db.Node().Run(ctx) })
	kill = sync.OnceFunc(func() {
		cancel()
		wg.Wait()
		db.Close()
	})
	t.Cleanup(kill)
	return db, kill
}

func status(t *testing.T, db *postgres.DB, callID string) call.Status {
	t.Helper()
	c, err := db.Calls().Get(t.Context(), callID)
	if err != nil {
		t.Fatal(err)
	}
	return c.Status
}

// TestNodesLeaveEachOthersRecordsAlone: what is open belongs to the node that holds it, until that node dies.
func TestNodesLeaveEachOthersRecordsAlone(t *testing.T) {
	url := testkit.PostgresURL(t)
	first, kill := startNode(t, url)
	second, _ := startNode(t, url)
	w := newWriter(t, first)
	ours, theirs := newCall(w.channelID, 1), newCall(w.channelID, 2)
	for db, c := range map[*postgres.DB]call.Call{first: ours, second: theirs} {
		if err := db.Calls().Save(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	at := callStart.Add(time.Minute)
	for _, db := range []*postgres.DB{first, second} {
		if n, err := db.Calls().CloseOrphans(t.Context(), nil, at); err != nil || n != 0 {
			t.Fatalf("closed %d calls of nodes that live, %v", n, err)
		}
	}
	kill()
	deadline := time.Now().Add(10 * time.Second)
	for status(t, second, ours.ID) != call.Failed {
		if time.Now().After(deadline) {
			t.Fatal("the call of a node that died is never closed")
		}
		if _, err := second.Calls().CloseOrphans(t.Context(), nil, at); err != nil {
			t.Fatal(err)
		}
	}
	if got := status(t, second, theirs.ID); got != call.Ongoing {
		t.Errorf("the call of the node that lives is %s", got)
	}
}

// TestANodeTakesItsLockAgain after its connection is lost.
func TestANodeTakesItsLockAgain(t *testing.T) {
	url := testkit.PostgresURL(t)
	first, _ := startNode(t, url)
	second, _ := startNode(t, url)
	if ended, err := second.BreakNode(t.Context(), first); err != nil || !ended {
		t.Fatal(ended, err)
	}
	w := newWriter(t, first)
	c := newCall(w.channelID, 1)
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if err := first.Calls().Save(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		n, err := second.Calls().CloseOrphans(t.Context(), nil, callStart.Add(time.Minute))
		switch {
		case err != nil:
			t.Fatal(err)
		case n == 0:
			return
		case time.Now().After(deadline):
			t.Fatal("the lock is never held again")
		}
	}
}
