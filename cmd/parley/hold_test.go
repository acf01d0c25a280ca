package main

import (
	"encoding/json"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

const (
	holdTime = 16 * time.Second // longer than any agent goes on without an answer to its checks
	holdGap  = 2 * time.Second  // without sound; the machine itself may stall
)

// Clients that have all ways at once, direct and relayed, over UDP and TCP, stay connected, and sound flows all the time.
func TestCallHoldsWithAllWays(t *testing.T) {
	p := startServer(t, dataFolder(t), "--turn.udp", "127.0.0.1:0")
	p.connect("alice")
	call := p.startCall("alice", p.general("alice"))

	out := newHolder(t, p)
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "audio", "stream")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		t.Fatal(err)
	}
	out.negotiate(t, p, "/api/calls/"+call+"/whip")
	in := newHolder(t, p)
	if _, err := in.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	heard := make(chan uint16, 4096)
	in.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			packet, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			heard <- packet.SequenceNumber
		}
	})
	in.negotiate(t, p, "/api/calls/"+call+"/whep")

	hold(t, track, heard)
	for name, h := range map[string]*holder{"publisher": out, "player": in} {
		if n := h.lost.Load(); n != 0 {
			t.Errorf("the %s was disconnected %d times", name, n)
		}
		kinds := h.kinds()
		for _, kind := range []string{"host udp", "host tcp", "relay udp"} {
			if kinds[kind] == 0 {
				t.Errorf("the %s has no way of the kind %q: %v", name, kind, kinds)
			}
		}
	}
	if n := p.metric("parley_turn_allocations"); n < 4 {
		t.Errorf("%.0f allocations, want two of each client", n)
	}
}

// hold sends sound for the time and fails when none is heard for too long.
func hold(t *testing.T, track *webrtc.TrackLocalStaticRTP, heard <-chan uint16) {
	t.Helper()
	ticks := time.NewTicker(20 * time.Millisecond)
	defer ticks.Stop()
	begin, last := time.Now(), time.Now()
	packets := 0
	for n := uint16(0); time.Since(begin) < holdTime; n++ {
		select {
		case <-heard:
			packets++
			last, n = time.Now(), n-1
			continue
		case <-ticks.C:
		}
		_ = track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 960}, Payload: []byte("a sound")})
		if gap := time.Since(last); gap > holdGap {
			t.Fatalf("nothing heard for %v, %v after the begin, %d packets before", gap, time.Since(begin), packets)
		}
	}
}

// holder is a client with all kinds of candidates.
type holder struct {
	*webrtc.PeerConnection
	lost atomic.Int32 // how often it was without a connection
}

func newHolder(t *testing.T, p *process) *holder {
	t.Helper()
	var told struct{ Data iceServers }
	if _, body := p.get("/api/ice-servers", "alice"); json.Unmarshal([]byte(body), &told) != nil {
		t.Fatalf("ICE servers: %s", body)
	}
	var servers []webrtc.ICEServer
	for _, s := range told.Data.ICEServers {
		servers = append(servers, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Credential})
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeTCP4})
	settings.DisableActiveTCP(false)
	settings.SetICETimeouts(3*time.Second, 8*time.Second, 500*time.Millisecond)
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{ICEServers: servers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.GracefulClose() })
	return &holder{PeerConnection: pc}
}

// negotiate waits for all candidates and for the connection, and from then on counts when it is lost.
func (h *holder) negotiate(t *testing.T, p *process, path string) {
	t.Helper()
	gathered := webrtc.GatheringCompletePromise(h.PeerConnection)
	p.negotiate(t, h.PeerConnection, path)
	h.OnICEConnectionStateChange(func(s webrtc.ICEConnectionState) {
		if s == webrtc.ICEConnectionStateDisconnected || s == webrtc.ICEConnectionStateFailed {
			h.lost.Add(1)
		}
	})
	select {
	case <-gathered:
	case <-time.After(patience):
		t.Fatal("the candidates are not complete")
	}
}

// kinds counts the ways that were tried, by the kind of their near end.
func (h *holder) kinds() map[string]int {
	kinds := map[string]int{}
	stats := h.GetStats()
	for _, s := range stats {
		pair, ok := s.(webrtc.ICECandidatePairStats)
		if !ok || pair.ResponsesReceived == 0 {
			continue
		}
		if local, ok := stats[pair.LocalCandidateID].(webrtc.ICECandidateStats); ok {
			kinds[local.CandidateType.String()+" "+local.Protocol]++
		}
	}
	return kinds
}
