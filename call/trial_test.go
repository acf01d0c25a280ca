package call

import (
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/fault"
)

// playOffer is one that the transport takes.
func playOffer(t *testing.T) TrialOffer {
	t.Helper()
	return TrialOffer{Kind: Playing, SDP: "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n" +
		"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=rtcp-mux\r\na=recvonly\r\na=setup:actpass\r\n" +
		"a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=rtpmap:111 opus/48000/2\r\na=fingerprint:sha-256 " +
		strings.TrimSuffix(strings.Repeat("AB:", 32), ":") + "\r\n"}
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}

func TestATrialIsAnsweredAndEndsByItself(t *testing.T) {
	h := newHouse(t, Limits{})
	alice, bob := user("alice"), user("bob")
	begun, err := h.StartTrial(t.Context(), alice, []TrialOffer{playOffer(t)})
	must(t, err)
	if len(begun.Answers) != 1 || !strings.Contains(begun.Answers[0], "a=candidate:") || begun.Expires.Sub(h.clock()) != trialLife {
		t.Fatalf("trial: %+v", begun)
	}
	if got := code(h.EndTrial(bob, begun.ID)); got != "test_not_found" {
		t.Errorf("another user ends it: %q", got)
	}
	second, err := h.StartTrial(t.Context(), alice, []TrialOffer{playOffer(t)})
	must(t, err)
	if got := code(h.EndTrial(alice, begun.ID)); got != "test_not_found" {
		t.Errorf("the first is replaced by the second: %q", got)
	}
	h.trials.expire(h.clock().Add(trialLife - time.Second))
	if len(h.trials.byUser) != 1 {
		t.Error("ended too soon")
	}
	h.trials.expire(h.clock().Add(trialLife))
	if got := code(h.EndTrial(alice, second.ID)); got != "test_not_found" {
		t.Errorf("after its time: %q", got)
	}
}

func TestTrialsAreBounded(t *testing.T) {
	h := newHouse(t, Limits{})
	alice := user("alice")
	for range trialBurst {
		_, err := h.StartTrial(t.Context(), alice, []TrialOffer{playOffer(t)})
		must(t, err)
	}
	_, err := h.StartTrial(t.Context(), alice, []TrialOffer{playOffer(t)})
	if f := fault.From(err); f.Code != "too_many_tests" || f.RetryAfter != trialInterval {
		t.Fatalf("one too many: %v, again in %v", err, f.RetryAfter)
	}
	for i := range trialsAtOnce - 1 {
		_, err := h.trials.open(string(rune('A'+i)), h.clock())
		must(t, err)
	}
	if _, err := h.StartTrial(t.Context(), user("bob"), []TrialOffer{playOffer(t)}); code(err) != "tests_full" {
		t.Fatalf("a full server: %v", err)
	}
	h.trials.expire(h.clock().Add(trialBurst * trialInterval))
	if len(h.trials.byUser) != 0 || len(h.trials.allowances) != 0 {
		t.Errorf("left over: %d tests, %d allowances", len(h.trials.byUser), len(h.trials.allowances))
	}
}

func TestTrialsOfAWrongForm(t *testing.T) {
	h := newHouse(t, Limits{})
	play := playOffer(t)
	for name, tt := range map[string]struct {
		offers []TrialOffer
		code   string
	}{
		"none":         {nil, "bad_test"},
		"three":        {[]TrialOffer{play, play, play}, "bad_test"},
		"twice":        {[]TrialOffer{play, play}, "bad_test"},
		"another kind": {[]TrialOffer{{Kind: "watch", SDP: play.SDP}}, "bad_test"},
		"no SDP":       {[]TrialOffer{{Kind: Playing}}, "bad_sdp"},
		"a receiver":   {[]TrialOffer{{Kind: Publishing, SDP: play.SDP}}, "bad_direction"},
		"a large one":  {[]TrialOffer{{Kind: Playing, SDP: strings.Repeat("a", maxStreamSDP+1)}}, "sdp_too_large"},
	} {
		if _, err := h.StartTrial(t.Context(), user("carol"), tt.offers); code(err) != tt.code {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
	if len(h.trials.byUser) != 0 {
		t.Error("a refused test has left a room behind")
	}
}
