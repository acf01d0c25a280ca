package call

import (
	"context"
	"encoding/json"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/sfu"
	"github.com/digierapro/parley/sfu/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = fault.New(fault.Unavailable, "database_unavailable", "The message store is not available right now.")

// fakeStore keeps records in memory, and can be down.
type fakeStore struct {
	mu    sync.Mutex
	down  bool
	calls map[string]Call
	saved chan Call
}

func (f *fakeStore) Save(_ context.Context, c Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return errDown
	}
	f.calls[c.ID] = c
	select {
	case f.saved <- c:
	default:
	}
	return nil
}

func (f *fakeStore) Get(_ context.Context, callID string) (Call, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c, ok := f.calls[callID]; ok {
		return c, nil
	}
	return Call{}, ErrNoCall
}

func (f *fakeStore) List(context.Context, ListQuery) ([]Call, bool, error) { return nil, false, nil }

func (f *fakeStore) CloseOrphans(context.Context, []string, time.Time) (int, error) { return 0, nil }

func (f *fakeStore) setDown(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

// fakeChannels is one channel with members, and can be down.
type fakeChannels struct {
	mu       sync.Mutex
	err      error
	members  []string
	answered func() // is called when the audience was asked for; nil for nothing
}

func (f *fakeChannels) CallAudience(_ context.Context, who auth.Identity, _ string, _ bool) ([]string, error) {
	defer func() {
		if f.answered != nil {
			f.answered()
		}
	}()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return nil, f.err
	}
	if !slices.Contains(f.members, who.UserID) {
		return nil, fault.New(fault.NotFound, "channel_not_found", "There is no such channel.")
	}
	return f.members, nil
}

func (f *fakeChannels) OnLeft(string, func(userID string)) (stop func()) { return func() {} }

func (f *fakeChannels) OnDeactivated(func(userID string)) (stop func()) { return func() {} }

func (f *fakeChannels) ActiveMembers(_ context.Context, channelIDs, _ []string) (map[string][]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	members := make(map[string][]string)
	for _, channelID := range channelIDs {
		members[channelID] = f.members
	}
	return members, f.err
}

func (f *fakeChannels) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// house is a Service on a real SFU, with a clock that the test moves.
type house struct {
	*Service
	store    *fakeStore
	channels *fakeChannels
	bus      *bus.Local

	mu  sync.Mutex
	now time.Time
}

func newHouse(t *testing.T, limits Limits, timeouts ...transport.Timeouts) *house {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	cfg := sfu.Config{Transport: transport.Config{Addr: "127.0.0.1:0"}}
	if len(timeouts) > 0 {
		cfg.Transport.Timeouts = timeouts[0]
	}
	media, err := sfu.New(cfg)
	must(t, err)
	must(t, media.Listen())
	h := &house{
		store:    &fakeStore{calls: map[string]Call{}, saved: make(chan Call, 1000)},
		channels: &fakeChannels{members: []string{"alice", "bob", "carol"}},
		bus:      bus.NewLocal(), now: time.Unix(1e9, 0),
	}
	h.Service, err = New(Config{Store: h.store, Channels: h.channels, Media: media, Bus: h.bus, Log: log, Limits: limits, Now: h.clock})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = h.Run(ctx) })
	mediaCtx, stopMedia := context.WithCancel(context.Background())
	wg.Go(func() { _ = media.Run(mediaCtx) })
	t.Cleanup(func() {
		cancel()
		stopMedia()
		wg.Wait()
	})
	return h
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// pass moves the clock and does what Run does every second.
func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	h.now = h.now.Add(d)
	h.mu.Unlock()
	h.expire(h.clock())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func user(userID string) auth.Identity {
	return auth.Identity{UserID: userID, Name: userID, Role: auth.RoleUser, Internal: true}
}

func (h *house) start(t *testing.T) string {
	t.Helper()
	callID, existing, err := h.Start(t.Context(), user("alice"), StartRequest{ChannelID: id.New(), Type: Video})
	must(t, err)
	if existing {
		t.Fatal("a new channel has a call")
	}
	return callID
}

func (h *house) join(t *testing.T, userID, callID string) Seat {
	t.Helper()
	j, err := h.Join(t.Context(), user(userID), JoinRequest{CallID: callID})
	must(t, err)
	return j.Seat
}

