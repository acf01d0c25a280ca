package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/rtp"
	"github.com/pion/turn/v5"
	"github.com/pion/webrtc/v4"

	"github.com/digierapro/parley/internal/sioclient"
)

// Clients that may use nothing but TURN publish and play, over each transport, on the one port number.
func TestCallOverTURN(t *testing.T) {
	files := t.TempDir()
	certFile, keyFile := filepath.Join(files, "cert.pem"), filepath.Join(files, "key.pem")
	roots := writePair(t, certFile, keyFile, "parley.example")
	trustFor(t, roots)
	p := startServer(t, dataFolder(t), "--server.tls.cert", certFile, "--server.tls.key", keyFile)
	alice := p.connect("alice")
	call := p.startCall("alice", p.general("alice"))
	seat := allocateForSeat(t, alice, call, strings.TrimPrefix(p.url, "https://"))
	for i, prefix := range []string{"turn:127.0.0.1:%s?transport=udp", "turn:127.0.0.1:%s?transport=tcp", "turns:127.0.0.1:%s?transport=tcp"} {
		_, port, err := net.SplitHostPort(strings.TrimPrefix(p.url, "https://"))
		if err != nil {
			t.Fatal(err)
		}
		url := fmt.Sprintf(prefix, port)
		t.Run(url, func(t *testing.T) {
			out := newRelayed(t, p, roots, url)
			track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "audio", "stream")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := out.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
				t.Fatal(err)
			}
			p.negotiate(t, out, "/api/calls/"+call+"/whip")
			in := newRelayed(t, p, roots, url)
			if _, err := in.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
				t.Fatal(err)
			}
			heard := make(chan error, 1)
			in.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
				_, _, err := track.ReadRTP()
				heard <- err
			})
			p.negotiate(t, in, "/api/calls/"+call+"/whep")
			p.play(t, track, heard)
			if n := p.metric("parley_turn_allocations"); n < 2 {
				t.Errorf("%.0f allocations", n)
			}
			for _, direction := range []string{"in", "out"} {
				if n := p.metric(`parley_turn_packets_total{direction="` + direction + `"}`); n < float64(10*(i+1)) {
					t.Errorf("%.0f packets %s", n, direction)
				}
			}
		})
	}
	if n := p.metric(`parley_tcp_connections_total{protocol="turn_tls"}`); n < 2 {
		t.Errorf("%.0f connections over TLS", n)
	}
	if n := p.metric("parley_turn_revoked_total"); n != 0 {
		t.Errorf("%.0f allocations were revoked", n)
	}
	if err := alice.Request(within(t), "leaveCall", call, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the seat's allocation ends", func() bool { return p.metric("parley_turn_revoked_total") == 1 })
	_ = seat.Close()
}

// allocateForSeat joins the call, and makes an allocation over UDP with the credentials that are for the seat.
func allocateForSeat(t *testing.T, c *sioclient.Client, call, address string) net.PacketConn {
	t.Helper()
	var joined struct {
		ICEServers []struct {
			URLs                 []string
			Username, Credential string
		}
	}
	if err := c.Request(within(t), "joinCall", map[string]any{"callId": call}, &joined); err != nil || len(joined.ICEServers) != 1 {
		t.Fatalf("joinCall: %v, %+v", err, joined)
	}
	server := joined.ICEServers[0]
	if strings.Contains(strings.Join(server.URLs, " "), "transport=udp") {
		t.Errorf("a seat is told of TURN over UDP on the media's port: %v", server.URLs)
	}
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	client, err := turn.NewClient(&turn.ClientConfig{
		STUNServerAddr: address, TURNServerAddr: address, Conn: conn, Username: server.Username, Password: server.Credential,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if err := client.Listen(); err != nil {
		t.Fatal(err)
	}
	relay, err := client.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	return relay
}

// trustFor makes the test's HTTP client take the server's certificate.
func trustFor(t *testing.T, roots *x509.CertPool) {
	before := http.DefaultClient.Transport
	http.DefaultClient.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	websocket.DefaultDialer.TLSClientConfig = &tls.Config{RootCAs: roots}
	t.Cleanup(func() { http.DefaultClient.Transport, websocket.DefaultDialer.TLSClientConfig = before, nil })
}

// newRelayed is a client that goes by one of the URLs that the server names.
func newRelayed(t *testing.T, p *process, roots *x509.CertPool, url string) *webrtc.PeerConnection {
	t.Helper()
	var answer struct {
		Data struct {
			ICEServers []struct {
				URLs                 []string
				Username, Credential string
			}
		}
	}
	if _, body := p.get("/api/ice-servers", "alice"); json.Unmarshal([]byte(body), &answer) != nil || len(answer.Data.ICEServers) != 1 {
		t.Fatalf("ICE servers: %s", body)
	}
	server := answer.Data.ICEServers[0]
	// TURN over UDP is there, too, but whoever may go directly is not told of it.
	if told := strings.Contains(strings.Join(server.URLs, " "), url); told == strings.HasSuffix(url, "=udp") {
		t.Fatalf("%s among %v: %v", url, server.URLs, told)
	}
	if rest, ok := strings.CutPrefix(url, "turns:"); ok { // the client trusts no certificate but those of the system
		host, query, _ := strings.Cut(rest, "?")
		url = "turn:" + throughTLS(t, host, roots) + "?" + query
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetRelayAcceptanceMinWait(0)
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{
		ICETransportPolicy: webrtc.ICETransportPolicyRelay,
		ICEServers:         []webrtc.ICEServer{{URLs: []string{url}, Username: server.Username, Credential: server.Credential}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.Close() })
	return pc
}

// throughTLS listens for plain TCP and carries it to the address in TLS.
func throughTLS(t *testing.T, address string, roots *x509.CertPool) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() { // ends with the listener and the connections
		for {
			plain, err := l.Accept()
			if err != nil {
				return
			}
			secure, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots})
			if err != nil {
				_ = plain.Close()
				continue
			}
			for _, pair := range [][2]net.Conn{{plain, secure}, {secure, plain}} {
				go func() {
					_, _ = io.Copy(pair[0], pair[1])
					_ = pair[0].Close()
				}()
			}
		}
	}()
	return l.Addr().String()
}

// negotiate offers, and waits until the media is connected.
func (p *process) negotiate(t *testing.T, pc *webrtc.PeerConnection, path string) {
	t.Helper()
	connected := make(chan struct{}, 1)
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			connected <- struct{}{}
		}
	})
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	status, answer := p.post(path, "alice", "application/sdp", pc.LocalDescription().SDP)
	if status != http.StatusCreated {
		t.Fatalf("%s: %d %s", path, status, answer)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-connected:
	case <-time.After(patience):
		t.Fatalf("%s: not connected; the answer was\n%s", path, answer)
	}
}

// play sends sound until it was heard.
func (p *process) play(t *testing.T, track *webrtc.TrackLocalStaticRTP, heard <-chan error) {
	t.Helper()
	ticks := time.NewTicker(20 * time.Millisecond)
	defer ticks.Stop()
	deadline := time.After(patience)
	for n := uint16(0); ; n++ {
		select {
		case err := <-heard:
			if err != nil {
				t.Error(err)
			}
			return
		case <-deadline:
			t.Fatal("nothing was heard")
		case <-ticks.C:
			_ = track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 960}, Payload: []byte("a sound")})
		}
	}
}
