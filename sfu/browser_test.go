package sfu_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/digierapro/parley/sfu"
	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/transport"
)

const waitLimit = 20 * time.Second

// startServer runs a server on a free port until the test ends.
func startServer(t testing.TB) *sfu.Server {
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
	return srv
}

// eventually polls a condition that nothing announces.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(waitLimit); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("timed out waiting until %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// browser is a client of the server: pion's PeerConnection in the place of a real one's.
type browser struct {
	t    testing.TB
	id   string
	pc   *webrtc.PeerConnection
	peer *sfu.Peer

	microphone *webrtc.TrackLocalStaticRTP
	camera     []*layerTrack
	wantKey    atomic.Bool // a key frame was asked for
	asked      atomic.Int64

	mu       sync.Mutex
	slots    []sfu.SlotState
	states   []transport.State
	received map[string][]received // by mid

	stop chan struct{}
	wg   sync.WaitGroup
	once sync.Once
}

// received is one packet, as it came out of the client's own stack.
type received struct {
	header rtp.Header
	desc   codec.Description
	size   int
}

// layerTrack is one simulcast layer and its encoder's state.
type layerTrack struct {
	track  *webrtc.TrackLocalStaticRTP
	rid    string
	width  int
	seq    uint16
	ts     uint32
	id     uint16
	tl0    uint8
	key    uint8
	lately bool // wants a key frame
}

type browserOptions struct {
	publish      bool
	audio, video int // slots
	interceptors []interceptor.Factory
}

func newBrowser(t testing.TB, room *sfu.Room, id string, o browserOptions) *browser {
	t.Helper()
	b := &browser{t: t, id: id, received: make(map[string][]received), stop: make(chan struct{})}
	b.pc = newPeerConnection(t, o.interceptors)
	b.pc.OnTrack(func(track *webrtc.TrackRemote, r *webrtc.RTPReceiver) { b.read(track, r) })
	t.Cleanup(b.close)
	peer, err := room.Join(id, b)
	if err != nil {
		t.Fatal(err)
	}
	b.peer = peer
	if o.publish {
		b.publish()
	}
	b.addSlots(webrtc.RTPCodecTypeAudio, o.audio)
	b.addSlots(webrtc.RTPCodecTypeVideo, o.video)
	b.negotiate()
	return b
}

func newPeerConnection(t testing.TB, extra []interceptor.Factory) *webrtc.PeerConnection {
	t.Helper()
	var media webrtc.MediaEngine
	var registry interceptor.Registry
	for _, f := range extra {
		registry.Add(f) // first: nearest to the wire
	}
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	if err := webrtc.RegisterDefaultInterceptors(&media, &registry); err != nil {
		t.Fatal(err)
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(&media), webrtc.WithInterceptorRegistry(&registry), webrtc.WithSettingEngine(settings))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	return pc
}

func (b *browser) SlotsChanged(slots []sfu.SlotState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.slots = slots
}

func (b *browser) StateChanged(s transport.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.states = append(b.states, s)
}

// publish adds a microphone and a camera of three layers.
func (b *browser) publish() {
	sendonly := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}
	track := func(mime, id string, options ...func(*webrtc.TrackLocalStaticRTP)) *webrtc.TrackLocalStaticRTP {
		tr, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime}, id, b.id, options...)
		if err != nil {
			b.t.Fatal(err)
		}
		return tr
	}
	b.microphone = track(webrtc.MimeTypeOpus, "microphone")
	mic, err := b.pc.AddTransceiverFromTrack(b.microphone, sendonly)
	if err != nil {
		b.t.Fatal(err)
	}
	b.readRTCP(mic.Sender())
	var cam *webrtc.RTPTransceiver
	for i, rid := range []string{"q", "h", "f"} {
		l := &layerTrack{rid: rid, width: 320 << i, seq: uint16(60000 + i*2000), ts: uint32(i) << 30, id: uint16(i * 1000), lately: true,
			track: track(webrtc.MimeTypeVP8, "camera", webrtc.WithRTPStreamID(rid))}
		b.camera = append(b.camera, l)
		if i == 0 {
			cam, err = b.pc.AddTransceiverFromTrack(l.track, sendonly)
		} else {
			err = cam.Sender().AddEncoding(l.track)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	b.readRTCP(cam.Sender())
}

func (b *browser) addSlots(kind webrtc.RTPCodecType, n int) {
	for range n {
		if _, err := b.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			b.t.Fatal(err)
		}
	}
}