// saved waits for a record that fits.
func (h *house) savedRecord(t *testing.T, fits func(Call) bool) Call {
	t.Helper()
	for {
		select {
		case c := <-h.store.saved:
			if fits(c) {
				return c
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no such record was saved")
		}
	}
}

func TestACallGoesOnWhileTheDatabaseIsDown(t *testing.T) {
	h := newHouse(t, Limits{})
	callID := h.start(t)
	alice := h.join(t, "alice", callID)
	h.savedRecord(t, func(c Call) bool { return c.ID == callID && len(c.Participants) == 1 })

	h.store.setDown(true)
	h.channels.fail(errDown)
	bob := h.join(t, "bob", callID)
	if _, err := h.Join(t.Context(), user("mallory"), JoinRequest{CallID: callID}); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("a stranger joins while nobody can tell who they are: %v", err)
	}
	must(t, h.Leave(bob))
	must(t, h.Leave(alice))
	if c, waiting := h.records.waiting(callID); !waiting || c.Status != Completed {
		t.Fatalf("the record is lost: %+v", c)
	}
	h.store.setDown(false)
	c := h.savedRecord(t, func(c Call) bool { return c.Status == Completed })
	if len(c.Participants) != 2 || c.EndedAt == nil {
		t.Fatalf("record %+v", c)
	}
}

func TestACallEndsAtItsLongest(t *testing.T) {
	h := newHouse(t, Limits{Duration: time.Hour})
	callID := h.start(t)
	h.join(t, "alice", callID)
	h.join(t, "bob", callID)
	h.pass(59 * time.Minute)
	if calls, seats := h.Count(); calls != 1 || seats != 2 {
		t.Fatalf("%d calls, %d seats", calls, seats)
	}
	h.pass(time.Minute)
	if calls, _ := h.Count(); calls != 0 {
		t.Fatal("the call goes on")
	}
	if c := h.savedRecord(t, func(c Call) bool { return c.Status == Completed }); *c.TotalDuration != 3600 || len(c.Participants) != 2 {
		t.Fatalf("record %+v", c)
	}
}

func TestACallThatNobodyJoinsEnds(t *testing.T) {
	h := newHouse(t, Limits{Ring: 45 * time.Second})
	h.start(t)
	h.pass(44 * time.Second)
	if calls, _ := h.Count(); calls != 1 {
		t.Fatal("the call has ended already")
	}
	h.pass(time.Second)
	if calls, _ := h.Count(); calls != 0 {
		t.Fatal("the call goes on with nobody in it")
	}
	h.savedRecord(t, func(c Call) bool { return c.Status == Missed })
}

// Whoever has no business in a call never hears it, not even while it is looked up.
func TestOnlyWhoBelongsInACallIsAdmitted(t *testing.T) {
	h := newHouse(t, Limits{})
	callID := h.start(t)
	for userID, want := range map[string]bool{"bob": true, "mallory": false} {
		admitted := false
		_, err := h.Join(t.Context(), user(userID), JoinRequest{CallID: callID, Admitted: func() { admitted = true }})
		if admitted != want || (err == nil) != want {
			t.Errorf("%s: admitted %v, %v", userID, admitted, err)
		}
	}
}

// The last one leaves while another comes: either the newcomer finds no call, or they are in it.
func TestAJoinAndTheLastLeave(t *testing.T) {
	h := newHouse(t, Limits{})
	for range 200 {
		callID := h.start(t)
		last := h.join(t, "alice", callID)
		var wg sync.WaitGroup
		wg.Go(func() { _ = h.Leave(last) })
		joined, err := h.Join(t.Context(), user("bob"), JoinRequest{CallID: callID})
		wg.Wait()
		if err == nil {
			if err = h.ToggleMute(user("bob"), joined.Seat, true); err != nil {
				t.Fatalf("in the call, and not: %v", err)
			}
			must(t, h.Leave(joined.Seat))
		} else if fault.KindOf(err) != fault.NotFound {
			t.Fatal(err)
		}
	}
}

