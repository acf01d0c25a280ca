package loadtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtp"
)

const handshakeFor = 10 * time.Second

// client is one participant.
type client struct {
	// static once joined
	index     int
	loop      *loop
	seat      Seat
	socket    *socket
	pipe      *pipe
	session   *dtls.Conn
	agent     agent
	ssrc      uint32 // that our RTCP comes from
	mediaSSRC uint32 // of the server's first slot, which feedback names
	openEvery int
	expected  struct{ audio, video int }
	odd       oddities

	// owned by the loop once joined
	keys              keys
	microphone        *microphone
	camera            *camera
	incoming          map[uint32]*incoming
	slots             []*incoming // in the order of the sections
	feedback          feedback
	transportSequence uint16
	random            *rand.Rand
	untilOpen         int
	header            rtp.Header
	plain             [sealedSize]byte
	sealed            [sealedSize]byte
	control           [sealedSize]byte

	// counted while measuring, owned by the loop
	sent, bytes, plis, nacks uint64
	strangers, unreadable    uint64 // counted always
}

// oddities make a client one that no browser is, for tests of what a server makes of it.
type oddities struct {
	noFeedback bool // it sends no transport-wide feedback
	noReports  bool // nor sender and receiver reports
	loses      func(size int) bool
}

func newClient(index int, l *loop, seat Seat, cfg *Config) *client {
	c := &client{index: index, loop: l, seat: seat, incoming: make(map[uint32]*incoming), openEvery: cfg.OpenEvery}
	c.random = rand.New(rand.NewPCG(rand.Uint64(), uint64(index)))
	c.untilOpen = 1 + c.random.IntN(cfg.OpenEvery)
	others, talkers := cfg.Publishers, cfg.Talkers
	if index < cfg.Publishers {
		others--
		c.microphone = newMicrophone(c, index < cfg.Talkers)
		c.ssrc = c.microphone.stream.ssrc
		if !cfg.AudioOnly {
			c.camera = newCamera(c, cfg.VideoBitrate, cfg.Simulcast, cfg.Paced)
		}
	} else {
		c.ssrc = c.random.Uint32() | 1
	}
	if index < cfg.Talkers {
		talkers--
	}
	c.expected.audio = min(cfg.AudioSlots, talkers)
	if !cfg.AudioOnly {
		c.expected.video = min(cfg.VideoSlots, others)
	}
	return c
}

// streams lists what the client sends.
func (c *client) streams() (all []*stream) {
	if c.microphone != nil {
		all = append(all, &c.microphone.stream)
	}
	if c.camera != nil {
		for _, v := range c.camera.layers {
			all = append(all, &v.stream)
		}
	}
	return all
}

// offer writes the offer.
func (c *client) offer(own credentials, fingerprint string, cfg *Config) (sdp string, tracks []Track) {
	w := &offerWriter{credentials: own, fingerprint: fingerprint}
	if c.microphone != nil {
		s := &c.microphone.stream
		s.mid = w.audio("sendonly")
		w.declare(s)
		tracks = append(tracks, Track{s.mid, "microphone"})
	}
	if c.camera != nil {
		mid := w.video("sendonly")
		var rids []string
		for _, v := range c.camera.layers {
			v.stream.mid = mid
			rids = append(rids, v.stream.rid)
		}
		w.declare(&c.camera.layers[0].stream)
		if len(rids) > 1 {
			w.simulcast(rids)
		}
		tracks = append(tracks, Track{mid, "camera"})
	}
	for range cfg.AudioSlots {
		w.audio("recvonly")
	}
	for range cfg.VideoSlots {
		w.video("recvonly")
	}
	return w.text(), tracks
}

// join negotiates, connects and begins to send and to receive.
func (c *client) join(ctx context.Context, own *certificate, cfg *Config) error {
	mine := newCredentials()
	sdp, tracks := c.offer(mine, own.fingerprint, cfg)
	text, err := c.seat.Offer(ctx, sdp, tracks)
	if err != nil {
		return fmt.Errorf("offer: %w", err)
	}
	a, err := parseAnswer(text)
	if err != nil {
		return err
	}
	c.takeSlots(a.slots)
	c.agent.init(mine, a.remote)
	if err := c.reach(ctx, a, cfg.TURN); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeFor)
	defer cancel()
	session, k, err := shakeHands(ctx, c.pipe, own, a.fingerprint)
	if err != nil {
		return err
	}
	c.session = session
	if !c.loop.do(func() { c.begin(k) }) {
		return context.Canceled
	}
	return nil
}

