package signaling_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/signaling"
)

const (
	sends    = webrtc.RTPTransceiverDirectionSendonly
	receives = webrtc.RTPTransceiverDirectionRecvonly
	both     = webrtc.RTPTransceiverDirectionSendrecv
	audio    = webrtc.RTPCodecTypeAudio
	video    = webrtc.RTPCodecTypeVideo
)

type slotsPush struct {
	Slots []struct {
		Kind          string `json:"kind"`
		ParticipantID string `json:"participantId"`
		Source        string `json:"source"`
	} `json:"slots"`
}

func (p slotsPush) show(participantID, source string) bool {
	for _, slot := range p.Slots {
		if slot.ParticipantID == participantID && slot.Source == source {
			return true
		}
	}
	return false
}

func TestWhatWHIPPublishesIsReceivedByWHEPAndBySockets(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	callID := start(alice, e.general(alice.who))
	join(alice, callID)
	page := newRTC(t, receives, "audio", "video")
	answer := request[struct{ SDP string }](alice, "webrtc:offer", map[string]any{"callId": callID, "type": "offer", "sdp": page.offer(false)})
	page.answer(answer.SDP)

	bob, carol := insider("bob"), insider("carol")
	studio := newRTC(t, sends, "video", "audio")
	whip := e.stream(studio, e.as(bob), "/api/calls/"+callID+"/whip")
	type participant struct {
		callPush
		IsSharingScreen bool   `json:"isSharingScreen"`
		UserName        string `json:"userName"`
	}
	if got := expect(alice, "participantJoined", func(p participant) bool { return p.UserID == "bob" }); got.ParticipantID != seatOf(whip) ||
		got.UserName != bob.Name || !got.HasVideo || got.IsMuted || got.IsSharingScreen {
		t.Fatalf("joined %+v", got)
	}
	studio.send()
	expect(alice, "slots", func(p slotsPush) bool { return p.show(seatOf(whip), "camera") && p.show(seatOf(whip), "microphone") })
	page.receives(audio, video)

	player := newRTC(t, receives, "audio", "video")
	whep := e.stream(player, e.as(carol), "/api/calls/"+callID+"/whep")
	if got := expect(alice, "participantJoined", func(p participant) bool { return p.UserID == "carol" }); got.ParticipantID != seatOf(whep) || got.HasVideo || !got.IsMuted {
		t.Fatalf("joined %+v", got)
	}
	player.receives(audio, video)

	session := whip.header.Get("Location")
	for _, no := range []struct{ who, path string }{{"alice", session}, {"bob", strings.Replace(session, "whip", "whep", 1)}, {"bob", session + "0"}} {
		if got := e.http(e.as(insider(no.who)), "DELETE", no.path, ""); !got.is(http.StatusNotFound, "stream_not_found") {
			t.Fatalf("%s ends %s: %+v", no.who, no.path, got)
		}
	}
	if got := e.http(e.as(bob), "DELETE", session, "", "If-Match", `"whatever"`); got.status != http.StatusOK || got.body != "" {
		t.Fatalf("DELETE: %+v", got)
	}
	if got := expect[callPush](alice, "participantLeft", nil); got.ParticipantID != seatOf(whip) || got.Reason != "left" {
		t.Fatalf("left %+v", got)
	}
	if got := e.http(e.as(bob), "DELETE", session, ""); !got.is(http.StatusNotFound, "stream_not_found") {
		t.Fatalf("DELETE again: %+v", got)
	}
	_, record, _ := rest[struct {
		Call call.Call `json:"call"`
	}](e, alice.who, "GET", "/api/calls/"+callID, nil)
	if people := record.Call.Participants; len(people) != 3 || !slices.ContainsFunc(people, func(p call.Record) bool {
		return p.ParticipantID == seatOf(whip) && p.UserID == "bob" && p.LeftAt != nil
	}) {
		t.Fatalf("record %+v", record.Call)
	}
}

func TestAStreamMayHaveAScreenAndBothDirections(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	callID := start(alice, e.general(alice.who))
	join(alice, callID)
	page := newRTC(t, receives, "video", "video")
	page.answer(request[struct{ SDP string }](alice, "webrtc:offer", map[string]any{"callId": callID, "type": "offer", "sdp": page.offer(false)}).SDP)

	studio := newRTC(t, both, "video", "video")
	whip := e.stream(studio, e.as(insider("bob")), "/api/calls/"+callID+"/whip")
	if strings.Count(whip.body, "a=recvonly") != 2 {
		t.Fatalf("the answer:\n%s", whip.body)
	}
	studio.send()
	expect(alice, "slots", func(p slotsPush) bool { return p.show(seatOf(whip), "camera") && p.show(seatOf(whip), "screen") })
	page.receives(video)

	player := newRTC(t, both, "video")
	whep := e.stream(player, e.as(insider("carol")), "/api/calls/"+callID+"/whep")
	if strings.Count(whep.body, "a=sendonly") != 1 || strings.Contains(whep.body, "a=recvonly") {
		t.Fatalf("the answer:\n%s", whep.body)
	}
	player.receives(video)
	// A socket cannot take such a seat over.
	phone := e.connect(insider("bob"))
	if got := request[joined](phone, "joinCall", map[string]string{"callId": callID, "participantId": seatOf(whip)}); got.Resumed || got.ParticipantID == seatOf(whip) {
		t.Fatalf("%+v", got)
	}
}

