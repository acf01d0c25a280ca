package signaling_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/internal/sioclient"
	"github.com/digierapro/parley/sfu/transport"
	"github.com/digierapro/parley/signaling"
)

type mediaPush struct {
	CallID        string `json:"callId"`
	ParticipantID string `json:"participantId"`
	State         string `json:"state"`
}

func (p mediaPush) is(state string) func(mediaPush) bool {
	return func(p mediaPush) bool { return p.State == state }
}

// connectMedia gives a device that has a seat its media connection, or restarts the one that it has.
func (d *device) connectMedia(c *rtc, callID string, restart bool) {
	d.edge.t.Helper()
	var tracks []map[string]string
	offer := c.offer(restart)
	for _, tr := range c.pc.GetTransceivers() {
		if tr.Direction() == webrtc.RTPTransceiverDirectionSendonly {
			tracks = append(tracks, map[string]string{"mid": tr.Mid(), "source": map[string]string{"audio": "microphone", "video": "camera"}[tr.Kind().String()]})
		}
	}
	ack := request[struct {
		SDP        string                `json:"sdp"`
		ICEServers []signaling.ICEServer `json:"iceServers"`
	}](d, "webrtc:offer", map[string]any{"callId": callID, "type": "offer", "sdp": offer, "tracks": tracks})
	if ack.ICEServers == nil {
		d.edge.t.Fatal("the answer comes without ICE servers")
	}
	c.answer(ack.SDP)
}

func (e *edge) connectOver(w *wire, userID string) *device {
	e.t.Helper()
	d := &device{edge: e, inbox: sioclient.NewInbox(), who: insider(userID)}
	var err error
	d.Client, err = sioclient.Dial(within(e.t), "http://"+w.listener.Addr().String()+signaling.SocketPath,
		sioclient.Options{Token: e.token(d.who, time.Hour), OnPush: d.inbox.Put})
	must(e.t, err)
	e.t.Cleanup(d.Close)
	expect[ready](d, "ready", nil)
	return d
}

func TestMediaThatIsLostIsAskedBackAndComesBack(t *testing.T) {
	e := newEdgeWith(t, transport.Timeouts{Interrupted: 500 * time.Millisecond})
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	callID := start(alice, e.general(alice.who))
	join(alice, callID)
	seat := join(bob, callID)
	publisher, player := newRTC(t, webrtc.RTPTransceiverDirectionSendonly, "audio"), newRTC(t, webrtc.RTPTransceiverDirectionRecvonly, "audio")
	bob.connectMedia(publisher, callID, false)
	publisher.send()
	alice.connectMedia(player, callID, false)
	player.receives(webrtc.RTPCodecTypeAudio)
	expect(bob, "mediaState", mediaPush{}.is("connected"))

	publisher.network.shut.Store(true)
	if got := expect[mediaPush](bob, "webrtc:restart", nil); got.CallID != callID {
		t.Fatalf("restart %+v", got)
	}
	expect(bob, "mediaState", mediaPush{}.is("interrupted"))
	publisher.network.shut.Store(false)
	bob.connectMedia(publisher, callID, true)
	expect(bob, "mediaState", mediaPush{}.is("connected"))
	player.receives(webrtc.RTPCodecTypeAudio)
	if n := alice.inbox.Count("participantLeft"); n != 0 {
		t.Fatal("alice saw bob go")
	}

	// A socket that comes back is told what it has missed of its own media.
	publisher.network.shut.Store(true)
	expect[mediaPush](bob, "webrtc:restart", nil)
	bob.Close()
	bob = e.connect(insider("bob"))
	if back := request[joined](bob, "joinCall", map[string]string{"callId": callID, "participantId": seat.ParticipantID}); !back.Resumed {
		t.Fatalf("back: %+v", back)
	}
	expect[mediaPush](bob, "webrtc:restart", nil)
}

func TestMediaFlowsWhileTheSocketIsAway(t *testing.T) {
	e := newEdge(t, func(_ *signaling.Config, limits *call.Limits) { limits.Grace = 10 * time.Second })
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	callID := start(alice, e.general(alice.who))
	join(alice, callID)
	seat := join(bob, callID)
	publisher, player := newRTC(t, webrtc.RTPTransceiverDirectionSendonly, "audio"), newRTC(t, webrtc.RTPTransceiverDirectionRecvonly, "audio")
	bob.connectMedia(publisher, callID, false)
	publisher.send()
	alice.connectMedia(player, callID, false)
	player.receives(webrtc.RTPCodecTypeAudio)

	heard := alice.inbox.Count("participantJoined")
	bob.Close()
	player.receives(webrtc.RTPCodecTypeAudio)
	request[any](alice, "toggleMute", map[string]any{"callId": callID, "isMuted": true})
	bob = e.connect(insider("bob"))
	back := request[joined](bob, "joinCall", map[string]string{"callId": callID, "participantId": seat.ParticipantID})
	if !back.Resumed || back.ParticipantID != seat.ParticipantID || len(back.Participants) != 1 || !back.Participants[0].IsMuted {
		t.Fatalf("back: %+v", back)
	}
	player.receives(webrtc.RTPCodecTypeAudio)
	if alice.inbox.Count("participantLeft") != 0 || alice.inbox.Count("participantJoined") != heard {
		t.Fatal("alice saw bob go or come")
	}
}

