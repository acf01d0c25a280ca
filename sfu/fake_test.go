package sfu

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/digierapro/parley/sfu/bwe"
	"github.com/digierapro/parley/sfu/transport"
)

// world is a server whose time stands still until advance, with clients that are fakes of their transport.
type world struct {
	t      testing.TB
	server *Server
	room   *Room
	at     time.Duration
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, at: time.Minute}
	w.server = newServer(Config{}.withDefaults())
	w.server.clock = func() time.Duration { return w.at }
	w.room = w.server.NewRoom("room")
	t.Cleanup(w.server.shutdown)
	return w
}

// advance lets time pass, with the ticks that fall into it.
func (w *world) advance(d time.Duration) {
	for end := w.at + d; w.at < end; {
		w.at += min(tickInterval, end-w.at)
		w.server.tick(w.at)
	}
}

func (w *world) arrival() time.Time { return w.server.epoch.Add(w.at) }

// client is a peer with its fake transport.
type client struct {
	*Peer
	w *world

	mu       sync.Mutex
	sections []transport.Section
	sent     []sentPacket
	feedback []rtcp.Packet
	closed   bool
	discard  bool // count nothing, keep nothing

	held      atomic.Bool
	bandwidth int // what the transport estimates; 0: it does not
	goal      int
	padding   int // bytes that a probe needs at every tick

	estimator *bwe.Controller // in place of bandwidth: what a transport without numbered packets goes by
	lost      []float64       // what it was told of lost packets

	told chan struct{} // one token when anything new was told
	last []SlotState
	want []LayerDemand
	all  []transport.State
}

// sentPacket is a copy of what a client was sent.
type sentPacket struct {
	transport.Packet
	payload []byte
	at      time.Duration
}

func (w *world) join(id string) *client {
	w.t.Helper()
	c := &client{w: w, told: make(chan struct{}, 1)}
	w.server.newConn = func(transport.Handler) (conn, error) { return c, nil }
	p, err := w.room.Join(id, c)
	if err != nil {
		w.t.Fatalf("join %s: %v", id, err)
	}
	c.Peer = p
	p.HandleState(transport.Connected)
	return c
}

func (c *client) Answer(string) (string, []transport.Section, error) {
	return "answer", c.sections, nil
}
func (c *client) AddCandidate(string) error { return nil }

func (c *client) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.Peer.HandleState(transport.Closed)
}

func (c *client) leave() { c.Peer.Close() }

// Batch is none: what is sent is there at once.
func (c *client) Batch() *transport.Batch { return nil }

func (c *client) Send(p *transport.Packet) error {
	if c.estimator != nil {
		c.estimator.SentUnnumbered(len(p.Head)+len(p.Body)+wireOverhead, c.w.at)
	}
	if c.discard {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := sentPacket{Packet: *p, payload: append(slices.Clone(p.Head), p.Body...), at: c.w.at}
	s.Head, s.Body, s.DependencyDescriptor = nil, nil, slices.Clone(p.DependencyDescriptor)
	c.sent = append(c.sent, s)
	return nil
}

func (c *client) Bandwidth() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.estimator != nil {
		c.estimator.Process(c.w.at)
		return c.estimator.Estimate()
	}
	return c.bandwidth
}

func (c *client) Held() bool { return c.held.Load() }

func (c *client) SetGoal(next, full int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.goal = full
}

func (c *client) Padding() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.padding
}

func (c *client) ReceptionReport(lost float64, rtt time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lost = append(c.lost, lost)
	if c.estimator != nil {
		c.estimator.ReceptionReport(lost, rtt, c.w.at)
	}
}

