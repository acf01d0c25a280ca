package chat

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
)

var (
	adminRank  = auth.Rank{Role: auth.RoleAdmin, Internal: true}
	userRank   = auth.Rank{Role: auth.RoleUser, Internal: true}
	clientRank = auth.Rank{Role: auth.RoleClient}
)

// directoryStore keeps what the directory says, and counts what is written of tokens.
type directoryStore struct {
	Store

	mu       sync.Mutex
	said     []Described // guarded by mu
	asked    []int64     // guarded by mu
	down     bool        // guarded by mu
	recorded int         // guarded by mu
}

// say has the directory say something of somebody, elsewhere.
func (d *directoryStore) say(userID string, rank auth.Rank) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said = append(d.said, describe(userID, rank, int64(len(d.said))+1))
}

func (d *directoryStore) away(is bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down = is
}

func (d *directoryStore) DescribedAfter(_ context.Context, after int64) ([]Described, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.asked = append(d.asked, after); d.down {
		return nil, errors.New("the database is away")
	}
	return slices.Clone(d.said[after:]), nil
}

func (d *directoryStore) Expel(context.Context, string) ([]ChannelOutcome, []ChannelTurned, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.recorded++
	return nil, nil, nil
}

func (d *directoryStore) UpsertUser(context.Context, User) (Recorded, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.recorded++
	return Recorded{}, nil
}

func (d *directoryStore) LastPersonChange(context.Context) (int64, error) { return 0, nil }

func (d *directoryStore) Epoch(context.Context) (string, error) { return "epoch", nil }

func (d *directoryStore) EventSeqs(context.Context, string, bool) (map[string]int64, error) {
	return nil, nil
}

func describe(userID string, rank auth.Rank, change int64) Described {
	return Described{UserID: userID, Change: change, Description: Description{Name: "The directory's " + userID, Rank: rank}}
}

func newDirectory(b bus.Bus) (*Service, *directoryStore) {
	store := &directoryStore{}
	return New(store, b, slog.New(slog.DiscardHandler)), store
}

func token(userID string, rank auth.Rank) auth.Identity {
	return auth.Identity{UserID: userID, Name: userID, Role: rank.Role, Internal: rank.Internal}
}

func TestNoTokenGivesMoreThanTheDirectorySays(t *testing.T) {
	s, store := newDirectory(bus.NewLocal())
	store.say("lowered", clientRank)
	store.say("praised", adminRank)
	if err := s.Learn(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		who         string
		token, want auth.Rank
	}{
		{"lowered", adminRank, clientRank},
		{"lowered", clientRank, clientRank},
		{"praised", userRank, userRank},
		{"praised", clientRank, clientRank},
		{"unknown", adminRank, adminRank},
	} {
		if got := s.AsDescribed(token(tt.who, tt.token)).Rank(); got != tt.want {
			t.Errorf("%s with a token of %v is %v", tt.who, tt.token, got)
		}
	}
}

// Whom the directory describes is called as it says, whatever their token says; a service is no person.
func TestTheDirectorysNameIsTheName(t *testing.T) {
	s, store := newDirectory(bus.NewLocal())
	store.say("ann", userRank)
	store.say("crm", userRank)
	if err := s.Learn(t.Context()); err != nil {
		t.Fatal(err)
	}
	ann := s.AsDescribed(auth.Identity{UserID: "ann", Name: "ann", AvatarURL: "/old.png", Department: "Sales", Role: auth.RoleUser, Internal: true})
	if ann.Name != "The directory's ann" || ann.AvatarURL != "" || ann.Department != "" {
		t.Errorf("%+v", ann)
	}
	for _, who := range []auth.Identity{token("bob", userRank), token("crm", auth.Rank{Role: auth.RoleService})} {
		if got := s.AsDescribed(who); got != who {
			t.Errorf("%+v is %+v", who, got)
		}
	}
}

