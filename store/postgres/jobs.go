package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/internal/job"
)

const (
	jobPoll  = time.Second      // between two looks for jobs that are due
	jobGrace = 15 * time.Second // beyond its timeout before a job counts as abandoned
	jobStop  = 5 * time.Second  // for jobs under way to end when the node stops
)

// Jobs does the jobs of the database, together with the other nodes that do: each job is done by one of them.
type Jobs struct {
	db       *DB
	handlers map[string]job.Handler
	wake     chan struct{}

	mu   sync.Mutex
	busy map[string]int // jobs under way by kind; guarded by mu
}

// Jobs returns a worker for the kinds that the handlers name. Jobs of other kinds are left to nodes that know them.
func (db *DB) Jobs(handlers ...job.Handler) (*Jobs, error) {
	j := &Jobs{db: db, handlers: make(map[string]job.Handler), wake: make(chan struct{}, 1), busy: make(map[string]int)}
	for _, h := range handlers {
		if h.Kind == "" || h.Work == nil || j.handlers[h.Kind].Work != nil {
			return nil, fmt.Errorf("jobs: kind %q has no name, no work, or stands twice", h.Kind)
		}
		j.handlers[h.Kind] = h.WithDefaults()
	}
	return j, nil
}

// Wake makes Run look for jobs now: those that were just made need not wait for the next look.
func (j *Jobs) Wake() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// Run does jobs until ctx ends. Those under way then have a few seconds to end; what does not is done again by another
// node, or after the restart. A database that is away is asked again every second.
func (j *Jobs) Run(ctx context.Context) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	defer func() {
		grace := time.AfterFunc(jobStop, cancel)
		running.Wait()
		grace.Stop()
		cancel()
	}()
	ticks := time.NewTicker(jobPoll)
	defer ticks.Stop()
	planned, failing := false, false
	for {
		err := j.round(ctx, work, &planned, &running)
		if ctx.Err() != nil {
			return nil
		}
		if failing != (err != nil) {
			failing = err != nil
			j.tell(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		case <-j.wake:
		}
	}
}

func (j *Jobs) tell(err error) {
	if err != nil {
		j.db.log.Warn("jobs wait for the database", "error", err)
	} else {
		j.db.log.Info("jobs are done again")
	}
}

// round takes what is due and starts it.
func (j *Jobs) round(ctx, work context.Context, planned *bool, running *sync.WaitGroup) error {
	if !*planned {
		if err := j.plan(ctx); err != nil {
			return err
		}
		*planned = true
	}
	taken, err := j.take(ctx)
	for _, t := range taken {
		running.Go(func() { j.do(work, t) })
	}
	return err
}

// plan makes the jobs that are done again and again, where they are not there yet.
func (j *Jobs) plan(ctx context.Context) error {
	return j.db.do(ctx, "plan jobs", func(ctx context.Context) error {
		for _, h := range j.handlers {
			if h.Every == 0 {
				continue
			}
			if _, err := j.db.pool.Exec(ctx, `INSERT INTO jobs (kind, key, run_at) VALUES ($1, 'every', now()) ON CONFLICT DO NOTHING`, h.Kind); err != nil {
				return err
			}
		}
		return nil
	})
}

// taken is a job that is this node's until its lease ends.
type taken struct {
	id       int64
	kind     string
	args     json.RawMessage
	attempts int // with this one
	version  int // as this node left it
}

// takeJobs takes as many due jobs of each kind as there are free places, and leaves alone what another node is taking.
const takeJobs = `
UPDATE jobs j SET run_at = now() + d.lease, attempts = j.attempts + 1, version = j.version + 1
FROM (
	SELECT due.id, k.lease FROM unnest($1::text[], $2::int[], $3::interval[]) k (kind, free, lease)
	CROSS JOIN LATERAL (SELECT id FROM jobs WHERE kind = k.kind AND failed_at IS NULL AND run_at <= now()
		ORDER BY run_at LIMIT k.free FOR UPDATE SKIP LOCKED) due
) d
WHERE j.id = d.id RETURNING j.id, j.kind, j.args, j.attempts, j.version`

