package loadtest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/digierapro/parley/sfu"
	"github.com/digierapro/parley/sfu/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// startRoom runs a server until the test ends and gives a Taker of seats in one room of it.
func startRoom(t *testing.T) Taker {
	t.Helper()
	_, take := startServer(t)
	return take
}

func startServer(t *testing.T) (*sfu.Server, Taker) {
	t.Helper()
	srv, err := sfu.New(sfu.Config{Transport: transport.Config{Addr: "127.0.0.1:0"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return srv, seatsIn(srv, "participant")
}

// seatsIn gives a Taker of seats in a room of its own.
func seatsIn(srv *sfu.Server, name string) Taker {
	room := srv.NewRoom(name)
	return func(_ context.Context, i int) (Seat, error) {
		s := &roomSeat{id: fmt.Sprintf("%s-%d", name, i)}
		peer, err := room.Join(s.id, s)
		s.peer = peer
		return s, err
	}
}

// startCall has all participants join and their streams flow, until the test ends.
func startCall(t *testing.T, take Taker, cfg Config, odd map[int]oddities) *run {
	t.Helper()
	own, err := newCertificate()
	if err != nil {
		t.Fatal(err)
	}
	r := &run{cfg: cfg.withDefaults(), odd: odd}
	stop, err := r.startLoops()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	t.Cleanup(func() {
		if err := r.leave(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	for i := range cfg.Publishers + cfg.Subscribers {
		if err := r.join(t.Context(), i, own, take); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.awaitStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

// roomSeat is a Seat with no signaling in between.
type roomSeat struct {
	id   string
	peer *sfu.Peer

	mu     sync.Mutex
	states []transport.State
}

func (s *roomSeat) SlotsChanged([]sfu.SlotState)   {}
func (s *roomSeat) LayersWanted([]sfu.LayerDemand) {}
func (s *roomSeat) StateChanged(state transport.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states = append(s.states, state)
}

func (s *roomSeat) ID() string { return s.id }

func (s *roomSeat) Offer(ctx context.Context, sdp string, tracks []Track) (string, error) {
	var sources []sfu.Track
	for _, t := range tracks {
		sources = append(sources, sfu.Track{Mid: t.Mid, Source: sfu.Source(t.Source)})
	}
	return s.peer.Offer(ctx, sdp, sources)
}

func (s *roomSeat) SetView(_ context.Context, participants []string, size Size) error {
	var views []sfu.View
	for _, p := range participants {
		views = append(views, sfu.View{PeerID: p, Source: sfu.Camera, Width: size.Width, Height: size.Height})
	}
	return s.peer.SetViews(views)
}

func (s *roomSeat) Leave(context.Context) error { s.peer.Close(); return nil }

// wantHealthy is what every run against a server on this machine must show, however busy the machine is.
func wantHealthy(t *testing.T, r *Report) {
	t.Helper()
	t.Logf("%+v", *r)
	switch {
	case r.Lost != 0 || r.Duplicates != 0:
		t.Errorf("%d packets lost and %d doubled on loopback", r.Lost, r.Duplicates)
	case r.SilentStreams != 0:
		t.Errorf("%d of %d streams are silent", r.SilentStreams, r.Streams)
	case r.Latency.Samples == 0 || r.Latency.P50 <= 0 || r.Latency.P50 > 500:
		t.Errorf("latency %+v cannot be right", r.Latency)
	}
}

func TestOneToMany(t *testing.T) {
	t.Parallel()
	r, err := Run(t.Context(), Config{
		Publishers: 1, Subscribers: 2, Duration: 2 * time.Second, WarmUp: time.Millisecond, OpenEvery: 5,
	}, startRoom(t))
	if err != nil {
		t.Fatal(err)
	}
	wantHealthy(t, r)
	// 50 + 150 packets a second, unless the machine was too busy to send them; each goes to two.
	if r.Sent < 100 || r.Sent > 500 {
		t.Errorf("%d packets sent in 2 s, want about 400", r.Sent)
	}
	if d := int64(r.Forwarded) - 2*int64(r.Sent); d < -60 || d > 60 {
		t.Errorf("%d packets sent, %d forwarded to two", r.Sent, r.Forwarded)
	}
	if r.Streams != 4 {
		t.Errorf("%d streams expected, want 4", r.Streams)
	}
}

// A client that the server has to correct, or whose reports it cannot use, would measure something else than browsers do.
func TestServerTakesAllThatClientsSend(t *testing.T) {
	t.Parallel()
	srv, take := startServer(t)
	var mu sync.Mutex
	var peers []*sfu.Peer
	cfg := Config{Publishers: 3, Simulcast: true, Duration: time.Second, WarmUp: 2500 * time.Millisecond, OnPhase: func(p Phase) {
		if p != Leaving {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for _, peer := range peers {
			if peer.RTT() <= 0 || peer.RTT() > time.Second {
				t.Errorf("round-trip time %v by the receiver reports of %s", peer.RTT(), peer.ID())
			}
		}
	}}
	r, err := Run(t.Context(), cfg, func(ctx context.Context, i int) (Seat, error) {
		seat, err := take(ctx, i)
		if err == nil {
			mu.Lock()
			peers = append(peers, seat.(*roomSeat).peer)
			mu.Unlock()
		}
		return seat, err
	})
	if err != nil {
		t.Fatal(err)
	}
	wantHealthy(t, r)
	st := srv.Stats()
	if st.Transport.FeedbackIn < 10 || st.PacketsRequested > 0 || st.ForcedSwitches > 0 {
		t.Errorf("%+v", st)
	}
	// The last packets of a client meet a server that has let it go, and the first may be too early.
	for _, dropped := range []map[string]uint64{st.Dropped, st.Transport.Dropped} {
		for reason, n := range dropped {
			if n > 0 && reason != "early" && reason != "unknown_address" {
				t.Errorf("%d dropped: %s", n, reason)
			}
		}
	}
}

// Everybody sends three layers and shows the others small: the server picks the smallest layer, one packet a frame.
func TestSimulcastViews(t *testing.T) {
	t.Parallel()
	r, err := Run(t.Context(), Config{
		Publishers: 3, Duration: time.Second, WarmUp: time.Second, Simulcast: true, View: &Size{320, 180}, OpenEvery: 5,
	}, startRoom(t))
	if err != nil {
		t.Fatal(err)
	}
	wantHealthy(t, r)
	if perStream := float64(r.Forwarded) / r.Seconds / float64(r.Streams); perStream > 60 {
		t.Errorf("%.0f packets a second in each stream: that is not the smallest layer", perStream)
	}
}

func TestAudioOnlyWithTalkers(t *testing.T) {
	t.Parallel()
	r, err := Run(t.Context(), Config{
		Publishers: 4, Talkers: 2, AudioOnly: true, Duration: time.Second, WarmUp: time.Millisecond, OpenEvery: 5,
	}, startRoom(t))
	if err != nil {
		t.Fatal(err)
	}
	wantHealthy(t, r)
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cfg := Config{Publishers: 2, Duration: time.Minute, OnPhase: func(p Phase) {
		if p == Measuring {
			cancel()
		}
	}}
	if _, err := Run(ctx, cfg, startRoom(t)); err == nil {
		t.Fatal("a run that was interrupted gave a report")
	}
}
