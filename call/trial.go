package call

import (
	"context"
	"sync"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/sfu"
	"github.com/digierapro/parley/sfu/transport"
)

// A trial is a private room in which a user measures their own way to the server: what they publish is played back to
// them. Nobody is rung, nothing is recorded, and it ends by itself.

// Bounds of trials.
const (
	trialLife     = 20 * time.Second
	trialsAtOnce  = 32 // on this node
	trialBurst    = 20 // that a user may start in a row: two runs of all ways
	trialInterval = 10 * time.Second
)

// TrialOffer is one connection of a trial.
type TrialOffer struct {
	Kind StreamKind
	SDP  string
}

// Trial is one that has begun.
type Trial struct {
	ID      string
	Answers []string // in the order of the offers
	Expires time.Time
}

var (
	errNoTrial       = fault.New(fault.NotFound, "test_not_found", "There is no such test, or it has ended.")
	errTrialOffers   = fault.New(fault.Invalid, "bad_test", `A test has one or two offers, of the kinds "publish" and "play", each once.`)
	errTooManyTrials = fault.New(fault.RateLimited, "too_many_tests", "You have started too many connection tests. Try again in a moment.")
	errTrialsFull    = fault.New(fault.Unavailable, "tests_full", "Too many people test their connection now. Try again in a moment.").After(trialLife)
)

type trial struct {
	Trial
	userID string
	room   *sfu.Room // set before others see the trial
}

// allowance is a user's token bucket, kept as the time at which it is full again.
type allowance struct{ full time.Time }

func (a *allowance) take(now time.Time) (wait time.Duration) {
	if a.full.Before(now) {
		a.full = now
	}
	if wait = a.full.Add(trialInterval).Sub(now) - trialBurst*trialInterval; wait > 0 {
		return wait
	}
	a.full = a.full.Add(trialInterval)
	return 0
}

// trials are those of this node: one for each user.
type trials struct {
	media Media

	// guarded by mu
	mu         sync.Mutex
	byUser     map[string]*trial
	allowances map[string]*allowance
}

func newTrials(media Media) *trials {
	return &trials{media: media, byUser: make(map[string]*trial), allowances: make(map[string]*allowance)}
}

// StartTrial answers the offers of a trial of the user's, in the place of an earlier one.
func (s *Service) StartTrial(ctx context.Context, who auth.Identity, offers []TrialOffer) (Trial, error) {
	prepared, err := readTrialOffers(offers)
	if err != nil {
		return Trial{}, err
	}
	t, err := s.trials.open(who.UserID, s.now())
	if err != nil {
		return Trial{}, err
	}
	for i, offer := range prepared {
		answer, err := t.answer(ctx, offers[i].Kind, offer)
		if err != nil {
			s.trials.close(t)
			return Trial{}, err
		}
		t.Answers = append(t.Answers, answer)
	}
	return t.Trial, nil
}

func readTrialOffers(offers []TrialOffer) ([]*streamOffer, error) {
	if len(offers) == 0 || len(offers) > 2 || len(offers) == 2 && offers[0].Kind == offers[1].Kind {
		return nil, errTrialOffers
	}
	prepared := make([]*streamOffer, len(offers))
	for i, o := range offers {
		if o.Kind != Publishing && o.Kind != Playing {
			return nil, errTrialOffers
		}
		var err error
		if prepared[i], err = readStreamOffer(o.Kind, o.SDP); err != nil {
			return nil, err
		}
	}
	return prepared, nil
}

func (t *trial) answer(ctx context.Context, kind StreamKind, offer *streamOffer) (string, error) {
	peer, err := t.room.Join(string(kind), silent{})
	if err != nil {
		return "", err
	}
	return peer.Offer(ctx, offer.sdp, offer.tracks)
}

// silent is the observer of a trial's peers: the client reads its own statistics.
type silent struct{}

func (silent) SlotsChanged([]sfu.SlotState)   {}
func (silent) LayersWanted([]sfu.LayerDemand) {}
func (silent) StateChanged(_ transport.State) {}

// EndTrial ends the user's trial.
func (s *Service) EndTrial(who auth.Identity, trialID string) error {
	s.trials.mu.Lock()
	t := s.trials.byUser[who.UserID]
	s.trials.mu.Unlock()
	if t == nil || t.ID != trialID {
		return errNoTrial
	}
	s.trials.close(t)
	return nil
}

func (ts *trials) open(userID string, now time.Time) (*trial, error) {
	t := &trial{Trial: Trial{ID: id.New(), Expires: now.Add(trialLife)}, userID: userID}
	earlier, err := ts.register(t, now)
	if earlier != nil {
		earlier.room.Close()
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// register gives the trial its place and returns the one that had it.
func (ts *trials) register(t *trial, now time.Time) (earlier *trial, err error) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	a := ts.allowances[t.userID]
	if a == nil {
		a = &allowance{}
		ts.allowances[t.userID] = a
	}
	earlier = ts.byUser[t.userID]
	if earlier == nil && len(ts.byUser) >= trialsAtOnce {
		return nil, errTrialsFull
	}
	if wait := a.take(now); wait > 0 {
		return nil, errTooManyTrials.After(wait)
	}
	t.room = ts.media.NewRoom("test-" + t.ID)
	ts.byUser[t.userID] = t
	return earlier, nil
}

func (ts *trials) close(t *trial) {
	ts.mu.Lock()
	if ts.byUser[t.userID] == t {
		delete(ts.byUser, t.userID)
	}
	ts.mu.Unlock()
	t.room.Close()
}

// expire ends the trials whose time has come, and forgets whose allowance is full.
func (ts *trials) expire(now time.Time) {
	ts.mu.Lock()
	var over []*trial
	for _, t := range ts.byUser {
		if !now.Before(t.Expires) {
			over = append(over, t)
		}
	}
	for userID, a := range ts.allowances {
		if !now.Before(a.full) {
			delete(ts.allowances, userID)
		}
	}
	ts.mu.Unlock()
	for _, t := range over {
		ts.close(t)
	}
}

func (ts *trials) endAll() { ts.expire(time.Unix(1<<40, 0)) }
