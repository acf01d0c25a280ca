package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

// A browser that knows of TURN over UDP at the address of a candidate loses that candidate, once it has settled on it: so
// whoever may use both is never told of it there.
func TestTURNDoesNotShadowTheDirectWay(t *testing.T) {
	t.Run("one port for all", func(t *testing.T) {
		p := startServer(t, dataFolder(t))
		trial := p.connectionTest(t)
		if trial.shadowed() == "" {
			t.Errorf("connection tests cannot try TURN over UDP: %v", trial.urls)
		}
		for name, urls := range p.callURLs(t) {
			if shadowed := (ways{urls, trial.ports}).shadowed(); shadowed != "" || len(urls) == 0 {
				t.Errorf("%s: told of %v, with candidates at %v", name, urls, trial.ports)
			}
		}
	})
	t.Run("a port of its own", func(t *testing.T) {
		p := startServer(t, dataFolder(t), "--turn.udp", "127.0.0.1:0")
		trial := p.connectionTest(t)
		for name, urls := range p.callURLs(t) {
			if shadowed := (ways{urls, trial.ports}).shadowed(); shadowed != "" || !strings.Contains(strings.Join(urls, " "), "transport=udp") {
				t.Errorf("%s: told of %v, with candidates at %v", name, urls, trial.ports)
			}
		}
	})
}

// ways are those that a client may go.
type ways struct {
	urls  []string // of TURN
	ports []string // of UDP candidates
}

// shadowed is a port at which both TURN over UDP and a candidate are.
func (w ways) shadowed() string {
	for _, port := range w.ports {
		for _, url := range w.urls {
			if strings.HasPrefix(url, "turn:") && strings.HasSuffix(url, ":"+port+"?transport=udp") {
				return port
			}
		}
	}
	return ""
}

type iceServers struct {
	ICEServers []struct {
		URLs                 []string
		Username, Credential string
	}
}

func (s iceServers) urls() (urls []string) {
	for _, server := range s.ICEServers {
		urls = append(urls, server.URLs...)
	}
	return urls
}

// callURLs are the URLs of TURN that calls are told of, by where.
func (p *process) callURLs(t *testing.T) map[string][]string {
	t.Helper()
	alice := p.connect("alice")
	call := p.startCall("alice", p.general("alice"))
	var joined, answered iceServers
	if err := alice.Request(within(t), "joinCall", map[string]any{"callId": call}, &joined); err != nil {
		t.Fatal(err)
	}
	offer := map[string]any{"callId": call, "type": "offer", "sdp": soundOffer(t), "tracks": []any{}}
	if err := alice.Request(within(t), "webrtc:offer", offer, &answered); err != nil {
		t.Fatal(err)
	}
	var rest struct{ Data iceServers }
	if _, body := p.get("/api/ice-servers", "bob"); json.Unmarshal([]byte(body), &rest) != nil {
		t.Fatalf("ICE servers: %s", body)
	}
	return map[string][]string{"joinCall": joined.urls(), "webrtc:offer": answered.urls(), "GET /api/ice-servers": rest.Data.urls()}
}

var udpCandidate = regexp.MustCompile(`a=candidate:\S+ 1 udp \d+ \S+ (\d+) `)

// connectionTest begins one and gives what it may try.
func (p *process) connectionTest(t *testing.T) ways {
	t.Helper()
	body, err := json.Marshal(map[string]any{"offers": []map[string]string{{"kind": "publish", "sdp": soundOffer(t)}}})
	if err != nil {
		t.Fatal(err)
	}
	status, answer := p.post("/api/connection-test", "carol", "application/json", string(body))
	var test struct {
		Data struct {
			Answers []string
			iceServers
		}
	}
	if err := json.Unmarshal([]byte(answer), &test); err != nil || status != http.StatusOK || len(test.Data.Answers) != 1 {
		t.Fatalf("connection test: %d %s", status, answer)
	}
	w := ways{urls: test.Data.urls()}
	for _, found := range udpCandidate.FindAllStringSubmatch(test.Data.Answers[0], -1) {
		w.ports = append(w.ports, found[1])
	}
	if len(w.ports) == 0 || slices.Contains(w.ports, "") {
		t.Fatalf("no candidates in\n%s", test.Data.Answers[0])
	}
	return w
}

// soundOffer is an offer to send sound.
func soundOffer(t *testing.T) string {
	t.Helper()
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pc.GracefulClose() }()
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		t.Fatal(err)
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	return offer.SDP
}
