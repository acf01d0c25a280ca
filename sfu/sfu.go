// Package sfu forwards media between the peers of a room. A client publishes tracks and offers slots, outgoing tracks of
// one SSRC each; the server switches publications into slots and rewrites their packets so that a receiver sees one
// continuous stream.
//
// A packet runs to completion in the loop that read it: transport → Peer.HandleRTP → Layer.receive → Sink.WriteRTP (a
// Slot) → transport. There is no goroutine per layer or slot; what needs time, not packets (requests for lost packets and
// key frames, reports, the choice of layers), is done by the one ticker in Server.Run.
//
// Locks, each taken only while none further right is held: Peer.offerMu, Room.mu, Slot.mu, then the leaves Layer.mu and
// Layer.sinkMu; mailbox.mu or roomMail.mu before Server.mu. The packet path takes Layer.mu and Slot.mu, each for the
// time of some copies, and holds none while it sends.
package sfu

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/pulse"
	"github.com/digierapro/parley/sfu/transport"
)

// Source says what a track shows or lets hear.
type Source string

// Sources of a participant: at most one track of each.
const (
	Microphone  Source = "microphone"
	Camera      Source = "camera"
	Screen      Source = "screen"
	ScreenAudio Source = "screen-audio"
)

// Kind of media that a source is; 0 for a source that does not exist.
func (s Source) Kind() transport.Kind {
	switch s {
	case Microphone, ScreenAudio:
		return transport.Audio
	case Camera, Screen:
		return transport.Video
	}
	return 0
}

// Config of a Server. Zero means the default.
type Config struct {
	Transport transport.Config
	Logger    *slog.Logger // nil discards

	MaxPeers      int // in a room; 50
	MaxAudioSlots int // of a peer that are filled; 50
	Talkers       int // microphones that a peer hears at one time, when there are more the loudest; 10
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.MaxPeers == 0 {
		c.MaxPeers = 50
	}
	if c.MaxAudioSlots == 0 {
		c.MaxAudioSlots = 50
	}
	if c.Talkers == 0 {
		c.Talkers = 10
	}
	return c
}

func (c Config) validate() error {
	if c.MaxPeers < 0 || c.MaxAudioSlots < 0 || c.Talkers < 0 {
		return errors.New("media limits must not be negative")
	}
	return nil
}

// conn is what a Peer needs of its transport.
type conn interface {
	Answer(offer string) (answer string, sections []transport.Section, err error)
	AddCandidate(candidate string) error
	Batch() *transport.Batch
	Send(*transport.Packet) error
	SendRTCP([]byte) error
	Bandwidth() int
	Held() bool
	SetGoal(next, full int)
	Padding() int
	ReceptionReport(lost float64, rtt time.Duration)
	Close()
}

// Server is the media plane of one node. Its methods are safe for concurrent use.
type Server struct {
	// static
	cfg       Config
	log       *slog.Logger
	epoch     time.Time // zero of the monotonic times in this package
	clock     func() time.Duration
	transport *transport.Listener
	newConn   func(transport.Handler) (conn, error)
	counters  counters
	pulse     *pulse.Pulse // beats while there are rooms

	// owned by the ticker
	ticks serverTicks

	mu     sync.Mutex
	closed bool           // nothing more is started
	wg     sync.WaitGroup // deliveries to observers; added to under mu
	rooms  map[*Room]struct{}
}

// New checks the configuration. It opens nothing.
func New(cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	listener, err := transport.New(cfg.Transport)
	if err != nil {
		return nil, fmt.Errorf("media transport: %w", err)
	}
	s := newServer(cfg)
	s.transport = listener
	s.newConn = func(h transport.Handler) (conn, error) { return listener.NewConn(h) }
	return s, nil
}

func newServer(cfg Config) *Server {
	s := &Server{cfg: cfg, log: cfg.Logger, epoch: time.Now(), rooms: make(map[*Room]struct{}), pulse: pulse.New()}
	s.clock = func() time.Duration { return time.Since(s.epoch) }
	return s
}

// Listen binds the media port, so that Addr is known; Run reads from it.
func (s *Server) Listen() error { return s.transport.Listen() }

// Transport is the media port itself, for what else comes to it: ICE-TCP and TURN.
func (s *Server) Transport() *transport.Listener { return s.transport }

// Addr is the media port; invalid before Listen.
func (s *Server) Addr() netip.AddrPort { return s.transport.Addr() }

// Run carries media until ctx ends or the media port fails. When it returns, all rooms are closed and all that the
// server started has ended.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var ticker sync.WaitGroup
	ticker.Go(func() { s.runTicker(ctx) })

	err := s.transport.Run(ctx)
	cancel()
	ticker.Wait()
	s.shutdown()
	return err
}

// shutdown closes the rooms and waits for the last words to observers.
func (s *Server) shutdown() {
	for _, r := range s.roomList() {
		r.Close()
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.wg.Wait()
}

// NewRoom makes an empty room; Close ends it. The id is for logs.
func (s *Server) NewRoom(id string) *Room {
	r := newRoom(s, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rooms[r] = struct{}{}
	s.pulse.Rouse()
	return r
}

func (s *Server) forget(r *Room) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rooms, r)
}

func (s *Server) roomList() []*Room { return s.appendRooms(nil) }

func (s *Server) appendRooms(rooms []*Room) []*Room {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r := range s.rooms {
		rooms = append(rooms, r)
	}
	return rooms
}

// start runs f in a goroutine that Run waits for. It reports false, and does nothing, when the server has ended.
func (s *Server) start(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.wg.Go(f)
	return true
}

// now is the monotonic time of this package.
func (s *Server) now() time.Duration { return s.clock() }

// wall is the wall-clock time, since 1970, that belongs to a monotonic one. It does not jump when the host's clock is set.
func (s *Server) wall(now time.Duration) time.Duration {
	return time.Duration(s.epoch.UnixNano()) + now
}

// Faults that clients meet.
var (
	ErrRoomFull      = fault.New(fault.Conflict, "room_full", "This call is full.")
	ErrRoomClosed    = fault.New(fault.NotFound, "room_closed", "This call has ended.")
	ErrAlreadyJoined = fault.New(fault.Conflict, "already_joined", "This participant has joined already.")
	ErrPeerClosed    = fault.New(fault.Conflict, "peer_closed", "This participant has left.")
)