// negotiate makes an offer and takes the answer.
func (b *browser) negotiate() {
	b.t.Helper()
	offer, err := b.pc.CreateOffer(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(b.pc)
	if err := b.pc.SetLocalDescription(offer); err != nil {
		b.t.Fatal(err)
	}
	<-gathered
	answer, err := b.peer.Offer(context.Background(), b.pc.LocalDescription().SDP, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		b.t.Fatalf("%v in answer:\n%s", err, answer)
	}
}

// readRTCP notes requests for key frames.
func (b *browser) readRTCP(s *webrtc.RTPSender) {
	note := func(packets []rtcp.Packet) {
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				b.asked.Add(1)
				b.wantKey.Store(true)
			}
		}
	}
	for _, rid := range []string{"", "q", "h", "f"} {
		b.wg.Go(func() {
			for {
				var packets []rtcp.Packet
				var err error
				if rid == "" {
					packets, _, err = s.ReadRTCP()
				} else {
					packets, _, err = s.ReadSimulcastRTCP(rid)
				}
				if err != nil {
					return
				}
				note(packets)
			}
		})
	}
}

// read records what arrives in a slot.
func (b *browser) read(track *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
	mid := ""
	for _, tr := range b.pc.GetTransceivers() {
		if tr.Receiver() == r {
			mid = tr.Mid()
		}
	}
	b.wg.Go(func() { // reading is what lets pion's interceptors see the sender reports
		for {
			if _, _, err := r.ReadRTCP(); err != nil {
				return
			}
		}
	})
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		rec := received{header: p.Header, size: len(p.Payload)}
		if track.Kind() == webrtc.RTPCodecTypeVideo {
			rec.desc, _ = codec.Describe(codec.VP8, p.Payload)
		}
		b.mu.Lock()
		b.received[mid] = append(b.received[mid], rec)
		b.mu.Unlock()
	}
}

// start sends frames at 25 a second until the browser closes.
func (b *browser) start() {
	names := b.naming()
	b.wg.Go(func() {
		t := time.NewTicker(40 * time.Millisecond)
		defer t.Stop()
		audio := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: 1, Timestamp: 1}, Payload: make([]byte, 80)}
		for n := 0; ; n++ {
			select {
			case <-b.stop:
				return
			case <-t.C:
			}
			if b.wantKey.Swap(false) {
				for _, l := range b.camera {
					l.lately = true // as Chromium does: on all layers
				}
			}
			_ = b.microphone.WriteRTP(&audio) // an error is a connection that is not there yet
			audio.SequenceNumber++
			audio.Timestamp += 1920
			for _, l := range b.camera {
				l.frame(names, n < 50)
			}
		}
	})
}

// naming is how the MID and RID extensions are numbered, and the camera's MID.
func (b *browser) naming() (n naming) {
	for _, tr := range b.pc.GetTransceivers() {
		if tr.Kind() != webrtc.RTPCodecTypeVideo || tr.Direction() != webrtc.RTPTransceiverDirectionSendonly {
			continue
		}
		n.value = tr.Mid()
		for _, e := range tr.Sender().GetParameters().HeaderExtensions {
			switch e.URI {
			case "urn:ietf:params:rtp-hdrext:sdes:mid":
				n.mid = uint8(e.ID)
			case "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id":
				n.rid = uint8(e.ID)
			}
		}
	}
	return n
}

type naming struct {
	mid, rid uint8
	value    string
}

