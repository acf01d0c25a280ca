package presence

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/digierapro/parley/internal/bus"
)

// Service keeps the presence of the users of this node, and of those of other nodes that somebody here watches.
type Service struct {
	store  Store
	bus    bus.Bus
	remote Remote // nil for one node alone
	log    *slog.Logger
	now    func() time.Time
	quiet  time.Time     // nothing is told before
	fresh  chan struct{} // has room for one: there is something to share

	mu      sync.Mutex
	heardAt time.Time                  // guarded by mu; when other nodes could be heard last
	users   map[string]*user           // guarded by mu
	watched map[string]map[string]bool // guarded by mu; by connection: user ids
}

// New returns a Service. Run keeps its clock. Without a Remote it knows the devices of this node alone.
func New(store Store, b bus.Bus, remote Remote, log *slog.Logger) *Service {
	s := &Service{
		store: store, bus: b, remote: remote, log: log, now: time.Now, fresh: make(chan struct{}, 1),
		users: make(map[string]*user), watched: make(map[string]map[string]bool),
	}
	s.quiet = s.now().Add(quietStart)
	return s
}

// Run tells of changes until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	var sharing sync.WaitGroup
	defer sharing.Wait()
	sharing.Go(func() { s.keepSharing(ctx) })
	ticks := time.NewTicker(tellEvery)
	defer ticks.Stop()
	for lastSeen := s.now(); ; {
		select {
		case <-ticks.C:
			s.tell(ctx)
			if now := s.now(); now.Sub(lastSeen) >= seenEvery {
				lastSeen = now
				s.writeSeen(ctx, now)
			}
		case <-ctx.Done():
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			s.writeSeen(closing, s.now())
			return nil
		}
	}
}

// Connect notes that a device of the user is here, and in use.
func (s *Service) Connect(ctx context.Context, userID, connection string) {
	s.load(ctx, []string{userID})
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.userLocked(userID)
	if !u.use(connection, s.now()) {
		u.devices = append(u.devices, device{connection, s.now()})
	}
	u.gone = time.Time{}
	s.shareSoon()
}

// Active notes input on a device.
func (s *Service) Active(userID, connection string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[userID]; u != nil && u.use(connection, s.now()) {
		u.lastSeen = s.now()
		s.shareSoon()
	}
}

// Disconnect notes that a device is gone, and ends its watching.
func (s *Service) Disconnect(userID, connection string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unwatchLocked(connection)
	u := s.users[userID]
	if u == nil {
		return
	}
	u.devices = slices.DeleteFunc(u.devices, func(d device) bool { return d.connection == connection })
	if len(u.devices) == 0 {
		u.gone, u.lastSeen = s.now(), s.now()
	}
	s.shareSoon()
}

// Watch makes a connection one that is told of these users, and of no others; it returns how they are now.
func (s *Service) Watch(ctx context.Context, connection string, userIDs []string) ([]Presence, error) {
	userIDs = slices.Compact(slices.Sorted(slices.Values(userIDs)))
	if len(userIDs) > MaxWatched {
		return nil, errTooManyWatched
	}
	s.load(ctx, userIDs)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unwatchLocked(connection)
	now, list, set := s.now(), make([]Presence, 0, len(userIDs)), make(map[string]bool, len(userIDs))
	for _, userID := range userIDs {
		u := s.userLocked(userID)
		u.watchers++
		set[userID] = true
		fresh := *u // what was told stays, so that the other watchers are told too
		fresh.refresh(now)
		if fresh.told.Status == Offline && fresh.secretive(now) {
			fresh.told.Since = now // since when would be when they were seen last
		}
		list = append(list, fresh.told)
	}
	s.watched[connection] = set
	return list, nil
}

// Unwatch makes a connection one that is told of nobody.
func (s *Service) Unwatch(connection string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unwatchLocked(connection)
}

// Choose sets what a user says of themselves.
func (s *Service) Choose(ctx context.Context, userID string, c Choice) (Presence, error) {
	if c.Chosen == Online {
		c.Chosen = ""
	}
	if c.Chosen != "" && c.Chosen != Away && c.Chosen != Busy && c.Chosen != Offline {
		return Presence{}, errBadStatus
	}
	if utf8.RuneCountInString(c.CustomStatus) > MaxCustomStatus || !utf8.ValidString(c.CustomStatus) {
		return Presence{}, errBadText
	}
	now := s.now()
	if c.ExpiresAt != nil && (!c.ExpiresAt.After(now) || c.ExpiresAt.Sub(now) > 366*24*time.Hour) {
		return Presence{}, errBadExpiry
	}
	if err := s.store.SaveChoice(ctx, userID, c); err != nil {
		return Presence{}, err
	}
	p := s.choose(userID, c, now)
	s.tellChoice(ctx, userID, c)
	return p, nil
}

