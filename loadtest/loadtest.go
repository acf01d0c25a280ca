// Package loadtest is a load generator: many light WebRTC clients in one call, that publish and receive media like
// browsers do and measure what the server makes of it. It is made to cost little, so that it can share a machine with
// the server it measures.
//
// A client is a full ICE agent, a DTLS client and SRTP, with no PeerConnection around them. One loop serves many clients:
// it sends what is due, and a few hundred times a second reads all sockets at once. What a receiver needs is in the clear
// (RTP header) or in a sample of the packets that it opens; when a packet came is what the kernel noted, so that a loop
// that looks late does not make the server look slow.
package loadtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Config says what a run does.
type Config struct {
	Publishers  int // participants that send; they receive all others too
	Subscribers int // participants that only receive

	Duration time.Duration // what is measured
	WarmUp   time.Duration // before that, once all streams flow; 0 for 2 s
	Connect  time.Duration // at most, until all streams flow; 0 for 30 s

	AudioOnly    bool
	Talkers      int           // publishers that speak, the others are silent; 0 for all
	VideoBitrate int           // of the full picture, in bit/s; 0 for 1.2 Mbit/s
	Simulcast    bool          // three layers, of which the full one has VideoBitrate
	Paced        bool          // spread a frame's packets over the frame's time rather than send them at once, as browsers do
	View         *Size         // show everybody at this size; nil to take what the server gives
	AudioSlots   int           // sections to receive with; 0 for one for each other publisher
	VideoSlots   int           // likewise
	OpenEvery    int           // a receiver opens about one packet in so many; 0 for 50
	ReadEvery    time.Duration // how often sockets are read; 0 for 2 ms

	TURN *TURN // to go by; nil to go directly

	OnPhase func(Phase)  // is told when a phase begins; may be nil
	Log     *slog.Logger // nil discards
}

// Size of a picture in pixels.
type Size struct{ Width, Height int }

// Phase of a run.
type Phase string

// Phases, in their order.
const (
	Connecting Phase = "connecting"
	WarmingUp  Phase = "warming up"
	Measuring  Phase = "measuring"
	Leaving    Phase = "leaving"
)

// Limits of a run.
const (
	MaxParticipants = 1000
	MaxDuration     = time.Hour
	MinVideoBitrate = 50_000
	MaxVideoBitrate = 20_000_000
	maxSlots        = 90 // of a kind; the server takes 200 sections
)

func (c Config) withDefaults() Config {
	others := max(c.Publishers-1, 0)
	if c.Subscribers > 0 {
		others = c.Publishers
	}
	for _, d := range []struct {
		value *int
		def   int
	}{
		{&c.Talkers, c.Publishers},
		{&c.VideoBitrate, 1_200_000},
		{&c.AudioSlots, min(others, maxSlots)},
		{&c.VideoSlots, min(others, maxSlots)},
		{&c.OpenEvery, 50},
	} {
		if *d.value == 0 {
			*d.value = d.def
		}
	}
	if c.AudioOnly {
		c.VideoSlots = 0
	}
	for _, d := range []struct {
		value *time.Duration
		def   time.Duration
	}{
		{&c.WarmUp, 2 * time.Second},
		{&c.Connect, 30 * time.Second},
		{&c.ReadEvery, 2 * time.Millisecond},
	} {
		if *d.value == 0 {
			*d.value = d.def
		}
	}
	if c.OnPhase == nil {
		c.OnPhase = func(Phase) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Validate says what is wrong with a Config. Zero is right wherever it has a default.
func (c Config) Validate() error {
	switch {
	case c.Publishers < 1:
		return errors.New("publishers: at least 1 is needed")
	case c.Subscribers < 0:
		return errors.New("subscribers: must not be negative")
	case c.Publishers+c.Subscribers < 2:
		return errors.New("publishers and subscribers: at least 2 participants are needed")
	case c.Publishers+c.Subscribers > MaxParticipants:
		return fmt.Errorf("publishers and subscribers: at most %d participants", MaxParticipants)
	case c.Duration < time.Second || c.Duration > MaxDuration:
		return fmt.Errorf("duration: %v is not between 1s and %v", c.Duration, MaxDuration)
	case c.WarmUp < 0 || c.WarmUp > MaxDuration:
		return fmt.Errorf("warm-up: %v is not between 0 and %v", c.WarmUp, MaxDuration)
	case c.Connect < 0 || c.Connect > MaxDuration:
		return fmt.Errorf("connect: %v is not between 0 and %v", c.Connect, MaxDuration)
	case c.Talkers < 0 || c.Talkers > c.Publishers:
		return fmt.Errorf("talkers: %d is not between 0 and the number of publishers", c.Talkers)
	case c.VideoBitrate != 0 && (c.VideoBitrate < MinVideoBitrate || c.VideoBitrate > MaxVideoBitrate):
		return fmt.Errorf("video-bitrate: %d is not between %d and %d bit/s", c.VideoBitrate, MinVideoBitrate, MaxVideoBitrate)
	case c.AudioOnly && (c.Simulcast || c.View != nil):
		return errors.New("audio-only: leaves no room for simulcast or a view")
	case c.View != nil && (c.View.Width < 1 || c.View.Height < 1 || max(c.View.Width, c.View.Height) > 1<<14):
		return errors.New("view: the size must be between 1x1 and 16384x16384")
	case c.AudioSlots < 0 || c.VideoSlots < 0 || c.AudioSlots > maxSlots || c.VideoSlots > maxSlots:
		return fmt.Errorf("slots: not between 0 and %d of a kind", maxSlots)
	case c.TURN != nil && c.WarmUp+c.Duration > 4*time.Minute:
		return errors.New("turn: a run through a relay lasts 4 minutes at most")
	case c.OpenEvery < 0 || c.ReadEvery < 0 || c.ReadEvery > 20*time.Millisecond:
		return errors.New("the sampling rate and the reading interval must not be negative, the latter at most 20ms")
	}
	return nil
}

// Seat is one participant's place in a call on the server under test. Its methods are not called concurrently.
type Seat interface {
	ID() string // the participant's
	// Offer negotiates the media connection. Tracks name the sections that send.
	Offer(ctx context.Context, sdp string, tracks []Track) (answer string, err error)
	// SetView shows the cameras of these participants, each at one size.
	SetView(ctx context.Context, participants []string, size Size) error
	Leave(ctx context.Context) error
}

// Track names what a section that sends carries.
type Track struct {
	Mid    string `json:"mid"`
	Source string `json:"source"`
}

// Taker gives the i-th participant a seat. It is called concurrently.
type Taker func(ctx context.Context, i int) (Seat, error)
