package presence

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/bus"
)

// memory is a Store for one test.
type memory struct {
	kept map[string]Kept
	seen map[string]time.Time
}

func (m *memory) Choices(_ context.Context, userIDs []string) (map[string]Kept, error) {
	out := make(map[string]Kept)
	for _, userID := range userIDs {
		if k, ok := m.kept[userID]; ok {
			out[userID] = k
		}
	}
	return out, nil
}

func (m *memory) SaveChoice(_ context.Context, userID string, c Choice) error {
	m.kept[userID] = Kept{Choice: c}
	return nil
}

func (m *memory) Seen(_ context.Context, userIDs []string, at time.Time) error {
	for _, userID := range userIDs {
		m.seen[userID] = at
	}
	return nil
}

// world is a Service whose clock the test turns.
type world struct {
	*Service
	t     *testing.T
	store *memory
	clock time.Time
	told  []Status
}

func newWorld(t *testing.T) *world {
	b := bus.NewLocal()
	w := &world{t: t, store: &memory{map[string]Kept{}, map[string]time.Time{}}, clock: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	w.Service = New(w.store, b, nil, slog.New(slog.DiscardHandler))
	w.now = func() time.Time { return w.clock }
	w.quiet = w.clock
	t.Cleanup(b.Subscribe(bus.Presence("bob"), func(e bus.Event) {
		var p Presence
		if err := json.Unmarshal(e.Data, &p); err != nil {
			t.Error(err)
		}
		w.told = append(w.told, p.Status)
	}))
	return w
}

func (w *world) after(d time.Duration, want ...Status) {
	w.t.Helper()
	w.told = nil
	w.clock = w.clock.Add(d)
	w.tell(w.t.Context())
	if !slices.Equal(w.told, want) {
		w.t.Errorf("after %v: told %v, want %v", d, w.told, want)
	}
}

func TestTheLifeOfAPresence(t *testing.T) {
	w := newWorld(t)
	if _, err := w.Watch(t.Context(), "eye", []string{"bob"}); err != nil {
		t.Fatal(err)
	}
	w.after(tellEvery)
	w.Connect(t.Context(), "bob", "laptop")
	w.after(tellEvery, Online)
	w.after(tellEvery)
	w.after(awayAfter, Away)
	w.Active("bob", "laptop")
	w.after(tellEvery, Online)
	w.Connect(t.Context(), "bob", "phone")
	w.Disconnect("bob", "laptop")
	w.after(offlineAfter)
	w.Disconnect("bob", "phone")
	w.after(offlineAfter / 2)
	w.Connect(t.Context(), "bob", "laptop") // the page was reloaded
	w.after(offlineAfter)
	w.Disconnect("bob", "laptop")
	w.after(offlineAfter, Offline)
	w.Disconnect("bob", "eye")
	w.Connect(t.Context(), "bob", "laptop")
	w.after(tellEvery) // nobody looks
}

func TestAChoiceCountsUntilItExpires(t *testing.T) {
	w := newWorld(t)
	w.Connect(t.Context(), "bob", "laptop")
	if _, err := w.Watch(t.Context(), "eye", []string{"bob"}); err != nil {
		t.Fatal(err)
	}
	w.after(tellEvery, Online)
	until := w.clock.Add(time.Minute)
	if _, err := w.Choose(t.Context(), "bob", Choice{Chosen: Busy, CustomStatus: "lunch", ExpiresAt: &until}); err != nil {
		t.Fatal(err)
	}
	w.after(tellEvery, Busy)
	w.after(time.Minute, Online)
	if _, err := w.Choose(t.Context(), "bob", Choice{Chosen: Offline}); err != nil {
		t.Fatal(err)
	}
	w.after(tellEvery, Offline)
}

func TestWhenOneWasLastSeenMayBeHidden(t *testing.T) {
	for _, hidden := range []bool{false, true} {
		w := newWorld(t)
		w.store.kept["bob"] = Kept{Choice: Choice{HideLastSeen: hidden}}
		w.Connect(t.Context(), "bob", "laptop")
		w.Disconnect("bob", "laptop")
		w.clock = w.clock.Add(offlineAfter)
		w.tell(t.Context())
		got, err := w.Watch(t.Context(), "eye", []string{"bob"})
		if err != nil || got[0].Status != Offline || (got[0].LastSeenAt == nil) != hidden {
			t.Errorf("hidden %v: %+v %v", hidden, got, err)
		}
		w.writeSeen(t.Context(), w.clock)
		if w.store.seen["bob"].IsZero() {
			t.Error("it was not written that bob was here")
		}
		w.clock = w.clock.Add(time.Hour)
		if got, _ = w.Watch(t.Context(), "eye", []string{"bob"}); hidden != got[0].Since.Equal(w.clock) {
			t.Errorf("hidden %v: offline since %v, looked at %v", hidden, got[0].Since, w.clock)
		}
	}
}

func TestWhoLooksOfflineIsNotSeen(t *testing.T) {
	w := newWorld(t)
	w.Connect(t.Context(), "bob", "laptop")
	expires := w.clock.Add(2 * time.Hour)
	if _, err := w.Choose(t.Context(), "bob", Choice{Chosen: Offline, ExpiresAt: &expires}); err != nil {
		t.Fatal(err)
	}
	w.clock = w.clock.Add(time.Hour)
	w.Active("bob", "laptop")
	if got, err := w.Watch(t.Context(), "eye", []string{"bob"}); err != nil || got[0].Status != Offline || got[0].LastSeenAt != nil || got[0].ExpiresAt != nil {
		t.Errorf("%+v %v", got, err)
	}
	w.Disconnect("bob", "laptop")
	w.clock = expires
	if got, err := w.Watch(t.Context(), "eye", []string{"bob"}); err != nil || got[0].LastSeenAt == nil {
		t.Errorf("once it is over: %+v %v", got, err)
	}
}

func TestWhoIsGoneIsForgotten(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		w.Connect(t.Context(), "bob", "laptop")
		w.Disconnect("bob", "laptop")
		w.clock = w.clock.Add(2 * seenEvery)
		w.tell(t.Context())
	}
	if len(w.users) != 0 || len(w.watched) != 0 {
		t.Errorf("%d users and %d watchers are left", len(w.users), len(w.watched))
	}
}

// Everybody is looked at every two seconds, so that must leave nothing behind.
func TestLookingAtEverybodyMakesNoGarbage(t *testing.T) {
	w := newWorld(t)
	for _, userID := range []string{"ann", "bob", "eve"} {
		w.Connect(t.Context(), userID, "laptop")
		w.Connect(t.Context(), userID, "phone")
	}
	if n := testing.AllocsPerRun(100, func() { w.changed(w.clock) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