func (j *Jobs) take(ctx context.Context) (list []taken, err error) {
	var (
		kinds  []string
		free   []int
		leases []time.Duration
	)
	j.mu.Lock()
	for kind, h := range j.handlers {
		if n := h.Slots - j.busy[kind]; n > 0 {
			kinds, free, leases = append(kinds, kind), append(free, n), append(leases, h.Timeout+jobGrace)
		}
	}
	j.mu.Unlock()
	if len(kinds) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	rows, err := j.db.pool.Query(ctx, takeJobs, kinds, free, leases) // not by do: a second try would take others
	if err == nil {
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (t taken, err error) {
			return t, row.Scan(&t.id, &t.kind, &t.args, &t.attempts, &t.version)
		})
	}
	if err != nil {
		return nil, translate(ctx, "take jobs", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, t := range list {
		j.busy[t.kind]++
	}
	return list, nil
}

// do does one job and notes what came of it.
func (j *Jobs) do(ctx context.Context, t taken) {
	defer func() {
		j.mu.Lock()
		j.busy[t.kind]--
		j.mu.Unlock()
		j.Wake()
	}()
	h := j.handlers[t.kind]
	failure := j.attempt(ctx, h, t)
	if failure != nil && ctx.Err() == nil {
		j.db.log.Warn("job failed", "kind", t.kind, "job", t.id, "attempt", t.attempts, "error", failure)
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	if err := j.finish(ending, h, t, failure); err != nil {
		j.db.log.Warn("a job's end is not noted: it is done again", "kind", t.kind, "job", t.id, "error", err)
	}
}

func (j *Jobs) attempt(ctx context.Context, h job.Handler, t taken) (err error) {
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return h.Work(ctx, t.args)
}

// finish notes what came of a job, unless the job has been taken anew or changed meanwhile: then it is no longer ours.
func (j *Jobs) finish(ctx context.Context, h job.Handler, t taken, failure error) error {
	return j.db.do(ctx, "finish job", func(ctx context.Context) error {
		var err error
		switch {
		case failure == nil && h.Every == 0:
			_, err = j.db.pool.Exec(ctx, `DELETE FROM jobs WHERE id = $1 AND version = $2`, t.id, t.version)
		case failure == nil:
			_, err = j.db.pool.Exec(ctx, `UPDATE jobs SET run_at = now() + $3, attempts = 0, last_error = NULL
				WHERE id = $1 AND version = $2`, t.id, t.version, h.Every)
		default:
			final := h.Every == 0 && (job.IsFinal(failure) || t.attempts >= h.Attempts)
			_, err = j.db.pool.Exec(ctx, `UPDATE jobs SET run_at = now() + $3, last_error = left($4, 1000),
				failed_at = CASE WHEN $5 THEN now() END WHERE id = $1 AND version = $2`,
				t.id, t.version, job.Backoff(t.attempts), failure.Error(), final)
		}
		return err
	})
}

// errNoJobArgs is a defect of the caller.
var errNoJobArgs = errors.New("a job's args cannot be encoded")

// putJob makes a job within a transaction, or moves the one of the same kind and key to another time.
func putJob(ctx context.Context, tx pgx.Tx, kind, key string, args any, at time.Time) error {
	raw, err := json.Marshal(args)
	if err != nil {
		return errors.Join(errNoJobArgs, err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO jobs (kind, key, args, run_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (kind, key) DO UPDATE SET args = excluded.args, run_at = excluded.run_at, attempts = 0,
			failed_at = NULL, version = jobs.version + 1`,
		kind, orNull(key), raw, at)
	return err
}

// dropJob takes a job back that is not needed any more.
func dropJob(ctx context.Context, tx pgx.Tx, kind, key string) error {
	_, err := tx.Exec(ctx, `DELETE FROM jobs WHERE kind = $1 AND key = $2`, kind, key)
	return err
}
