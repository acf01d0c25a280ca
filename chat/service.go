// Package chat holds channels and messages: who may read and write where, the order of what was written, and what a
// client that was away has missed.
//
// Promise: a message that was acknowledged is in the store, once. It is told to the connected afterwards, at most once;
// the channel's eventSeq shows a client that it missed something, and Sync gives it what.
package chat

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/internal/rate"
)

// Service is what the edge asks.
type Service struct {
	store  Store
	bus    bus.Bus
	log    *slog.Logger
	untold untold
	called called
	barred barred
	looks  looks
	slow   rate.Buckets[slowKey]
	words  wordFilters

	described described

	pictures PictureStore // nil: previews are without
	shared   rate.Shared  // what all nodes count together; nil for one node alone

	now func() time.Time
}

// New returns a Service on a store and a bus.
func New(store Store, b bus.Bus, log *slog.Logger) *Service {
	return &Service{store: store, bus: b, log: log, now: time.Now}
}

// ShareLimits names what all nodes count together. It is called before all else.
func (s *Service) ShareLimits(with rate.Shared) { s.shared = with }

// learnEvery is how often the database is asked what the directory has said, and how people look, also when nobody tells of it.
// That is cheap: changes have numbers.
const learnEvery = 4 * time.Second

// Learn asks what every request has to know of people: who is deactivated, and what the directory says that they are. Whoever
// serves requests calls it before; Run goes on from there.
func (s *Service) Learn(ctx context.Context) error {
	return errors.Join(s.learnDescribed(ctx), s.learnPeople(ctx))
}

// Run learns who is deactivated and what the directory says that people are, now and as it changes on any node, until ctx
// ends. While the database cannot be asked, or other nodes cannot be heard, it asks every second.
func (s *Service) Run(ctx context.Context) error {
	said := make(chan struct{}, 1) // there is news of the directory
	defer s.bus.Subscribe(bus.Directory(), func(e bus.Event) { s.hearDirectory(e, said) })()
	lost, stop := bus.OnLoss(s.bus)
	defer stop()
	wait := time.NewTimer(0)
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-lost:
		case <-said:
		case <-wait.C:
		}
		if s.Learn(ctx) != nil || !s.bus.Up() {
			wait.Reset(time.Second)
		} else {
			wait.Reset(learnEvery)
		}
	}
}

func (s *Service) hearDirectory(e bus.Event, said chan<- struct{}) {
	if e.Name == EventDirectoryChanged {
		select {
		case said <- struct{}{}:
		default: // it is asked already
		}
		return
	}
	var u UserStanding
	if json.Unmarshal(e.Data, &u) == nil && u.UserID != "" {
		s.barred.set(u.UserID, u.Active)
	}
}

// Admission is what a connection begins with.
type Admission struct {
	User     User
	Epoch    string
	Channels []string // of which the user is a member, and which they may know of

	Positions map[string]int64 // their last changes; what comes after is told
}

// Admit records the user of a new connection and says which channels it belongs to.
func (s *Service) Admit(ctx context.Context, who auth.Identity) (Admission, error) {
	if s.Barred(who.UserID) {
		return Admission{}, ErrDeactivated
	}
	if err := s.record(ctx, who); err != nil {
		return Admission{}, err
	}
	epoch, err := s.store.Epoch(ctx)
	if err != nil {
		return Admission{}, err
	}
	seqs, err := s.store.EventSeqs(ctx, who.UserID, who.Internal)
	if err != nil {
		return Admission{}, err
	}
	a := Admission{User: UserOf(who), Epoch: epoch, Channels: make([]string, 0, len(seqs)), Positions: seqs}
	for id := range seqs {
		a.Channels = append(a.Channels, id)
	}
	return a, nil
}

// record writes down who a token says that it is. Who is outside by the directory's word stands there by it; should that have
// changed meanwhile, they are not put out again by what we knew before.
func (s *Service) record(ctx context.Context, who auth.Identity) error {
	if who.Outside {
		return nil
	}
	if err := s.expel(ctx, who); err != nil {
		return err
	}
	recorded, err := s.store.UpsertUser(ctx, UserOf(who))
	for _, push := range recorded.Joined { // they themselves learn of it as they begin
		s.publish(ctx, bus.Channel(push.ChannelID), EventMembersAdded, push)
		for _, m := range push.Members { // unless they began as somebody else
			s.publish(ctx, bus.User(m.UserID), EventEntered, struct{}{})
		}
	}
	s.tellTurned(ctx, recorded.Turned)
	if recorded.PersonChanged {
		s.tellSaid(ctx)
	}
	return err
}

