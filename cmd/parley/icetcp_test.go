package main

import (
	"testing"
	"time"

	"github.com/digierapro/parley/loadtest"
	"github.com/pion/webrtc/v4"
)

// TestCallWithoutUDP joins a call through the front door with a client that can use TCP only, which reaches the media by
// the port of the pages.
func TestCallWithoutUDP(t *testing.T) {
	p := startServer(t, dataFolder(t))
	call, err := loadtest.StartCall(within(t), p.url, false, func(int) (string, error) { return tokenFor(t, "alice"), nil })
	if err != nil {
		t.Fatal(err)
	}
	defer call.Close()
	seat, err := call.Take(within(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	client := tcpClient(t)
	connected := make(chan struct{})
	client.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			close(connected)
		}
	})
	microphone, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus}, "microphone", "local")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.AddTransceiverFromTrack(microphone, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		t.Fatal(err)
	}
	offer, err := client.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	answer, err := seat.Offer(within(t), offer.SDP, []loadtest.Track{{Mid: "0", Source: "microphone"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-connected:
	case <-time.After(patience):
		t.Fatalf("not connected:\n%s", answer)
	}
	if n := p.metric(`parley_ice_tcp_connections{state="client"}`); n < 1 {
		t.Errorf("%.0f connections of ICE-TCP", n)
	}
	_ = client.GracefulClose()
	eventually(t, "the connection has ended", func() bool { return p.metric(`parley_ice_tcp_connections{state="client"}`) == 0 })
}

func tcpClient(t *testing.T) *webrtc.PeerConnection {
	t.Helper()
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	client, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.GracefulClose() })
	return client
}
