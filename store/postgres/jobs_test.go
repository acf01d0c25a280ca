package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/job"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/store/postgres"
)

func openDB(t *testing.T, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, testkit.Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// startJobs runs a worker until stop is called or the test ends.
func startJobs(t *testing.T, db *postgres.DB, handlers ...job.Handler) (jobs *postgres.Jobs, stop func()) {
	t.Helper()
	jobs, err := db.Jobs(handlers...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- jobs.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	t.Cleanup(stop)
	return jobs, stop
}

func put(t *testing.T, db *postgres.DB, kind, key string, args any, at time.Time) {
	t.Helper()
	if err := db.PutJob(t.Context(), kind, key, args, at); err != nil {
		t.Fatal(err)
	}
}

func remaining(t *testing.T, db *postgres.DB) (n int) {
	t.Helper()
	if err := db.Query(t.Context(), `SELECT count(*) FROM jobs`, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTwoNodesDoEachJobOnce(t *testing.T) {
	url := testkit.PostgresURL(t)
	first, second := openDB(t, url), openDB(t, url)
	const all = 60
	for i := range all {
		put(t, first, "count", fmt.Sprint(i), map[string]int{"n": i}, time.Now().Add(-time.Minute))
	}
	var mu sync.Mutex
	seen := make(map[int]int)
	count := job.Handler{Kind: "count", Slots: 7, Work: func(_ context.Context, args json.RawMessage) error {
		var a struct{ N int }
		if err := json.Unmarshal(args, &a); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		seen[a.N]++
		return nil
	}}
	startJobs(t, first, count)
	startJobs(t, second, count)
	eventually(t, "all jobs done", func() bool { return remaining(t, first) == 0 })
	mu.Lock()
	defer mu.Unlock()
	for i := range all {
		if seen[i] != 1 {
			t.Errorf("job %d was done %d times", i, seen[i])
		}
	}
}

func TestAJobIsTriedAgainAndAFinalErrorIsNot(t *testing.T) {
	db := testkit.Postgres(t)
	tries := make(chan string, 10)
	var mu sync.Mutex
	flaky := 0
	jobs, _ := startJobs(t, db,
		job.Handler{Kind: "flaky", Work: func(context.Context, json.RawMessage) error {
			mu.Lock()
			defer mu.Unlock()
			if flaky++; flaky == 1 {
				panic("not yet")
			}
			tries <- "flaky"
			return nil
		}},
		job.Handler{Kind: "hopeless", Work: func(context.Context, json.RawMessage) error {
			tries <- "hopeless"
			return job.Final(errors.New("there is no such thing"))
		}})
	put(t, db, "flaky", "", nil, time.Now())
	put(t, db, "hopeless", "", nil, time.Now())
	put(t, db, "unknown here", "", nil, time.Now())
	jobs.Wake()
	if got := map[string]bool{<-tries: true, <-tries: true}; !got["flaky"] || !got["hopeless"] {
		t.Fatal(got)
	}
	eventually(t, "the flaky one is done and the others kept", func() bool {
		var failed, kept int
		err := db.Query(t.Context(), `SELECT count(failed_at), count(*) FROM jobs WHERE last_error = 'there is no such thing' OR kind LIKE 'unknown%' AND attempts = 0`, &failed, &kept)
		return err == nil && failed == 1 && kept == 2 && remaining(t, db) == 2
	})
}

// TestAJobOfANodeThatDiedIsDoneByAnother: its lease ends.
func TestAJobOfANodeThatDiedIsDoneByAnother(t *testing.T) {
	url := testkit.PostgresURL(t)
	first, second := openDB(t, url), openDB(t, url)
	put(t, first, "slow", "k", nil, time.Now())
	begun, release := make(chan struct{}), make(chan struct{})
	startJobs(t, first, job.Handler{Kind: "slow", Work: func(context.Context, json.RawMessage) error {
		close(begun)
		<-release // as a node that hangs
		return nil
	}})
	<-begun
	if n, err := second.Exec(t.Context(), `UPDATE jobs SET run_at = now()`); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	done := make(chan struct{})
	again := make(chan struct{})
	startJobs(t, second, job.Handler{Kind: "slow", Work: func(context.Context, json.RawMessage) error {
		close(done)
		<-again
		return errors.New("later")
	}})
	<-done
	close(release) // the first node ends it after all, too late to say so
	close(again)
	eventually(t, "the second node's word counts", func() bool {
		var n int
		return second.Query(t.Context(), `SELECT count(*) FROM jobs WHERE last_error = 'later' AND attempts = 2`, &n) == nil && n == 1
	})
}

func TestAPeriodicJobComesAgainAndThereIsOneOfIt(t *testing.T) {
	url := testkit.PostgresURL(t)
	first, second := openDB(t, url), openDB(t, url)
	var mu sync.Mutex
	running, times := 0, 0
	h := job.Handler{Kind: "often", Every: time.Millisecond, Work: func(context.Context, json.RawMessage) error {
		mu.Lock()
		running++
		times++
		if running != 1 {
			t.Error("done twice at the same time")
		}
		mu.Unlock()
		mu.Lock()
		defer mu.Unlock()
		running--
		return nil
	}}
	startJobs(t, first, h)
	startJobs(t, second, h)
	eventually(t, "it comes again", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return times > 3
	})
	if n := remaining(t, first); n != 1 {
		t.Errorf("%d jobs", n)
	}
}

// TestJobsGoOnAfterTheDatabaseWasAway: every connection breaks at once, as when the server restarts.
func TestJobsGoOnAfterTheDatabaseWasAway(t *testing.T) {
	url := testkit.PostgresURL(t)
	db, other := openDB(t, url), openDB(t, url)
	did := make(chan struct{}, 1)
	startJobs(t, db, job.Handler{Kind: "x", Work: func(context.Context, json.RawMessage) error { did <- struct{}{}; return nil }})
	put(t, other, "x", "1", nil, time.Now())
	<-did
	if _, err := other.Exec(t.Context(), `SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	put(t, other, "x", "2", nil, time.Now())
	<-did
}

func TestWhatIsOldIsPrunedAndSyncSaysReset(t *testing.T) {
	db := testkit.Postgres(t)
	s := db.Chat()
	if _, err := s.UpsertUser(t.Context(), bob); err != nil {
		t.Fatal(err)
	}
	general, err := s.GeneralChannelID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const all = 2300 // more than two batches
	if _, err := db.Exec(t.Context(), `INSERT INTO channel_events (channel_id, event_seq, kind, created_at, data)
		SELECT $1, n, 'channelUpdated', now(), '{}' FROM generate_series(2, $2) n`, general, all); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), `UPDATE channels SET last_event_seq = $2 WHERE id = $1`, general, all); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, s, draft(general, bob, "kept"))
	week := 7*24*time.Hour + time.Minute
	for _, at := range []time.Time{time.Now().Add(week - time.Hour), time.Now().Add(week)} {
		if _, err := db.Exec(t.Context(), `UPDATE channel_events SET created_at = now() + '1 day' WHERE event_seq > $1`, all); err != nil {
			t.Fatal(err)
		}
		if err := db.Prune(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		if at.Before(time.Now().Add(week - time.Minute)) {
			if n := countOf(t, db, "channel_events"); n != all+1 {
				t.Fatalf("%d changes are left before their time", n)
			}
		}
	}
	if e, d := countOf(t, db, "channel_events"), countOf(t, db, "message_dedup"); e != 1 || d != 1 {
		t.Fatalf("%d changes and %d sends are left", e, d)
	}
	for cursor, want := range map[int64]int{all: 1, all - 1: 0, 0: 0} {
		changes, err := s.Changes(t.Context(), map[string]int64{general: cursor}, 5000, 1<<20)
		if err != nil || len(changes[general]) != want {
			t.Errorf("from %d: %d changes, %v", cursor, len(changes[general]), err)
		}
	}
	service := chat.New(s, nil, testkit.Logger(t))
	answer, err := service.Sync(t.Context(), identityOf(bob), chat.SyncRequest{Epoch: epochOf(t, s), Channels: map[string]int64{general: all - 1}})
	if err != nil || answer.Channels[general].Status != chat.SyncReset {
		t.Errorf("sync says %+v, %v", answer.Channels[general], err)
	}
	if err := db.Prune(t.Context(), time.Now().Add(31*24*time.Hour)); err != nil || countOf(t, db, "message_dedup") != 0 {
		t.Errorf("sends are kept for ever: %v", err)
	}
}
