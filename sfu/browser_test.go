package sfu_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"github.com/digierapro/parley/sfu"
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

func (b *browser) LayersWanted([]sfu.LayerDemand) {}

func (b *browser) StateChanged(s transport.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.states = append(b.states, s)
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
