package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
)

const waitLimit = 10 * time.Second

// recorder is a Handler that passes on what it is called with.
type recorder struct {
	rtp    chan []byte
	rtcp   chan []byte
	states chan State
}

func newRecorder() *recorder {
	return &recorder{rtp: make(chan []byte, 1024), rtcp: make(chan []byte, 1024), states: make(chan State, 16)}
}

func (r *recorder) HandleRTP(p []byte, _ time.Time)  { offerTo(r.rtp, p) }
func (r *recorder) HandleRTCP(p []byte, _ time.Time) { offerTo(r.rtcp, p) }
func (r *recorder) HandleState(s State)              { r.states <- s }

func offerTo(ch chan []byte, p []byte) {
	select {
	case ch <- append([]byte(nil), p...):
	default:
	}
}

func receive[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(waitLimit):
		t.Fatalf("timed out waiting for %s", what)
		panic("unreachable")
	}
}

func wantState(t *testing.T, r *recorder, want State) {
	t.Helper()
	if got := receive(t, "state "+want.String(), r.states); got != want {
		t.Fatalf("state %v, want %v", got, want)
	}
}

// eventually polls a condition that nothing announces.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(waitLimit)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("timed out waiting until %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// startListener runs a listener until the test ends.
func startListener(t testing.TB, change func(*Config)) *Listener {
	t.Helper()
	cfg := Config{Addr: "127.0.0.1:0"}
	if change != nil {
		change(&cfg)
	}
	l, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return l
}

// client is a browser's stand-in: pion's full PeerConnection.
type client struct {
	pc        *webrtc.PeerConnection
	connected chan struct{}
	tracks    chan *webrtc.TrackRemote
	closeOnce sync.Once
	blocked   string // candidates that the client does not get, as a part of their line
}

func newClient(t testing.TB, change func(*webrtc.SettingEngine)) *client {
	t.Helper()
	var media webrtc.MediaEngine
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	var interceptors interceptor.Registry
	if err := webrtc.RegisterDefaultInterceptors(&media, &interceptors); err != nil {
		t.Fatal(err)
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICETimeouts(2*time.Second, 8*time.Second, 200*time.Millisecond)
	if change != nil {
		change(&settings)
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(&media), webrtc.WithInterceptorRegistry(&interceptors),
		webrtc.WithSettingEngine(settings))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	c := &client{pc: pc, connected: make(chan struct{}), tracks: make(chan *webrtc.TrackRemote, 16)}
	var once sync.Once
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(c.connected) })
		}
	})
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { c.tracks <- track })
	t.Cleanup(c.close)
	return c
}

func (c *client) close() { c.closeOnce.Do(func() { _ = c.pc.GracefulClose() }) }

// publish adds a track that the client sends.
func (c *client) publish(t testing.TB, mime, id string) *webrtc.TrackLocalStaticRTP {
	t.Helper()
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime}, id, "local")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		t.Fatal(err)
	}
	return track
}

// addSlots adds sections that the client receives in.
func (c *client) addSlots(t testing.TB, kind webrtc.RTPCodecType, n int) {
	t.Helper()
	for range n {
		_, err := c.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// negotiate runs one offer and answer.
func (c *client) negotiate(conn *Conn, options *webrtc.OfferOptions) ([]Section, error) {
	offer, err := c.pc.CreateOffer(options)
	if err != nil {
		return nil, err
	}
	gathered := webrtc.GatheringCompletePromise(c.pc)
	if err := c.pc.SetLocalDescription(offer); err != nil {
		return nil, err
	}
	select {
	case <-gathered:
	case <-time.After(waitLimit):
		return nil, errors.New("gathering timed out")
	}
	answer, sections, err := conn.Answer(c.pc.LocalDescription().SDP)
	if err != nil {
		return nil, err
	}
	answer = c.unblocked(answer)
	err = c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer})
	if err != nil {
		return nil, fmt.Errorf("%w in answer:\n%s", err, answer)
	}
	return sections, nil
}

// unblocked takes the candidates out of an answer that the client is not to have.
func (c *client) unblocked(answer string) string {
	var kept strings.Builder
	for line := range strings.Lines(answer) {
		if c.blocked == "" || !strings.HasPrefix(line, "a=candidate:") || !strings.Contains(line, c.blocked) {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

func mustNegotiate(t testing.TB, c *client, conn *Conn) []Section {
	t.Helper()
	sections, err := c.negotiate(conn, nil)
	if err != nil {
		t.Fatal(err)
	}
	return sections
}

// join makes a connected client with a microphone, a camera and two slots of each kind.
func join(t *testing.T, l *Listener, change func(*webrtc.SettingEngine)) (*joined, *Conn) {
	t.Helper()
	j := newJoined(t, change)
	return j, j.join(t, l)
}

func newJoined(t *testing.T, change func(*webrtc.SettingEngine)) *joined {
	t.Helper()
	j := &joined{client: newClient(t, change), recorder: newRecorder(), seen: make(map[uint32]*webrtc.TrackRemote)}
	j.microphone = j.publish(t, webrtc.MimeTypeOpus, "microphone")
	j.camera = j.publish(t, webrtc.MimeTypeVP8, "camera")
	j.addSlots(t, webrtc.RTPCodecTypeAudio, 2)
	j.addSlots(t, webrtc.RTPCodecTypeVideo, 2)
	return j
}

func (j *joined) join(t *testing.T, l *Listener) *Conn {
	t.Helper()
	conn, err := l.NewConn(j.recorder)
	if err != nil {
		t.Fatal(err)
	}
	j.sections = mustNegotiate(t, j.client, conn)
	wantState(t, j.recorder, Connected)
	receive(t, "the client's connection", j.connected)
	return conn
}

type joined struct {
	*client
	*recorder
	microphone, camera *webrtc.TrackLocalStaticRTP
	sections           []Section
	seen               map[uint32]*webrtc.TrackRemote
}

// slots are the sections of a kind that the server sends in.
func (j *joined) slots(kind Kind) []Section { return slotsOf(j.sections, kind) }

func slotsOf(sections []Section, kind Kind) (slots []Section) {
	for _, s := range sections {
		if s.Kind == kind && s.Direction == ToClient {
			slots = append(slots, s)
		}
	}
	return slots
}

var _ net.PacketConn = (*dtlsTransport)(nil)
