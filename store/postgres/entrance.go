package postgres

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// Each letting in is a change of the general channel, of which everybody there is told. So after one it rests for as long as
// that may take; when a company signs in for the first time, those who come meanwhile are let in together.
const (
	restPerMember = 10 * time.Microsecond
	longestRest   = 250 * time.Millisecond
)

// entrance makes users who sign in members of what they belong in by the directory's rules: of the general channel, and of
// projects that named them before they were known.
type entrance struct {
	db   *DB
	open sync.WaitGroup // while somebody is let in
	rest time.Time      // until then; owned by letIn

	mu     sync.Mutex
	closed bool      // guarded by mu; nobody is let in any more
	busy   bool      // guarded by mu; somebody is let in
	next   *entering // guarded by mu; who comes now joins these
}

var errClosing = errors.New("the database is being closed")

// close waits until who is let in is in.
func (e *entrance) close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.open.Wait()
}

// entering are users who are let in together.
type entering struct {
	userIDs []string
	done    chan struct{}

	joined chan []chat.MembersAdded // what came of it, for one of those who wait to tell
	err    error                    // set before done is closed
}

// enter waits until a user is let in. What became of those who were let in together is given to one of them.
func (e *entrance) enter(ctx context.Context, userID string) ([]chat.MembersAdded, error) {
	group := e.join(userID)
	if group == nil {
		return nil, unavailable(errClosing)
	}
	select {
	case <-ctx.Done():
		return nil, translate(ctx, "enter channels", ctx.Err())
	case <-group.done:
	}
	select {
	case joined := <-group.joined:
		return joined, group.err
	default:
		return nil, group.err
	}
}

// join puts a user among those who are let in next; nil when nobody is any more.
func (e *entrance) join(userID string) *entering {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed && !e.busy {
		return nil
	}
	if e.next == nil {
		e.next = &entering{done: make(chan struct{}), joined: make(chan []chat.MembersAdded, 1)}
	}
	e.next.userIDs = append(e.next.userIDs, userID)
	if !e.busy {
		e.busy = true
		e.open.Go(e.letIn)
	}
	return e.next
}

// letIn lets in who waits, until nobody does.
func (e *entrance) letIn() {
	for e.wanted() {
		time.Sleep(time.Until(e.rest))
		group := e.take()
		joined, err := e.write(group.userIDs)
		group.joined <- joined
		group.err = err
		close(group.done)
		members := 0
		for _, push := range joined {
			members += push.ParticipantCount
		}
		e.rest = time.Now().Add(min(time.Duration(members)*restPerMember, longestRest))
	}
}

func (e *entrance) wanted() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.busy = e.next != nil
	return e.busy
}

func (e *entrance) take() (group *entering) {
	e.mu.Lock()
	defer e.mu.Unlock()
	group, e.next = e.next, nil
	return group
}

// write makes the memberships. It is one of the directory's changes, so that a project is made either before, and names them
// here, or after, and finds them.
func (e *entrance) write(userIDs []string) (joined []chat.MembersAdded, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), directoryTimeout)
	defer cancel()
	err = e.db.do(ctx, "enter channels", func(ctx context.Context) error {
		joined = nil
		return pgx.BeginFunc(ctx, e.db.pool, func(tx pgx.Tx) error {
			change := &directoryChange{tx: tx}
			if err := change.lock(ctx); err != nil {
				return err
			}
			if err := change.add(ctx, desiredOf(theseUsers), userIDs); err != nil {
				return err
			}
			for _, c := range change.outcome.Channels {
				joined = append(joined, *c.AddedPush)
			}
			return nil
		})
	}, foreignKeyViolation, checkViolation) // of who becomes a client meanwhile
	return joined, err
}
