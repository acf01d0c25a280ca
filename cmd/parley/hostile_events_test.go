package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/digierapro/parley/internal/sioclient"
)

// clientEvents is every event that a client may send, by the protocol's page.
var clientEvents = []string{
	"joinChannel", "leaveChannel", "sendMessage", "sync", "initiateCall", "rejectCall", "joinCall", "leaveCall", "webrtc:offer",
	"webrtc:ice-candidate", "setView", "toggleVideo", "toggleMute", "toggleScreen", "no-such-event", "__proto__", "",
}

// mustAnswer sends a request and wants an answer that is no defect, whatever it says.
func mustAnswer(t *testing.T, c *sioclient.Client, event string, arg any) string {
	t.Helper()
	err := c.Request(within(t), event, arg, nil)
	var refused *sioclient.Error
	if err != nil && !errors.As(err, &refused) {
		text, _ := json.Marshal(arg)
		t.Fatalf("%s with %.100s: %v", event, text, err)
	}
	if refused == nil {
		return ""
	}
	if refused.Code == "internal" {
		text, _ := json.Marshal(arg)
		t.Errorf("%s with %.100s: a defect", event, text)
	}
	return refused.Code
}

// attackArguments gives every event what it does not expect. Every request is answered.
func attackArguments(t *testing.T, p *process) {
	c := p.connect("mallory")
	defer c.Close()
	general := p.general("mallory")
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	const nobody = "000000000000000000000000"
	args := []any{
		nil, 0, -1, 1.5, raw("1e308"), true, "", "x", nobody, general, []any{}, []any{[]any{}}, map[string]any{}, "\x00", "\u202e\u200b",
		raw(`"\ud800"`), raw("9223372036854775808"), strings.Repeat("a", 100_000),
		map[string]any{"channelId": general, "message": 5, "clientId": []any{}},
		map[string]any{"channelId": general, "message": "a\x00b", "clientId": "nul"},
		map[string]any{"channelId": general, "message": raw(`"\ud800"`), "clientId": "half"},
		map[string]any{"channelId": general, "message": strings.Repeat("\u0301", 10_000), "clientId": "zalgo"},
		map[string]any{"channelId": general, "message": strings.Repeat("😀", 10_001), "clientId": "long"},
		map[string]any{"channelId": general, "message": "x", "clientId": strings.Repeat("c", 65)},
		map[string]any{"channelId": general, "message": "x", "messageType": "system"},
		map[string]any{"channelId": general, "callType": "hologram"},
		map[string]any{"channelId": general, "callType": "video", "participantIds": make([]string, 5000)},
		map[string]any{"channelId": nobody, "callType": "video"},
		map[string]any{"callId": nobody, "participantId": nobody, "sdp": "v=0", "type": "offer", "candidate": "x", "views": []any{}, "isMuted": true},
		map[string]any{"callId": 5, "views": 5, "tracks": 5, "sdp": 5},
		map[string]any{"epoch": "x", "channels": map[string]any{"": -1, "\x00": 1, nobody: 1 << 53}},
		map[string]any{"epoch": 1, "channels": map[string]any{general: "1"}},
		map[string]any{"channels": map[string]any{general: raw("1e309")}},
		map[string]any{"channels": many(2001)}, map[string]any{"channels": many(1999)},
	}
	for _, event := range clientEvents {
		for _, arg := range args {
			mustAnswer(t, c, event, arg)
		}
	}
	if err := c.Request(within(t), "sendMessage", map[string]string{"channelId": general, "message": "one", "clientId": "the-same"}, nil); err != nil {
		t.Error(err)
	}
	if code := mustAnswer(t, c, "sendMessage", map[string]string{"channelId": general, "message": "another", "clientId": "the-same"}); code != "client_id_reused" {
		t.Errorf("a clientId used twice: %q", code)
	}
}

func many(n int) map[string]any {
	m := make(map[string]any, n)
	for i := range n {
		m[fmt.Sprintf("%024x", i)] = i
	}
	return m
}

func inCall(t *testing.T, c *sioclient.Client, event string, arg any) (callID, participantID string) {
	t.Helper()
	var answer struct{ CallID, ParticipantID string }
	if err := c.Request(within(t), event, arg, &answer); err != nil {
		t.Fatalf("%s: %v", event, err)
	}
	return answer.CallID, answer.ParticipantID
}

