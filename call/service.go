package call

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/sfu"
)

// Channels answers what calls need to know of the places they are held in.
type Channels interface {
	// CallAudience returns the ids of everyone whom a call in the channel concerns, or a fault when the user may not
	// start (or else join) one there.
	CallAudience(ctx context.Context, who auth.Identity, channelID string, start bool) ([]string, error)
	// OnLeft calls fn, which must not block, with everybody who is no longer in the channel, until stop is called. One who is
	// not told of is found by ActiveMembers.
	OnLeft(channelID string, fn func(userID string)) (stop func())
	// OnDeactivated does so with everybody who is deactivated; CallAudience refuses them by then.
	OnDeactivated(fn func(userID string)) (stop func())
	// ActiveMembers gives, by channel, those of the users who are in it and are not deactivated.
	ActiveMembers(ctx context.Context, channelIDs, userIDs []string) (map[string][]string, error)
}

// Media is the SFU.
type Media interface {
	NewRoom(id string) *sfu.Room
}

// Config of a Service.
type Config struct {
	Store    Store
	Channels Channels
	Media    Media
	Bus      bus.Bus
	Log      *slog.Logger
	Limits   Limits
	Now      func() time.Time // nil: time.Now
	// SeatEnded, if not nil, is told of every seat that was given up, so that what was handed out for it ends, too.
	SeatEnded func(userID, participantID string)
}

// Limits of calls. The zero value of a field means its default.
type Limits struct {
	Participants int           // seats in a call: 50
	Seats        int           // seats of one user in one call: 5
	Ring         time.Duration // until a call that nobody takes is missed: 45 s
	Grace        time.Duration // how long a seat waits for its socket: 30 s
	Doubt        time.Duration // how long a seat's media may take before its socket must show that it lives: 10 s
	Duration     time.Duration // of a call: 4 h
}

func (l Limits) withDefaults() Limits {
	if l.Participants == 0 {
		l.Participants = 50
	}
	if l.Seats == 0 {
		l.Seats = 5
	}
	if l.Ring == 0 {
		l.Ring = 45 * time.Second
	}
	if l.Grace == 0 {
		l.Grace = 30 * time.Second
	}
	if l.Doubt == 0 {
		l.Doubt = 10 * time.Second
	}
	if l.Duration == 0 {
		l.Duration = 4 * time.Hour
	}
	return l
}

// Service holds the calls of this node.
//
// A call's own state is guarded by its own lock (see live); mu guards only the two maps. No lock is held while the SFU,
// the store or the channels are asked.
type Service struct {
	cfg     Config
	limits  Limits
	log     *slog.Logger
	now     func() time.Time
	records *records
	trials  *trials
	leavers *leavers

	mu        sync.Mutex
	calls     map[string]*live // by call id
	byChannel map[string]*live // the one call going on in a channel
}

// New returns a Service. Run keeps its clock.
func New(cfg Config) (*Service, error) {
	if cfg.Store == nil || cfg.Channels == nil || cfg.Media == nil || cfg.Bus == nil || cfg.Log == nil {
		return nil, errors.New("call: Store, Channels, Media, Bus and Log are all needed")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.SeatEnded == nil {
		cfg.SeatEnded = func(string, string) {}
	}
	return &Service{
		cfg: cfg, limits: cfg.Limits.withDefaults(), log: cfg.Log, now: cfg.Now,
		records:   newRecords(cfg.Store, cfg.Log),
		trials:    newTrials(cfg.Media),
		leavers:   newLeavers(),
		calls:     make(map[string]*live),
		byChannel: make(map[string]*live),
	}, nil
}

// Run ends what has waited too long and writes the records of calls, until ctx ends. Then it ends every call.
func (s *Service) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { s.records.run(ctx) })
	wg.Go(func() { s.watchOrphans(ctx) })
	wg.Go(func() { s.expelLeavers(ctx) })
	wg.Go(func() { s.watchMembers(ctx) })
	ticks := time.NewTicker(time.Second)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			s.expire(s.now())
			s.trials.expire(s.now())
		case <-ctx.Done():
			wg.Wait()
			s.endAll()
			s.trials.endAll()
			return s.records.flush()
		}
	}
}

// watchOrphans closes the records of servers that die while this one lives.
func (s *Service) watchOrphans(ctx context.Context) {
	ticks := time.NewTicker(orphansEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			if err := s.CloseOrphans(ctx); err != nil && ctx.Err() == nil {
				s.log.Debug("records of calls that another server left open are still open", "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

const orphansEvery = time.Minute

// CloseOrphans ends the records of calls that a server that died has left open.
func (s *Service) CloseOrphans(ctx context.Context) error {
	n, err := s.cfg.Store.CloseOrphans(ctx, s.liveIDs(), s.now())
	if n > 0 {
		s.log.Info("closed the records of calls that a server that died has left open", "calls", n)
	}
	return err
}

func (s *Service) liveIDs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]string, 0, len(s.calls))
	for callID := range s.calls {
		ids = append(ids, callID)
	}
	return ids
}

// Count gives the numbers of calls going on and of seats taken in them.
func (s *Service) Count() (calls, seats int) {
	for _, l := range s.snapshot() {
		calls++
		seats += l.count()
	}
	return calls, seats
}

func (s *Service) snapshot() []*live {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*live, 0, len(s.calls))
	for _, l := range s.calls {
		all = append(all, l)
	}
	return all
}

func (s *Service) find(callID string) (*live, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.calls[callID]; l != nil {
		return l, nil
	}
	return nil, ErrNoCall
}

// findFor is find for a user, who is told when another server holds the call.
func (s *Service) findFor(ctx context.Context, who auth.Identity, callID string) (*live, error) {
	l, err := s.find(callID)
	if err == nil {
		return l, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if c, unknown := s.Get(ctx, who, callID); unknown == nil && c.Status == Ongoing {
		return nil, ErrElsewhere
	}
	return nil, err
}

// audience asks who may be in the call's channel. While the store is down, the audience at the last answer holds: a call
// goes on without the database.
//
// It also gives how often the user was expelled before the answer, for their seat.
func (s *Service) audience(ctx context.Context, who auth.Identity, l *live) (expelled int, err error) {
	expelled = l.timesExpelled(who.UserID)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	users, err := s.cfg.Channels.CallAudience(ctx, who, l.channelID, false)
	if err == nil {
		l.setAudience(users)
		return expelled, nil
	}
	if fault.KindOf(err) == fault.Unavailable && l.concerns(who.UserID) {
		return expelled, nil
	}
	if fault.KindOf(err) == fault.NotFound {
		return 0, ErrNoCall
	}
	return 0, err
}

func (s *Service) publish(topic, name string, class bus.Class, key string, payload any) {
	data, err := json.Marshal(payload)
	if err == nil {
		err = s.cfg.Bus.Publish(context.Background(), topic, bus.Event{Name: name, Data: data, Class: class, Key: key})
	}
	if err != nil {
		s.log.Warn("event not published", "event", name, "topic", topic, "error", err)
	}
}

// Participants is how many seats a call has.
func (s *Service) Participants() int { return s.limits.Participants }