func (c *client) SendRTCP(b []byte) error {
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		c.w.t.Errorf("bad RTCP sent: %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.feedback = append(c.feedback, packets...)
	return nil
}

func (c *client) SlotsChanged(slots []SlotState) {
	c.mu.Lock()
	c.last = slots
	c.mu.Unlock()
	c.wake()
}

func (c *client) LayersWanted(demands []LayerDemand) {
	c.mu.Lock()
	c.want = demands
	c.mu.Unlock()
	c.wake()
}

func (c *client) StateChanged(s transport.State) {
	c.mu.Lock()
	c.all = append(c.all, s)
	c.mu.Unlock()
	c.wake()
}

func (c *client) wake() {
	select {
	case c.told <- struct{}{}:
	default:
	}
}

// waitSlots waits until the client has been told of slots that satisfy ok.
func (c *client) waitSlots(what string, ok func([]SlotState) bool) {
	c.w.t.Helper()
	timeout := time.After(5 * time.Second)
	for {
		c.mu.Lock()
		last := c.last
		c.mu.Unlock()
		if ok(last) {
			return
		}
		select {
		case <-c.told:
		case <-timeout:
			c.w.t.Fatalf("%s: never told of %s, last %+v", c.ID(), what, last)
		}
	}
}

// take returns and forgets what was sent to a slot.
func (c *client) take(ssrc uint32) (got []sentPacket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = slices.DeleteFunc(c.sent, func(p sentPacket) bool {
		if p.SSRC == ssrc {
			got = append(got, p)
		}
		return p.SSRC == ssrc
	})
	return got
}

// takeFeedback returns and forgets the RTCP of one type that was sent to the client.
func takeFeedback[T rtcp.Packet](c *client) (got []T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.feedback = slices.DeleteFunc(c.feedback, func(p rtcp.Packet) bool {
		t, ok := p.(T)
		if ok {
			got = append(got, t)
		}
		return ok
	})
	return got
}

func (c *client) rtcp(packets ...rtcp.Packet) {
	c.w.t.Helper()
	b, err := rtcp.Marshal(packets)
	if err != nil {
		c.w.t.Fatal(err)
	}
	c.HandleRTCP(b, c.w.arrival())
}

var testExtensions = transport.Extensions{MID: 4, RID: 10, RepairedRID: 11, AudioLevel: 1}

func opusSection(mid string, dir transport.Direction, pt uint8) transport.Section {
	return transport.Section{Mid: mid, Kind: transport.Audio, Direction: dir, Extensions: testExtensions,
		Codecs: []transport.Codec{{PayloadType: pt, Name: "opus", ClockRate: 48000, Channels: 2}}}
}

func vp8Section(mid string, dir transport.Direction, pt uint8, rids ...string) transport.Section {
	return transport.Section{Mid: mid, Kind: transport.Video, Direction: dir, Extensions: testExtensions, RIDs: rids,
		Codecs: []transport.Codec{{PayloadType: pt, Name: "VP8", ClockRate: 90000, RTX: pt + 1, NACK: true, PLI: true}}}
}

// Slot SSRCs of the fakes: 1000+i for audio, 2000+i for video, and 10000 more for retransmissions.
func slotSection(sec transport.Section, ssrc uint32) transport.Section {
	sec.Slot = transport.Stream{SSRC: ssrc, RTX: ssrc + 10000}
	return sec
}

// negotiate offers a microphone and a simulcast camera when publish is set, and so many slots of each kind.
func (c *client) negotiate(publish bool, audio, video int) {
	c.w.t.Helper()
	c.sections = nil
	if publish {
		c.sections = append(c.sections, opusSection("mic", transport.FromClient, 111), vp8Section("cam", transport.FromClient, 96, "q", "h", "f"))
	}
	for i := range audio {
		c.sections = append(c.sections, slotSection(opusSection("a"+string(rune('0'+i)), transport.ToClient, 109), uint32(1000+i)))
	}
	for i := range video {
		c.sections = append(c.sections, slotSection(vp8Section("v"+string(rune('0'+i)), transport.ToClient, 120), uint32(2000+i)))
	}
	c.offer()
}

func (c *client) offer(tracks ...Track) {
	c.w.t.Helper()
	if _, err := c.Offer(context.Background(), "offer", tracks); err != nil {
		c.w.t.Fatalf("offer of %s: %v", c.ID(), err)
	}
}

// key names the publication that the slot carries; the zero key when it is empty.
func (s *Slot) key() trackKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pub == nil {
		return trackKey{}
	}
	return s.pub.key()
}