// attackCalls acts in a call in which one is not, and then as a participant who sends what nobody should.
func attackCalls(t *testing.T, p *process) {
	alice, bob, mallory := p.connect("alice"), p.connect("bob"), p.connect("mallory")
	defer alice.Close()
	defer bob.Close()
	defer mallory.Close()
	callID, _ := inCall(t, alice, "initiateCall", map[string]any{"channelId": p.dm("alice", "bob"), "callType": "video"})
	_, seat := inCall(t, alice, "joinCall", map[string]any{"callId": callID})
	for _, event := range []string{"joinCall", "rejectCall", "leaveCall", "webrtc:offer", "webrtc:ice-candidate", "setView", "toggleVideo", "toggleMute", "toggleScreen"} {
		code := mustAnswer(t, mallory, event, map[string]any{
			"callId": callID, "participantId": seat, "type": "offer", "sdp": "v=0", "candidate": "x", "isMuted": true, "hasVideo": true, "isSharingScreen": true,
		})
		if code != "call_not_found" && code != "not_in_call" {
			t.Errorf("%s in a foreign call: %q", event, code)
		}
	}
	if _, other := inCall(t, bob, "joinCall", map[string]any{"callId": callID, "participantId": seat}); other == seat {
		t.Error("a seat was taken from another user")
	}
	for _, sdp := range []string{
		"", "v=0", "\x00", strings.Repeat("a=x\r\n", 20_000), strings.Repeat("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", 1000),
		"v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:" + strings.Repeat("x", 30_000) + "\r\n",
		"v=0\r\no=- 18446744073709551616 -1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 999 -1\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n",
	} {
		tracks := make([]map[string]string, rand.IntN(300))
		if code := mustAnswer(t, bob, "webrtc:offer", map[string]any{"callId": callID, "type": "offer", "sdp": sdp, "tracks": tracks}); code == "" {
			t.Errorf("an offer of %.40q was answered", sdp)
		}
	}
	for i := range 2000 {
		mustAnswer(t, bob, "webrtc:ice-candidate", map[string]any{"callId": callID, "candidate": fmt.Sprintf("candidate:1 1 udp 1 192.0.2.%d %d typ host", i%256, i)})
	}
	for _, view := range []map[string]any{
		{"participantId": seat, "source": "camera", "width": -1, "height": -1}, {"participantId": seat, "source": "camera", "width": 1 << 40, "height": 1},
		{"participantId": "", "source": "keyboard", "width": 1, "height": 1}, {"participantId": strings.Repeat("x", 10_000), "source": "camera"}, {},
	} {
		mustAnswer(t, bob, "setView", map[string]any{"callId": callID, "views": []any{view}})
	}
	views := make([]map[string]any, 2000)
	if code := mustAnswer(t, bob, "setView", map[string]any{"callId": callID, "views": views}); code != "too_many_views" {
		t.Errorf("2,000 views: %q", code)
	}
}

// attackByRace joins, toggles and leaves one call from many sockets at once, some of which just go away.
func attackByRace(t *testing.T, p *process) {
	alice := p.connect("alice")
	defer alice.Close()
	channelID := p.dm("alice", "bob")
	var wg sync.WaitGroup
	for i := range 8 {
		userID := []string{"alice", "bob"}[i%2]
		c := p.connect(userID)
		wg.Go(func() {
			defer c.Close()
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			for range 25 {
				var started, joined struct{ CallID, ParticipantID string }
				_ = c.Request(ctx, "initiateCall", map[string]any{"channelId": channelID, "callType": "voice"}, &started)
				_ = c.Request(ctx, "joinCall", map[string]any{"callId": started.CallID}, &joined)
				for _, event := range []string{"toggleMute", "webrtc:offer", "setView", "leaveCall"} {
					err := c.Request(ctx, event, map[string]any{"callId": started.CallID, "isMuted": true, "sdp": "v=0"}, nil)
					var refused *sioclient.Error
					if err != nil && (!errors.As(err, &refused) || refused.Code == "internal") {
						t.Errorf("%s: %v", event, err)
					}
				}
			}
			_ = c.Request(ctx, "initiateCall", map[string]any{"channelId": channelID, "callType": "voice"}, nil) // and away
		})
	}
	wg.Wait()
}