// tellSaid has all nodes ask what was said of people, this one at once: it holds here before who said it has an answer. Should
// that fail, it is asked again.
func (s *Service) tellSaid(ctx context.Context) {
	_ = s.Learn(context.WithoutCancel(ctx))
	s.publish(ctx, bus.Directory(), EventDirectoryChanged, struct{}{})
}

// expel takes who is no longer internal out of internal channels, and tells their other connections, which were made when
// they were.
func (s *Service) expel(ctx context.Context, who auth.Identity) error {
	if who.Internal {
		return nil
	}
	left, turned, err := s.store.Expel(ctx, who.UserID)
	s.tellTurned(ctx, turned)
	for _, c := range left {
		s.tellOutcome(ctx, c)
	}
	return err
}

// ErrDeactivated is the answer to everything that a deactivated user asks.
var ErrDeactivated = fault.New(fault.Unauthenticated, "user_deactivated", "This account was deactivated.")

// UserOf is who asks, as they are shown and written down.
func UserOf(who auth.Identity) User {
	return User{
		ID: who.UserID, Name: who.Name, Email: who.Email, AvatarURL: who.AvatarURL,
		Role: string(who.Role), Department: who.Department, Internal: who.Internal,
	}
}

// access fetches a channel and decides whether the user may act on it.
func (s *Service) access(ctx context.Context, who auth.Identity, action Action, channelID string) (Channel, error) {
	ch, _, err := s.accessAs(ctx, who, action, channelID)
	return ch, err
}

// accessAs is access with the user's membership.
func (s *Service) accessAs(ctx context.Context, who auth.Identity, action Action, channelID string) (Channel, *Member, error) {
	return s.allowed(ctx, who, action, channelID, s.store.Access)
}

// allowed fetches a channel and a membership in it, and decides.
func (s *Service) allowed(ctx context.Context, who auth.Identity, action Action, channelID string,
	fetch func(ctx context.Context, channelID, userID string) (Channel, *Member, error)) (Channel, *Member, error) {
	if !id.Valid(channelID) {
		return Channel{}, nil, ErrNoChannel
	}
	ch, member, err := fetch(ctx, channelID, who.UserID)
	if err != nil {
		return Channel{}, nil, err
	}
	if err := Can(s.actor(who, member), action, ch); err != nil {
		return Channel{}, nil, err
	}
	return ch, member, nil
}

// mayKnow tells of which channels, among those that a user is in, they may know: one who comes from outside by their token may
// be a member of internal ones by the directory.
func (s *Service) mayKnow(ctx context.Context, who auth.Identity) (of func(channelID string) bool, err error) {
	if who.Internal {
		return func(string) bool { return true }, nil
	}
	open, err := s.store.EventSeqs(ctx, who.UserID, false)
	return func(channelID string) bool {
		_, in := open[channelID]
		return in
	}, err
}

// MayWrite decides whether the user may write in a channel now.
func (s *Service) MayWrite(ctx context.Context, who auth.Identity, channelID string) error {
	_, err := s.access(ctx, who, Write, channelID)
	return err
}

// actor gathers what Can needs to know of a user.
func (s *Service) actor(who auth.Identity, member *Member) Actor {
	return Actor{
		Internal: who.Internal, Role: who.Role, Member: member, Blocked: member != nil && member.Blocked, Now: s.now(),
	}
}

// publish tells the connected. The store has it already, so a failure here costs nobody more than a sync.
func (s *Service) publish(ctx context.Context, topic, name string, payload any) {
	s.publishEvent(ctx, topic, bus.Event{Name: name}, payload)
}

// publishState tells them of something of which only the newest of a key counts.
func (s *Service) publishState(ctx context.Context, topic, name, key string, payload any) {
	s.publishEvent(ctx, topic, bus.Event{Name: name, Class: bus.State, Key: name + "/" + key}, payload)
}

func (s *Service) publishEvent(ctx context.Context, topic string, e bus.Event, payload any) {
	var err error
	if e.Data, err = json.Marshal(payload); err == nil {
		err = s.bus.Publish(context.WithoutCancel(ctx), topic, e)
	}
	if err != nil {
		s.log.Warn("event not published", "event", e.Name, "topic", topic, "error", err)
	}
}