func TestStreamsThatAreRefusedLeaveNoTrace(t *testing.T) {
	e := newEdge(t, func(_ *signaling.Config, limits *call.Limits) { limits.Participants, limits.Seats = 2, 1 })
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	dm := e.dm(alice.who, "bob")
	callID := start(alice, dm)
	whip, whep := "/api/calls/"+callID+"/whip", "/api/calls/"+callID+"/whep"
	sending, receiving := newRTC(t, sends, "audio", "video").offer(false), newRTC(t, receives, "audio", "video").offer(false)
	unknown := regexp.MustCompile(`(?m)^a=rtpmap:(\d+) (VP8|VP9|H264|AV1|H265)/`).ReplaceAllString(sending, "a=rtpmap:$1 MPV/")
	for name, tt := range map[string]struct {
		token, path, contentType, body string
		status                         int
		code                           string
	}{
		"no token":             {"", whip, sdpType, sending, 401, "token_missing"},
		"an old token":         {e.token(alice.who, -2*time.Minute), whip, sdpType, sending, 401, "token_expired"},
		"a stranger":           {e.as(insider("carol")), whip, sdpType, sending, 404, "call_not_found"},
		"a stranger's view":    {e.as(outsider("client")), whep, sdpType, receiving, 404, "call_not_found"},
		"no such call":         {e.as(alice.who), "/api/calls/0123456789abcdef01234567/whip", sdpType, sending, 404, "call_not_found"},
		"no id":                {e.as(alice.who), "/api/calls/x/whip", sdpType, sending, 404, "call_not_found"},
		"JSON":                 {e.as(alice.who), whip, "application/json", sending, 415, "unsupported_media_type"},
		"no type":              {e.as(alice.who), whip, "", sending, 415, "unsupported_media_type"},
		"too large":            {e.as(alice.who), whip, sdpType, sending + strings.Repeat("a=x\r\n", 16<<10), 413, "sdp_too_large"},
		"far too large":        {e.as(alice.who), whip, sdpType, strings.Repeat("x", 1<<20), 413, "sdp_too_large"},
		"nothing":              {e.as(alice.who), whip, sdpType, "", 400, "bad_sdp"},
		"garbage":              {e.as(alice.who), whep, sdpType, "garbage", 400, "bad_sdp"},
		"a player publishing":  {e.as(alice.who), whip, sdpType, receiving, 400, "bad_direction"},
		"a publisher playing":  {e.as(alice.who), whep, sdpType, sending, 400, "bad_direction"},
		"video it cannot have": {e.as(alice.who), whip, sdpType, unknown, 400, "no_common_codec"},
	} {
		if got := e.http(tt.token, "POST", tt.path, tt.body, "Content-Type", tt.contentType); !got.is(tt.status, tt.code) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if calls, seats := e.calls.Count(); calls != 1 || seats != 0 {
		t.Fatalf("%d calls, %d seats", calls, seats)
	}
	first := e.stream(newRTC(t, sends, "audio"), e.as(alice.who), whip)
	if got := e.http(e.as(alice.who), "POST", whip, sending, "Content-Type", sdpType); !got.is(http.StatusConflict, "too_many_seats") {
		t.Errorf("one seat too many: %+v", got)
	}
	e.stream(newRTC(t, receives, "audio"), e.as(bob.who), whep)
	expect(bob, "callAccepted", func(p callPush) bool { return p.CallID == callID })
	if got := e.http(e.as(bob.who), "POST", whip, sending, "Content-Type", sdpType); !got.is(http.StatusConflict, "call_full") {
		t.Errorf("a full call: %+v", got)
	}
	for _, session := range []string{first.header.Get("Location"), whip + "/0123456789abcdef01234567", "/api/calls/x/whip/y"} {
		for method, contentType := range map[string]string{"DELETE": "", "PATCH": fragmentType} {
			if got := e.http(e.as(insider("carol")), method, session, "a=end-of-candidates\r\n", "Content-Type", contentType, "If-Match", "*"); !got.is(http.StatusNotFound, "stream_not_found") {
				t.Errorf("a stranger's %s of %s: %+v", method, session, got)
			}
		}
	}
}

// fragmentOf is what a client sends of its offer by PATCH.
func fragmentOf(offer string) string {
	var b strings.Builder
	for line := range strings.Lines(offer) {
		for _, prefix := range []string{"a=group:", "m=", "a=mid:", "a=ice-ufrag:", "a=ice-pwd:", "a=candidate:", "a=end-of-candidates"} {
			if strings.HasPrefix(line, prefix) {
				b.WriteString(line)
			}
		}
	}
	return b.String()
}

// restarted is the first answer with the ICE session of a fragment.
func restarted(answer, fragment string) string {
	for _, key := range []string{"a=ice-ufrag:", "a=ice-pwd:"} {
		line := regexp.MustCompile(`(?m)^` + key + `.*$`)
		answer = line.ReplaceAllString(answer, line.FindString(fragment))
	}
	return answer
}

func TestPatchingAStream(t *testing.T) {
	e := newEdge(t)
	alice, bob := e.connect(insider("alice")), insider("bob")
	callID := start(alice, e.general(alice.who))
	player := newRTC(t, receives, "audio", "video")
	e.stream(player, e.as(insider("carol")), "/api/calls/"+callID+"/whep")
	studio := newRTC(t, sends, "audio", "video")
	whip := e.stream(studio, e.as(bob), "/api/calls/"+callID+"/whip")
	studio.send()
	player.receives(audio, video)

	session, tag := whip.header.Get("Location"), whip.header.Get("ETag")
	trickle := fragmentOf(studio.pc.LocalDescription().SDP)
	for name, tt := range map[string]struct {
		contentType, match, body string
		status                   int
		code                     string
	}{
		"no tag":        {fragmentType, "", trickle, 428, "etag_missing"},
		"another's tag": {fragmentType, `"other", W/` + tag, trickle, 412, "etag_mismatch"},
		"an offer":      {sdpType, tag, trickle, 415, "unsupported_media_type"},
		"prose":         {fragmentType, tag, "candidate", 400, "bad_fragment"},
		"nothing":       {fragmentType, tag, "", 400, "bad_fragment"},
		"no candidate":  {fragmentType, tag, "a=candidate:1 1 udp\r\n", 400, "bad_candidate"},
		"too many":      {fragmentType, tag, strings.Repeat("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n", 65), 400, "too_many_candidates"},
		"too large":     {fragmentType, tag, trickle + strings.Repeat("a=x\r\n", 16<<10), 413, "sdp_too_large"},
		"half a secret": {fragmentType, "*", "a=ice-ufrag:abcd\r\n", 400, "bad_fragment"},
		"a short one":   {fragmentType, "*", "a=ice-ufrag:abcd\r\na=ice-pwd:short\r\n", 400, "bad_sdp"},
	} {
		if got := e.http(e.as(bob), "PATCH", session, tt.body, "Content-Type", tt.contentType, "If-Match", tt.match); !got.is(tt.status, tt.code) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	player.receives(audio, video) // none of it did any harm

	for range 3 { // and again after each restart
		fragment := fragmentOf(studio.offer(true))
		got := e.http(e.as(bob), "PATCH", session, fragment, "Content-Type", fragmentType, "If-Match", "*")
		if got.status != http.StatusOK || got.header.Get("Content-Type") != fragmentType || got.header.Get("ETag") == tag || got.header.Get("ETag") == "" ||
			!strings.Contains(got.body, "a=ice-lite\r\n") || !strings.Contains(got.body, "a=candidate:") {
			t.Fatalf("restart: %+v", got)
		}
		if old := e.http(e.as(bob), "PATCH", session, fragment, "Content-Type", fragmentType, "If-Match", tag); !old.is(412, "etag_mismatch") {
			t.Fatalf("the tag from before the restart: %+v", old)
		}
		tag = got.header.Get("ETag")
		if same := e.http(e.as(bob), "PATCH", session, fragment, "Content-Type", fragmentType, "If-Match", tag); same.status != http.StatusNoContent || same.header.Get("ETag") != "" || same.body != "" {
			t.Fatalf("candidates after the restart: %+v", same)
		}
		studio.answer(restarted(whip.body, got.body))
		player.receives(audio, video)
	}
	if calls, seats := e.calls.Count(); calls != 1 || seats != 2 {
		t.Fatalf("%d calls, %d seats", calls, seats)
	}
}

func TestAStreamEndsWithItsMediaItsTokenOrTheCall(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	callID := start(alice, e.general(alice.who))
	join(alice, callID)
	whip := "/api/calls/" + callID + "/whip"

	// Expired for less than the leeway of clocks: accepted now, ended by the check some seconds later.
	kept := e.stream(newRTC(t, sends, "audio"), e.token(insider("bob"), -56*time.Second), whip)
	if got := e.http(e.as(insider("bob")), "PATCH", kept.header.Get("Location"), "a=end-of-candidates\r\n", "Content-Type", fragmentType,
		"If-Match", kept.header.Get("ETag")); got.status != http.StatusNoContent {
		t.Fatalf("prolong: %+v", got)
	}
	ended := e.stream(newRTC(t, sends, "audio"), e.token(insider("carol"), -56*time.Second), whip)
	if got := expect[callPush](alice, "participantLeft", nil); got.ParticipantID != seatOf(ended) || got.Reason != "disconnected" {
		t.Fatalf("left %+v", got)
	}

	studio := newRTC(t, sends, "audio")
	closed := e.stream(studio, e.as(insider("carol")), whip)
	studio.send()
	expect(alice, "participantJoined", func(p callPush) bool { return p.ParticipantID == seatOf(closed) })
	for until := within(t); e.media.Stats().PacketsIn == 0; time.Sleep(time.Millisecond) { // the server is connected, too
		must(t, until.Err())
	}
	studio.close()
	if got := expect[callPush](alice, "participantLeft", nil); got.ParticipantID != seatOf(closed) || got.Reason != "left" {
		t.Fatalf("left %+v", got)
	}

	request[any](alice, "leaveCall", callID)
	if _, seats := e.calls.Count(); seats != 1 { // bob's, whose token was prolonged
		t.Fatalf("%d seats", seats)
	}
	if got := e.http(e.as(insider("bob")), "DELETE", kept.header.Get("Location"), ""); got.status != http.StatusOK {
		t.Fatalf("DELETE: %+v", got)
	}
	expect(alice, "callEnded", func(p callPush) bool { return p.CallID == callID && p.Status == call.Completed })
	if got := e.http(e.as(insider("bob")), "DELETE", kept.header.Get("Location"), ""); !got.is(http.StatusNotFound, "stream_not_found") {
		t.Fatalf("after the call: %+v", got)
	}
}

func TestStreamPathsSayWhatTheyTake(t *testing.T) {
	e := newEdge(t, func(cfg *signaling.Config, _ *call.Limits) {
		cfg.ICEServers = func(r signaling.ICERequest) []signaling.ICEServer {
			return []signaling.ICEServer{
				{URLs: []string{"stun:a.example"}},
				{URLs: []string{"turn:a.example?transport=udp", "turns:a.example"}, Username: r.Who.UserID, Credential: `a "secret\`},
			}
		}
	})
	endpoint := "/api/calls/0123456789abcdef01234567/whep"
	for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
		if got := e.http("", method, endpoint, ""); got.status != 200 || got.body != "" || got.header.Get("Accept-Post") != sdpType || got.header.Get("Content-Type") != sdpType {
			t.Errorf("%s: %+v", method, got)
		}
		if got := e.http("", method, endpoint+"/x", ""); got.status != 204 || got.header.Get("Accept-Patch") != fragmentType {
			t.Errorf("%s of a session: %+v", method, got)
		}
	}
	preflight := e.http("", "OPTIONS", endpoint, "", "Origin", "https://crm.example.com", "Access-Control-Request-Method", "POST",
		"Access-Control-Request-Headers", "authorization,content-type")
	if h := preflight.header; h.Get("Access-Control-Allow-Origin") != "https://crm.example.com" || h.Get("Accept-Post") != sdpType ||
		!strings.Contains(h.Get("Access-Control-Allow-Methods"), "PATCH") || !strings.Contains(h.Get("Access-Control-Allow-Headers"), "If-Match") ||
		!strings.Contains(h.Get("Access-Control-Expose-Headers"), "Location, ETag, Link") || len(h.Values("Link")) != 0 {
		t.Errorf("preflight: %+v", preflight)
	}
	if got := e.http("", "OPTIONS", endpoint, "", "Origin", "https://evil.example.com"); got.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("a foreign page: %+v", got)
	}

	alice := e.connect(insider("alice"))
	callID := start(alice, e.general(alice.who))
	got := e.stream(newRTC(t, sends, "audio"), e.as(alice.who), "/api/calls/"+callID+"/whip")
	want := []string{
		`<stun:a.example>; rel="ice-server"`,
		`<turn:a.example?transport=udp>; rel="ice-server"; username="alice"; credential="a \"secret\\"; credential-type="password"`,
		`<turns:a.example>; rel="ice-server"; username="alice"; credential="a \"secret\\"; credential-type="password"`,
	}
	if links := got.header.Values("Link"); strings.Join(links, "\n") != strings.Join(want, "\n") {
		t.Errorf("links %q", links)
	}
	seat := request[struct {
		ICEServers []signaling.ICEServer `json:"iceServers"`
	}](alice, "joinCall", map[string]string{"callId": callID})
	if len(seat.ICEServers) != 2 || seat.ICEServers[1].Username != "alice" {
		t.Errorf("ICE servers of a socket: %+v", seat.ICEServers)
	}
}
