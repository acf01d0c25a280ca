package presence

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/bus"
)

// cloud is a Remote of two nodes, of which we are one.
type cloud struct {
	shared  map[string]Here            // by us
	others  map[string]map[string]Here // by the other
	reading func()                     // what happens while the answer is on its way, once
}

func (c *cloud) Node() string { return "we" }

func (c *cloud) Share(_ context.Context, here map[string]Here) error {
	for userID, h := range here {
		c.shared[userID] = h
	}
	return nil
}

func (c *cloud) Others(_ context.Context, userIDs []string) (map[string]map[string]Here, error) {
	found := make(map[string]map[string]Here)
	for _, userID := range userIDs {
		found[userID] = c.others[userID]
	}
	if reading := c.reading; reading != nil {
		c.reading = nil
		reading()
	}
	return found, nil
}

// patchy is a bus whose other nodes can be out of reach.
type patchy struct {
	*bus.Local
	down bool
}

func (p *patchy) Up() bool { return !p.down }

func newShared(t *testing.T) (*world, *cloud, *patchy) {
	w, c, b := newWorld(t), &cloud{shared: map[string]Here{}, others: map[string]map[string]Here{}}, &patchy{Local: bus.NewLocal()}
	w.Service = New(w.store, b, c, slog.New(slog.DiscardHandler))
	w.now = func() time.Time { return w.clock }
	w.quiet = w.clock
	t.Cleanup(b.Subscribe(bus.Presence("bob"), func(e bus.Event) {
		var p Presence
		if err := json.Unmarshal(e.Data, &p); err != nil {
			t.Error(err)
		}
		w.told = append(w.told, p.Status)
	}))
	return w, c, b
}

// says has the other node tell of bob.
func says(t *testing.T, b bus.Bus, h Here) {
	t.Helper()
	data, err := json.Marshal(devicesChanged{Node: "they", Here: h})
	if err == nil {
		err = b.Publish(t.Context(), bus.Devices("bob"), bus.Event{Name: eventDevices, Data: data})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestDevicesOnAnotherNodeCount(t *testing.T) {
	w, c, b := newShared(t)
	c.others["bob"] = map[string]Here{"they": {Devices: 1, Used: w.clock, At: w.clock}}
	got, err := w.Watch(t.Context(), "eye", []string{"bob"})
	if err != nil || got[0].Status != Online {
		t.Fatalf("%+v %v", got, err)
	}
	w.after(tellEvery, Online)
	w.Connect(t.Context(), "bob", "laptop")
	gone := w.clock
	says(t, b, Here{Gone: gone, At: gone})
	w.after(offlineAfter)
	w.Disconnect("bob", "laptop")
	w.after(offlineAfter / 2)
	says(t, b, Here{Devices: 1, Used: gone, At: w.clock}) // came back there, and does nothing
	w.after(offlineAfter)
	for w.clock.Before(gone.Add(awayAfter - shareEvery)) {
		w.after(shareEvery)
		says(t, b, Here{Devices: 1, Used: gone, At: w.clock})
	}
	w.after(shareEvery, Away)
	w.after(RemoteTime, Offline) // the node says nothing more: it has died
}

// What a node says while it is being read what others say, is kept: the answer may be of before.
func TestWhatIsHeardWhileReadingIsKept(t *testing.T) {
	w, c, b := newShared(t)
	if _, err := w.Watch(t.Context(), "eye", []string{"bob"}); err != nil {
		t.Fatal(err)
	}
	late := Here{Devices: 1, Used: w.clock, At: w.clock} // was on its way for a second
	w.after(time.Second)
	c.reading = func() { says(t, b, late) }
	w.readOthers(t.Context(), w.known())
	w.after(tellEvery, Online)
	w.readOthers(t.Context(), w.known()) // and now it is not there any more
	w.after(tellEvery, Offline)
}

// Of a node that cannot be heard everybody is believed to be as they were; when it can be heard, it has time to say so.
func TestAnOutageMakesNobodyOffline(t *testing.T) {
	w, c, b := newShared(t)
	c.others["bob"] = map[string]Here{"they": {Devices: 1, Used: w.clock.Add(time.Hour), At: w.clock}}
	if _, err := w.Watch(t.Context(), "eye", []string{"bob"}); err != nil {
		t.Fatal(err)
	}
	w.after(tellEvery, Online)
	b.down = true
	w.after(3 * RemoteTime)
	b.down = false
	w.after(RemoteTime / 2)
	w.after(RemoteTime, Offline)
}

func TestWhatIsHereIsShared(t *testing.T) {
	w, c, b := newShared(t)
	w.Connect(t.Context(), "bob", "laptop")
	told := 0
	t.Cleanup(b.Subscribe(bus.Devices("bob"), func(bus.Event) {
		if told++; told == 1 && c.shared["bob"].Devices != 1 {
			t.Error("other nodes are told of what they cannot find yet")
		}
	}))
	w.share(t.Context(), false)
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	if h := c.shared["bob"]; h.Devices != 1 || !h.Used.Equal(w.clock) {
		t.Fatalf("%+v", h)
	}
	delete(c.shared, "bob")
	w.share(t.Context(), false)
	if len(c.shared) != 0 {
		t.Error("what has not changed is shared again")
	}
	w.share(t.Context(), true)
	if c.shared["bob"].Devices != 1 {
		t.Error("what still holds is not said again")
	}
	w.leave() // as this node does when it stops
	w.share(t.Context(), false)
	if h := c.shared["bob"]; h.Devices != 0 || !h.Gone.Equal(w.clock) {
		t.Errorf("%+v", h)
	}
}