func (c *client) takeSlots(slots []slotStream) {
	for _, s := range slots {
		in := &incoming{slotStream: s}
		c.incoming[s.ssrc] = in
		c.slots = append(c.slots, in)
		if c.mediaSSRC == 0 {
			c.mediaSSRC = s.ssrc
		}
	}
}

// reach finds the first of the server's addresses that answers.
func (c *client) reach(ctx context.Context, a *answer, turn *TURN) error {
	slices.SortStableFunc(a.candidates, byLoopback)
	var err error
	for _, addr := range a.candidates {
		if err = c.dial(ctx, addr, turn); err == nil {
			err = c.agent.check(ctx, c.socket.send)
		}
		if err == nil {
			return nil
		}
		c.closeSocket()
	}
	return err
}

// dial makes the client's socket towards an address of the server, or through a relay.
func (c *client) dial(ctx context.Context, addr netip.AddrPort, turn *TURN) (err error) {
	to, receive := addr, c.receive
	var way *relay
	if turn != nil {
		way = &relay{responses: make(chan []byte, 4)}
		to, receive = turn.Server, func(data []byte, at int64) { way.receive(data, at, c.receive) }
	}
	if c.socket, err = openSocket(to); err != nil {
		return err
	}
	c.pipe = newPipe(c.socket)
	if !c.loop.do(func() { err = c.loop.poller.add(c.socket, receive) }) {
		err = context.Canceled
	}
	if err == nil && way != nil {
		way.socket = c.socket
		err = way.open(ctx, turn, addr)
	}
	return err
}

// begin starts the client's tasks; in the loop. They start at random moments, as participants do.
func (c *client) begin(k keys) {
	c.keys = k
	now := monotonic()
	within := func(d time.Duration) time.Duration { return now + time.Duration(c.random.Int64N(int64(d))) }
	c.loop.schedule(now+consentEvery, consent{c})
	if !c.odd.noFeedback {
		c.loop.schedule(within(feedbackEvery), sendFeedback{c})
	}
	if !c.odd.noReports {
		c.loop.schedule(within(reportEvery/4), sendReports{c})
	}
	if c.microphone != nil {
		c.loop.schedule(within(audioEvery), c.microphone)
	}
	if c.camera != nil {
		first := within(frameEvery) // the layers of one camera encode the same picture
		for _, v := range c.camera.layers {
			c.loop.schedule(first, v)
		}
	}
}

func (c *client) sendRTCP(packet []byte) {
	sealed, err := c.keys.out.EncryptRTCP(c.sealed[:0], packet, nil)
	if err != nil {
		return // the next report says the same
	}
	_ = c.socket.send(sealed)
}

// leave ends the media connection with a goodbye, and gives up the seat.
func (c *client) leave(ctx context.Context) error {
	c.loop.do(func() { c.loop.drop(c.owns) })
	if c.session != nil {
		_ = c.session.Close()
	}
	c.closeSocket()
	if err := c.seat.Leave(ctx); err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	return nil
}

func (c *client) closeSocket() {
	if c.socket == nil {
		return
	}
	c.loop.do(func() { c.loop.poller.remove(c.socket) })
	c.socket.close()
	c.socket = nil
}

// owns tells which tasks are the client's.
func (c *client) owns(t task) bool {
	switch t := t.(type) {
	case consent:
		return t.c == c
	case sendFeedback:
		return t.c == c
	case sendReports:
		return t.c == c
	case *microphone:
		return t == c.microphone
	case *videoLayer:
		return t.stream.c == c
	}
	return false
}

// flowing tells how many of the streams that the client expects have brought something; in the loop.
func (c *client) flowing() int {
	var audio, video int
	for _, in := range c.slots {
		switch {
		case in.rtx || !in.started:
		case in.video:
			video++
		default:
			audio++
		}
	}
	return min(audio, c.expected.audio) + min(video, c.expected.video)
}