func TestOnlyTheLastSocketOfASeatCanLoseIt(t *testing.T) {
	h := newHouse(t, Limits{Grace: 30 * time.Second})
	callID := h.start(t)
	h.join(t, "bob", callID)
	first := h.join(t, "alice", callID)
	back, err := h.Join(t.Context(), user("alice"), JoinRequest{CallID: callID, Resume: first.ParticipantID})
	must(t, err)
	if !back.Resumed {
		t.Fatal("not resumed")
	}
	h.Detach(first) // the old socket's end is noticed only now
	h.pass(31 * time.Second)
	if _, seats := h.Count(); seats != 2 {
		t.Fatal("the seat was lost with a socket that held it no more")
	}
	if err := h.ToggleMute(user("alice"), first, true); fault.From(err).Code != "not_in_call" {
		t.Fatalf("the old socket still acts: %v", err)
	}
	if err := h.Leave(first); fault.From(err).Code != "not_in_call" {
		t.Fatalf("the old socket gives the seat up: %v", err)
	}
	h.Detach(back.Seat)
	h.pass(31 * time.Second)
	if _, seats := h.Count(); seats != 1 {
		t.Fatal("the seat waits for ever")
	}
}

func TestParticipantsHearOfEachOtherInOrder(t *testing.T) {
	h := newHouse(t, Limits{})
	callID := h.start(t)
	var mu sync.Mutex
	present := map[string]bool{}
	defer h.bus.Subscribe(bus.Call(callID), func(e bus.Event) {
		var p struct {
			ParticipantID string `json:"participantId"`
		}
		_ = json.Unmarshal(e.Data, &p)
		mu.Lock()
		defer mu.Unlock()
		switch e.Name {
		case EventParticipantJoined:
			present[p.ParticipantID] = true
		case EventParticipantLeft:
			if !present[p.ParticipantID] {
				t.Errorf("%s left before they came", p.ParticipantID)
			}
			delete(present, p.ParticipantID)
		}
	})()
	h.join(t, "carol", callID)
	var wg sync.WaitGroup
	for _, userID := range []string{"alice", "bob"} {
		for range 2 {
			wg.Go(func() {
				for range 20 {
					j, err := h.Join(context.Background(), user(userID), JoinRequest{CallID: callID})
					if err != nil {
						t.Error(err)
						return
					}
					if err := h.Leave(j.Seat); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	mu.Lock()
	defer mu.Unlock()
	if len(present) != 1 {
		t.Fatalf("%d are heard of as present, one is", len(present))
	}
}

func TestJoinsAndLeavesLeaveNothingBehind(t *testing.T) {
	h := newHouse(t, Limits{})
	callID := h.start(t)
	h.join(t, "carol", callID)
	round := func() { must(t, h.Leave(h.join(t, "alice", callID))) }
	for range 10 {
		round()
	}
	h.savedRecord(t, func(c Call) bool { return len(c.Participants) > 5 })
	const rounds, started = 200, 20 // what the media starts once may still be starting: that is no leak, one for each join would be
	before := runtime.NumGoroutine()
	for range rounds {
		round()
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before+started; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before, %d after %d joins and leaves", before, runtime.NumGoroutine(), rounds)
		}
	}
	if _, seats := h.Count(); seats != 1 {
		t.Fatalf("%d seats", seats)
	}
}

func TestARecordIsSeenWhileItIsBeingWritten(t *testing.T) {
	store := &slowStore{entered: make(chan struct{}), proceed: make(chan struct{})}
	r := newRecords(store, slog.New(slog.DiscardHandler))
	r.put(Call{ID: "c", Status: Completed})
	done := make(chan error, 1)
	go func() { done <- r.flush() }()
	<-store.entered
	if c, waiting := r.waiting("c"); !waiting || c.Status != Completed {
		t.Errorf("while it is written: %+v", c)
	}
	close(store.proceed)
	must(t, <-done)
	if _, waiting := r.waiting("c"); waiting {
		t.Error("what is written waits still")
	}
}

// slowStore says when it is asked to save, and waits to be let.
type slowStore struct {
	fakeStore
	entered, proceed chan struct{}
}

func (s *slowStore) Save(context.Context, Call) error {
	close(s.entered)
	<-s.proceed
	return nil
}
