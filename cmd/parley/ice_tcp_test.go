package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// A client whose UDP goes nowhere is connected over the one TCP port, beside HTTP.
func TestCallOverTCP(t *testing.T) {
	p := startServer(t, dataFolder(t))
	p.connect("alice")
	call := p.startCall("alice", p.general("alice"))

	var settings webrtc.SettingEngine
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	settings.SetIncludeLoopbackCandidate(true)
	settings.DisableActiveTCP(false)
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pc.Close() }()
	connected := make(chan struct{}, 1)
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			connected <- struct{}{}
		}
	})
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "audio", "stream")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		t.Fatal(err)
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	status, answer := p.post("/api/calls/"+call+"/whip", "alice", "application/sdp", pc.LocalDescription().SDP)
	if status != http.StatusCreated {
		t.Fatalf("WHIP: %d %s", status, answer)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-connected:
	case <-time.After(patience):
		t.Fatalf("not connected; the answer was\n%s", answer)
	}
	if n := p.metric("parley_ice_tcp_accepted_total"); n < 1 {
		t.Errorf("%.0f connections of ICE-TCP", n)
	}
	if n := p.metric(`parley_tcp_connections_total{protocol="ice_tcp"}`); n < 1 {
		t.Errorf("%.0f connections were told to be ICE-TCP's", n)
	}
}

// A stranger's check is no way in.
func TestStrangerOverTCP(t *testing.T) {
	p := startServer(t, dataFolder(t))
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	check := append([]byte{0, 20, 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, "twelve bytes"...)
	if _, err := conn.Write(check); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if n, err := conn.Read(make([]byte, 100)); err == nil || isTimeout(err) {
		t.Errorf("read %d bytes, %v", n, err)
	}
	if n := p.metric(`parley_tcp_connections_total{protocol="ice_tcp"}`); n != 1 {
		t.Errorf("%.0f connections were told to be ICE-TCP's", n)
	}
}

// startCall starts a call in a channel and returns its id.
func (p *process) startCall(userID, channelID string) string {
	p.t.Helper()
	_, body := p.post("/api/calls", userID, "application/json", fmt.Sprintf(`{"channelId":%q,"callType":"voice"}`, channelID))
	var answer struct{ Data struct{ CallID string } }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Data.CallID == "" {
		p.t.Fatalf("no call: %s", body)
	}
	return answer.Data.CallID
}

func (p *process) post(path, userID, contentType, body string) (int, string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+tokenFor(p.t, userID))
	request.Header.Set("Content-Type", contentType)
	return p.do(request)
}
