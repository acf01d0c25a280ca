package signaling_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/digierapro/parley/internal/auth"
)

// rtc is a client's PeerConnection: pion's in the place of a browser's or OBS's.
type rtc struct {
	t      *testing.T
	pc     *webrtc.PeerConnection
	tracks []*webrtc.TrackLocalStaticRTP

	packets chan packet // received, by media; what nobody takes is dropped
	network *gate
	up      chan struct{} // closed when it is connected for the first time
	stop    chan struct{}
	wg      sync.WaitGroup
	once    sync.Once
}

type packet struct{ kind webrtc.RTPCodecType }

// newRTC offers sections of the kinds "audio" and "video", sending or receiving. It closes with the test.
func newRTC(t *testing.T, direction webrtc.RTPTransceiverDirection, kinds ...string) *rtc {
	t.Helper()
	c := &rtc{t: t, packets: make(chan packet, 64), up: make(chan struct{}), stop: make(chan struct{})}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	c.network = newGate(t)
	mux := webrtc.NewICEUDPMux(nil, c.network)
	t.Cleanup(func() { _ = mux.Close() })
	settings.SetICEUDPMux(mux)
	var media webrtc.MediaEngine
	must(t, media.RegisterDefaultCodecs())
	var err error
	c.pc, err = webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(&media)).NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	t.Cleanup(c.close)
	c.pc.OnTrack(c.receive)
	c.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		select {
		case <-c.up:
		default:
			if s == webrtc.PeerConnectionStateConnected {
				close(c.up)
			}
		}
	})
	for _, kind := range kinds {
		if direction == webrtc.RTPTransceiverDirectionRecvonly {
			_, err = c.pc.AddTransceiverFromKind(webrtc.NewRTPCodecType(kind), webrtc.RTPTransceiverInit{Direction: direction})
			must(t, err)
			continue
		}
		codec := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
		if kind == "video" {
			codec = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
		}
		track, err := webrtc.NewTrackLocalStaticRTP(codec, kind, "stream")
		must(t, err)
		_, err = c.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: direction})
		must(t, err)
		c.tracks = append(c.tracks, track)
	}
	return c
}

func (c *rtc) close() {
	c.once.Do(func() {
		close(c.stop)
		_ = c.pc.GracefulClose()
		c.wg.Wait()
	})
}

// connected waits until the client itself knows that it is connected.
func (c *rtc) connected() {
	c.t.Helper()
	select {
	case <-c.up:
	case <-within(c.t).Done():
		c.t.Fatal("not connected")
	}
}

// offer makes one, with all its candidates.
func (c *rtc) offer(restart bool) string {
	c.t.Helper()
	gathered := webrtc.GatheringCompletePromise(c.pc)
	offer, err := c.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	must(c.t, err)
	must(c.t, c.pc.SetLocalDescription(offer))
	<-gathered
	return c.pc.LocalDescription().SDP
}

func (c *rtc) answer(sdp string) {
	c.t.Helper()
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}); err != nil {
		c.t.Fatalf("%v in the answer:\n%s", err, sdp)
	}
}

// send begins to send a packet a track every 20 ms. Each of video is a key frame of 16x16.
func (c *rtc) send() {
	for _, track := range c.tracks {
		payload := []byte{0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 16, 0, 16, 0}
		step := uint32(90000 / 50)
		if track.Kind() == webrtc.RTPCodecTypeAudio {
			payload, step = []byte{0xfc, 0xff, 0xfe}, 48000/50
		}
		c.wg.Go(func() {
			ticks := time.NewTicker(20 * time.Millisecond)
			defer ticks.Stop()
			for n := uint32(0); ; n++ {
				select {
				case <-ticks.C:
				case <-c.stop:
					return
				}
				_ = track.WriteRTP(&rtp.Packet{
					Header:  rtp.Header{Version: 2, Marker: true, SequenceNumber: uint16(n), Timestamp: n * step},
					Payload: payload,
				})
			}
		})
	}
}

func (c *rtc) receive(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
	for {
		if _, _, err := track.ReadRTP(); err != nil {
			return
		}
		select {
		case c.packets <- packet{track.Kind()}:
		default:
		}
	}
}

// receives waits until fresh packets of each kind have come.
func (c *rtc) receives(kinds ...webrtc.RTPCodecType) {
	c.t.Helper()
	for len(c.packets) > 0 {
		<-c.packets
	}
	missing := map[webrtc.RTPCodecType]int{}
	for _, kind := range kinds {
		missing[kind] = 10
	}
	for len(missing) > 0 {
		select {
		case p := <-c.packets:
			if missing[p.kind]--; missing[p.kind] <= 0 {
				delete(missing, p.kind)
			}
		case <-within(c.t).Done():
			c.t.Fatalf("nothing, or not enough, is received: %v", missing)
		}
	}
}

const (
	sdpType      = "application/sdp"
	fragmentType = "application/trickle-ice-sdpfrag"
)

// reply is an HTTP answer, read.
type reply struct {
	status int
	header http.Header
	body   string
}

// is tells whether it is a failure of the status and code.
func (r reply) is(status int, code string) bool {
	return r.status == status && strings.Contains(r.body, `"success":false`) && strings.Contains(r.body, `"code":"`+code+`"`)
}

// http sends a raw request; headers come in pairs.
func (e *edge) http(token, method, path, body string, headers ...string) reply {
	e.t.Helper()
	req, err := http.NewRequestWithContext(within(e.t), method, e.url+path, strings.NewReader(body))
	must(e.t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(req)
	must(e.t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	must(e.t, err)
	return reply{response.StatusCode, response.Header, string(raw)}
}

// as signs a token for an hour.
func (e *edge) as(who auth.Identity) string { return e.token(who, time.Hour) }

// stream posts the client's offer and takes the answer; the reply has the session's path and tag.
func (e *edge) stream(c *rtc, token, path string) reply {
	e.t.Helper()
	got := e.http(token, "POST", path, c.offer(false), "Content-Type", sdpType)
	if got.status != http.StatusCreated || got.header.Get("Content-Type") != sdpType || got.header.Get("ETag") == "" ||
		!strings.HasPrefix(got.header.Get("Location"), path+"/") {
		e.t.Fatalf("POST %s: %+v", path, got)
	}
	c.answer(got.body)
	return got
}

func seatOf(r reply) string {
	location := r.header.Get("Location")
	return location[strings.LastIndexByte(location, '/')+1:]
}
