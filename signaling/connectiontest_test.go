package signaling_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/pion/webrtc/v4"
)

// What one publishes in a test of one's connection comes back to oneself, and to nobody else.
func TestAConnectionTestPlaysBackWhatIsPublished(t *testing.T) {
	e := newEdge(t)
	alice := insider("alice")
	out, in := newRTC(t, sends, "audio", "video"), newRTC(t, receives, "audio", "video")
	body, err := json.Marshal(map[string]any{"offers": []map[string]string{
		{"kind": "publish", "sdp": out.offer(false)}, {"kind": "play", "sdp": in.offer(false)},
	}})
	must(t, err)
	got := e.http(e.as(alice), "POST", "/api/connection-test", string(body), "Content-Type", "application/json")
	var answer struct {
		Data struct {
			TestID     string
			Answers    []string
			IceServers []any
		}
	}
	must(t, json.Unmarshal([]byte(got.body), &answer))
	if got.status != http.StatusOK || len(answer.Data.Answers) != 2 || answer.Data.IceServers == nil {
		t.Fatalf("%+v", got)
	}
	out.answer(answer.Data.Answers[0])
	in.answer(answer.Data.Answers[1])
	out.send()
	in.receives(webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo)

	path := "/api/connection-test/" + answer.Data.TestID
	if got := e.http(e.as(insider("bob")), "DELETE", path, ""); !got.is(http.StatusNotFound, "test_not_found") {
		t.Errorf("another user: %+v", got)
	}
	if got := e.http(e.as(alice), "DELETE", path, ""); got.status != http.StatusOK {
		t.Errorf("DELETE: %+v", got)
	}
	if got := e.http(e.as(alice), "DELETE", path, ""); !got.is(http.StatusNotFound, "test_not_found") {
		t.Errorf("a second DELETE: %+v", got)
	}
	if calls, _ := e.calls.Count(); calls != 0 {
		t.Errorf("%d calls", calls)
	}
}

func TestAConnectionTestNeedsAUser(t *testing.T) {
	e := newEdge(t)
	if got := e.http("", "POST", "/api/connection-test", `{"offers":[]}`, "Content-Type", "application/json"); !got.is(http.StatusUnauthorized, "token_missing") {
		t.Errorf("%+v", got)
	}
	if got := e.http(e.as(insider("alice")), "POST", "/api/connection-test", `{"offers":[{"kind":"whip","sdp":""}]}`, "Content-Type", "application/json"); !got.is(http.StatusBadRequest, "bad_test") {
		t.Errorf("%+v", got)
	}
}