func TestAClosedLaptopFreesItsSeat(t *testing.T) {
	timeouts := transport.Timeouts{Interrupted: 300 * time.Millisecond, Failed: 2 * time.Second}
	e := newEdgeWith(t, timeouts, func(cfg *signaling.Config, _ *call.Limits) { cfg.ProbeTime = 500 * time.Millisecond })
	w := newWire(t, strings.TrimPrefix(e.url, "http://"))
	alice, bob := e.connect(insider("alice")), e.connectOver(w, "bob")
	callID := start(alice, e.general(alice.who))
	join(alice, callID)
	seat := join(bob, callID)
	media := newRTC(t, webrtc.RTPTransceiverDirectionSendonly, "audio")
	bob.connectMedia(media, callID, false)
	media.send()
	expect(bob, "mediaState", mediaPush{}.is("connected"))

	closed := time.Now()
	w.cut.Store(true)
	media.network.shut.Store(true)
	got := expect[callPush](alice, "participantLeft", nil)
	if got.ParticipantID != seat.ParticipantID || got.Reason != "disconnected" {
		t.Fatalf("left %+v", got)
	}
	if took := time.Since(closed); took > timeouts.Failed+1500*time.Millisecond {
		t.Fatalf("the seat was freed after %v", took)
	}
}

// A laptop that is closed before its media ever came frees its seat when that has failed.
func TestALaptopThatIsClosedEarlyFreesItsSeat(t *testing.T) {
	timeouts := transport.Timeouts{Connect: 2 * time.Second}
	e := newEdgeWith(t, timeouts, func(cfg *signaling.Config, limits *call.Limits) {
		cfg.ProbeTime, limits.Doubt = 300*time.Millisecond, 300*time.Millisecond
	})
	w := newWire(t, strings.TrimPrefix(e.url, "http://"))
	alice, bob := e.connect(insider("alice")), e.connectOver(w, "bob")
	callID := start(alice, e.general(alice.who))
	seat := join(bob, callID)
	media := newRTC(t, webrtc.RTPTransceiverDirectionSendonly, "audio")
	join(alice, callID)
	connectRTC(t, alice, callID)
	begun := time.Now()
	w.cut.Store(true)
	media.network.shut.Store(true)
	got := expect[callPush](alice, "participantLeft", nil)
	if got.ParticipantID != seat.ParticipantID || got.Reason != "disconnected" {
		t.Fatalf("left %+v", got)
	}
	if took := time.Since(begun); took > timeouts.Connect+2500*time.Millisecond {
		t.Fatalf("the seat was freed after %v", took)
	}
}

// Who lives and has no media is asked, and stays.
func TestASocketThatLivesIsAskedForItsMedia(t *testing.T) {
	e := newEdgeWith(t, transport.Timeouts{}, func(cfg *signaling.Config, limits *call.Limits) {
		cfg.ProbeTime, limits.Doubt = 300*time.Millisecond, 300*time.Millisecond
	})
	alice := e.connect(insider("alice"))
	callID := start(alice, e.general(alice.who))
	join(alice, callID)
	expect(alice, "mediaState", mediaPush{}.is("connecting"))
	connectRTC(t, alice, callID)
	expect(alice, "mediaState", mediaPush{}.is("connected"))
}

func connectRTC(t *testing.T, d *device, callID string) {
	t.Helper()
	media := newRTC(t, webrtc.RTPTransceiverDirectionSendonly, "audio")
	d.connectMedia(media, callID, false)
	media.send()
}

func TestASocketThatLivesKeepsItsSeatWithoutMedia(t *testing.T) {
	timeouts := transport.Timeouts{Interrupted: 200 * time.Millisecond, Failed: 600 * time.Millisecond}
	e := newEdgeWith(t, timeouts, func(cfg *signaling.Config, _ *call.Limits) { cfg.ProbeTime = 300 * time.Millisecond })
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	callID := start(alice, e.general(alice.who))
	join(alice, callID)
	join(bob, callID)
	media := newRTC(t, webrtc.RTPTransceiverDirectionSendonly, "audio")
	bob.connectMedia(media, callID, false)
	media.send()
	expect(bob, "mediaState", mediaPush{}.is("connected"))
	media.network.shut.Store(true)
	expect(bob, "mediaState", mediaPush{}.is("failed"))
	request[any](bob, "heartbeat", map[string]any{})

	again := newRTC(t, webrtc.RTPTransceiverDirectionSendonly, "audio") // a new connection into the same seat
	bob.connectMedia(again, callID, false)
	again.send()
	expect(bob, "mediaState", mediaPush{}.is("connected"))
	if n := alice.inbox.Count("participantLeft"); n != 0 {
		t.Fatal("alice saw bob go")
	}
}

func TestAClientMayCloseItsMediaAndBeginAnew(t *testing.T) {
	e := newEdge(t)
	bob := e.connect(insider("bob"))
	callID := start(bob, e.general(bob.who))
	join(bob, callID)
	for range 2 {
		media := newRTC(t, webrtc.RTPTransceiverDirectionSendonly, "audio")
		bob.connectMedia(media, callID, false)
		media.send()
		expect(bob, "mediaState", mediaPush{}.is("connected"))
		media.connected()
		media.close()
		expect(bob, "mediaState", mediaPush{}.is("closed"))
	}
}