// What is learnt late does not undo what was said after it, and is told to nobody.
func TestWhatIsLearntLateIsOld(t *testing.T) {
	var r described
	learn := func(list ...Described) (fresh []string) {
		for _, u := range r.learn(list) {
			fresh = append(fresh, u.UserID)
		}
		return fresh
	}
	if fresh := learn(describe("ann", adminRank, 1), describe("bob", userRank, 2)); !slices.Equal(fresh, []string{"ann", "bob"}) {
		t.Errorf("news of %v", fresh)
	}
	if fresh := learn(describe("ann", clientRank, 5)); !slices.Equal(fresh, []string{"ann"}) {
		t.Errorf("news of %v", fresh)
	}
	if fresh := learn(describe("ann", userRank, 3), describe("bob", adminRank, 4)); !slices.Equal(fresh, []string{"bob"}) {
		t.Errorf("news of %v", fresh)
	}
	if says, known := r.of("ann"); !known || says.Rank != clientRank || r.known() != 5 {
		t.Errorf("%v %v, up to %d", says, known, r.known())
	}
}

// A node hears of a change, or finds it after a while; whatever it has missed while the database was away it finds then.
// Those whom it concerns are told on this node alone.
func TestANodeFollowsTheDirectory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bus.NewLocal()
		s, store := newDirectory(b)
		var told atomic.Int64
		defer b.Subscribe(bus.User("ann"), func(e bus.Event) {
			if e.Name == EventDescribedAnew && e.Here && s.AsDescribed(token("ann", adminRank)).Rank() != adminRank {
				told.Add(1)
			}
		})()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		is := func(want auth.Rank, times int64, when string) {
			t.Helper()
			synctest.Wait()
			if got := s.AsDescribed(token("ann", adminRank)).Rank(); got != want || told.Load() != times {
				t.Errorf("%s: %v, told %d times", when, got, told.Load())
			}
		}
		is(adminRank, 0, "of whom nothing is said")
		store.say("ann", userRank)
		_ = b.Publish(ctx, bus.Directory(), bus.Event{Name: EventDirectoryChanged})
		is(userRank, 1, "told of it")
		store.say("ann", clientRank)
		is(userRank, 1, "not told of it")
		time.Sleep(learnEvery)
		is(clientRank, 2, "after a while")
		store.away(true)
		store.say("ann", userRank)
		_ = b.Publish(ctx, bus.Directory(), bus.Event{Name: EventDirectoryChanged})
		is(clientRank, 2, "while the database is away")
		store.away(false)
		time.Sleep(time.Second)
		is(userRank, 3, "once it is back")
		time.Sleep(10 * learnEvery)
		is(userRank, 3, "and then")
		if last := store.asked[len(store.asked)-1]; last != 3 {
			t.Errorf("it asks again for what came after %d", last)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// Whom the directory has put outside is not written down as outside by it: it may have raised them again, unheard by us.
func TestWhoIsOutsideByTheDirectoryIsNotPutOutByUs(t *testing.T) {
	s, store := newDirectory(bus.NewLocal())
	store.say("ann", clientRank)
	if err := s.Learn(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, err := s.Admit(t.Context(), s.AsDescribed(token("ann", adminRank)))
	if err != nil || a.User.Internal || a.User.Role != string(auth.RoleClient) || store.recorded != 0 {
		t.Errorf("%+v, %v, written %d times", a.User, err, store.recorded)
	}
	if _, err := s.Admit(t.Context(), s.AsDescribed(token("ann", clientRank))); err != nil || store.recorded != 2 {
		t.Errorf("by their own token: %v, written %d times", err, store.recorded)
	}
}

func BenchmarkLowered(b *testing.B) {
	var s Service
	list := make([]Described, 100_000)
	for i := range list {
		list[i] = describe(string(rune('a'+i%26))+time.Duration(i).String(), userRank, 1)
	}
	s.described.learn(list)
	who := token(list[4711].UserID, adminRank)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_ = s.AsDescribed(who)
		}
	})
}