func (s *Service) choose(userID string, c Choice, now time.Time) Presence {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.userLocked(userID)
	u.kept.Choice = c
	fresh := *u
	fresh.refresh(now)
	return fresh.told
}

// Mine returns a user's choice.
func (s *Service) Mine(ctx context.Context, userID string) (Choice, error) {
	kept, err := s.store.Choices(ctx, []string{userID})
	return kept[userID].Choice, err
}

// HidesTyping tells whether the user does not want others to see when they write.
func (s *Service) HidesTyping(userID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[userID]
	return u != nil && u.kept.HideTyping
}

// Stats are a Service's numbers.
type Stats struct{ Users, Devices, Watched int }

// Stats counts who is here and who is watched.
func (s *Service) Stats() (n Stats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		if len(u.devices) > 0 {
			n.Users++
			n.Devices += len(u.devices)
		}
		n.Watched += u.watchers
	}
	return n
}

// load fetches what is kept of users that are not known yet, and what other nodes know of them. Without it they are as if
// they had chosen nothing, and were nowhere else.
func (s *Service) load(ctx context.Context, userIDs []string) {
	unknown := s.unknown(userIDs)
	if len(unknown) == 0 {
		return
	}
	if s.remote != nil {
		settling, cancel := context.WithTimeout(ctx, settleTime)
		s.bus.Settle(settling)
		cancel()
		s.readOthers(ctx, unknown)
	}
	s.readChoices(ctx, unknown)
}

// unknown gives those of some users of whom nothing was loaded yet; from now on other nodes are heard of them.
func (s *Service) unknown(userIDs []string) (unknown []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, userID := range userIDs {
		if !s.userLocked(userID).loaded {
			unknown = append(unknown, userID)
		}
	}
	return unknown
}

// readChoices fetches what users have chosen.
func (s *Service) readChoices(ctx context.Context, userIDs []string) {
	kept, err := s.store.Choices(ctx, userIDs)
	if err != nil {
		s.log.Debug("presence not loaded", "error", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, userID := range userIDs {
		if u := s.users[userID]; u != nil {
			u.kept, u.loaded = kept[userID], true
		}
	}
}

func (s *Service) userLocked(userID string) *user {
	u := s.users[userID]
	if u == nil {
		u = &user{told: Presence{UserID: userID, Status: Offline, Since: s.now()}}
		s.users[userID] = u
		s.listenLocked(userID, u)
	}
	return u
}

func (s *Service) unwatchLocked(connection string) {
	for userID := range s.watched[connection] {
		if u := s.users[userID]; u != nil {
			u.watchers--
		}
	}
	delete(s.watched, connection)
}

// tell publishes what has changed for those who are watched, and forgets who is gone and not watched.
func (s *Service) tell(ctx context.Context) {
	now := s.now()
	if now.Before(s.quiet) {
		return
	}
	for _, p := range s.changed(now) {
		data, err := json.Marshal(p)
		if err == nil {
			err = s.bus.Publish(ctx, bus.Presence(p.UserID), bus.Event{
				Name: EventStatusChanged, Data: data, Class: bus.State, Key: EventStatusChanged + "/" + p.UserID,
			})
		}
		if err != nil {
			s.log.Warn("presence not published", "error", err)
		}
	}
}

func (s *Service) changed(now time.Time) (list []Presence) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expireLocked(now)
	for userID, u := range s.users {
		if u.refresh(now) && u.watchers > 0 {
			list = append(list, u.told)
		}
		if u.watchers == 0 && len(u.devices) == 0 && now.Sub(u.gone) > seenEvery+tellEvery {
			delete(s.users, userID)
			if u.stop != nil {
				u.stop()
			}
		}
	}
	return list
}

// writeSeen notes who is here, or was since the last time.
func (s *Service) writeSeen(ctx context.Context, now time.Time) {
	var here []string
	s.mu.Lock()
	for userID, u := range s.users {
		if len(u.devices) > 0 || now.Sub(u.gone) <= seenEvery {
			here = append(here, userID)
		}
	}
	s.mu.Unlock()
	if len(here) == 0 {
		return
	}
	if err := s.store.Seen(ctx, here, now); err != nil {
		s.log.Debug("last seen not written", "error", err)
	}
}