// frame sends the next frame of a layer, in three packets. Only the first frames name their stream, as Chromium's do.
func (l *layerTrack) frame(n naming, named bool) {
	key := l.lately
	l.lately = false
	l.ts += 3600
	l.id++
	l.tl0++
	if key {
		l.key++
	}
	for i := range 3 {
		desc := codec.VP8Descriptor{HasPictureID: true, LongID: true, PictureID: l.id & 0x7fff, HasTL0: true, TL0: l.tl0,
			HasTID: true, HasKeyIndex: true, KeyIndex: l.key & 0x1f}
		if i == 0 {
			desc.First = 0x10
		}
		payload := desc.AppendTo(nil)
		if i == 0 && key {
			w, h := l.width, l.width*9/16
			payload = append(payload, 0x10, 0, 0, 0x9d, 0x01, 0x2a, byte(w), byte(w>>8), byte(h), byte(h>>8))
		} else {
			payload = append(payload, 0x11)
		}
		p := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: l.seq, Timestamp: l.ts, Marker: i == 2}, Payload: append(payload, make([]byte, 300)...)}
		l.seq++
		if named {
			_ = p.SetExtension(n.mid, []byte(n.value))
			_ = p.SetExtension(n.rid, []byte(l.rid))
		}
		_ = l.track.WriteRTP(&p)
	}
}

func (b *browser) close() {
	b.once.Do(func() {
		close(b.stop)
		b.peer.Close()
		_ = b.pc.GracefulClose()
		b.wg.Wait()
	})
}

// askKeyFrame sends a picture loss indication for every video slot.
func (b *browser) askKeyFrame() {
	for _, tr := range b.pc.GetTransceivers() {
		if tr.Kind() == webrtc.RTPCodecTypeVideo && tr.Receiver() != nil && tr.Receiver().Track() != nil {
			_ = b.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(tr.Receiver().Track().SSRC())}})
		}
	}
}

// midOf is the slot that carries a participant's source; "" when none does.
func (b *browser) midOf(peer string, source sfu.Source) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.slots {
		if s.PeerID == peer && s.Source == source {
			return s.Mid
		}
	}
	return ""
}

// packets is a copy of what a slot has received so far.
func (b *browser) packets(mid string) []received {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.received[mid])
}

// lastWidth is the width of the last key frame in a slot.
func (b *browser) lastWidth(mid string) int {
	all := b.packets(mid)
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].desc.Width > 0 {
			return int(all[i].desc.Width)
		}
	}
	return 0
}

// continuous checks a slot's video: in the order of their numbers the packets make one stream without a hole (but for
// the last moments), in which time and picture ids go on frame by frame.
func (b *browser) continuous(mid string) error {
	all := b.packets(mid)
	if len(all) == 0 {
		return fmt.Errorf("slot %s received nothing", mid)
	}
	first := all[0].header.SequenceNumber
	slices.SortStableFunc(all, func(x, y received) int {
		return cmp.Compare(int16(x.header.SequenceNumber-first), int16(y.header.SequenceNumber-first))
	})
	all = slices.CompactFunc(all, func(x, y received) bool { return x.header.SequenceNumber == y.header.SequenceNumber })
	for i := 1; i < len(all)-30; i++ {
		p, q := all[i-1], all[i]
		frames := int16((q.desc.VP8.PictureID-p.desc.VP8.PictureID)<<1) >> 1
		step := int32(q.header.Timestamp - p.header.Timestamp)
		switch {
		case q.header.SequenceNumber != p.header.SequenceNumber+1:
			return fmt.Errorf("slot %s: number %d after %d (packet %d of %d)", mid, q.header.SequenceNumber, p.header.SequenceNumber, i, len(all))
		case frames < 0 || frames > 1 || step < 0 || (step == 0) != (frames == 0):
			return fmt.Errorf("slot %s: picture id steps by %d, time by %d (packet %d of %d)", mid, frames, step, i, len(all))
		}
	}
	return nil
}
