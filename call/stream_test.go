package call

import (
	"encoding/json"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/sfu"
	"github.com/digierapro/parley/sfu/transport"
)

// section writes one of an offer.
func section(media, mid string, attributes ...string) string {
	return "m=" + media + " 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:" + mid + "\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n" +
		strings.Join(append(attributes, ""), "\r\n")
}

const session = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"

func TestAPublishersSectionsAreSourcesInTheirOrder(t *testing.T) {
	o, err := readStreamOffer(Publishing, session+section("video", "v", "a=sendonly")+section("audio", "a", "a=sendrecv")+
		section("application", "d")+section("video", "w", "a=sendonly")+section("audio", "b"))
	must(t, err)
	want := []sfu.Track{{Mid: "v", Source: sfu.Camera}, {Mid: "a", Source: sfu.Microphone}, {Mid: "w", Source: sfu.Screen}, {Mid: "b", Source: sfu.ScreenAudio}}
	if !slices.Equal(o.tracks, want) {
		t.Fatalf("tracks %v", o.tracks)
	}
	if !strings.Contains(o.sdp, "a=sendrecv") || !strings.HasPrefix(o.sdp, session) {
		t.Fatalf("the offer was changed:\n%s", o.sdp)
	}
}

func TestAPlayersSectionsAreSlots(t *testing.T) {
	o, err := readStreamOffer(Playing, session+section("audio", "0", "a=sendrecv")+section("video", "1")+section("video", "2", "a=recvonly"))
	must(t, err)
	if len(o.tracks) != 0 || strings.Count(o.sdp, "\r\na=recvonly\r\n") != 3 || strings.Contains(o.sdp, "sendrecv") {
		t.Fatalf("tracks %v of\n%s", o.tracks, o.sdp)
	}
}

func TestOffersOfTheWrongDirectionAreRefused(t *testing.T) {
	audio := section("audio", "0", "a=sendonly")
	for name, tt := range map[string]struct {
		kind      StreamKind
		sdp, code string
	}{
		"a publisher that receives":   {Publishing, session + section("video", "0", "a=recvonly"), "bad_direction"},
		"a publisher that is silent":  {Publishing, session + section("video", "0", "a=inactive"), "bad_direction"},
		"a player that sends":         {Playing, session + section("video", "0", "a=sendonly"), "bad_direction"},
		"a player that is deaf":       {Playing, session + section("video", "0", "a=inactive"), "bad_direction"},
		"three microphones":           {Publishing, session + audio + audio + audio, "invalid_track"},
		"more than can be":            {Playing, strings.Repeat("a", maxStreamSDP+1), "sdp_too_large"},
		"more lines than can be read": {Publishing, strings.Repeat("m=", maxStreamSDP), "sdp_too_large"},
	} {
		if _, err := readStreamOffer(tt.kind, tt.sdp); err == nil || fault.From(err).Code != tt.code {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
}

func TestFragments(t *testing.T) {
	offer := session + section("audio", "0") + section("video", "1")
	same := "a=group:BUNDLE 0 1\r\n" + section("audio", "0", "a=candidate:1 1 udp 1 192.0.2.1 9 typ host", "a=end-of-candidates")
	f, err := readFragment(same)
	must(t, err)
	if f.restarts(offer) || len(f.candidates) != 1 || !strings.HasPrefix(f.candidates[0], "candidate:1 ") {
		t.Fatalf("the candidates of the session there is: %+v", f)
	}
	fresh, err := readFragment(strings.ReplaceAll(same, "abcd", "efgh"))
	must(t, err)
	if !fresh.restarts(offer) {
		t.Fatal("other credentials are no restart")
	}
	next := withCredentials(offer, fresh)
	if fresh.restarts(next) || strings.Count(next, "a=ice-ufrag:efgh") != 2 || strings.Count(next, "\n") != strings.Count(offer, "\n") {
		t.Fatalf("the offer of the restart:\n%s", next)
	}
	if f, err := readFragment("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\n"); err != nil || f.restarts(offer) {
		t.Fatalf("a fragment with no credentials: %v", err)
	}
	for name, text := range map[string]string{
		"nothing": "", "no lines": "\r\n\r\n", "prose": "hello", "half": "a=ice-ufrag:abcd\r\n", "the other half": "a=ice-pwd:abcd\r\n",
		"two minds": "a=ice-ufrag:abcd\r\na=ice-pwd:x\r\na=ice-ufrag:efgh\r\n", "empty": "a=ice-ufrag:\r\na=ice-pwd:\r\n",
	} {
		if _, err := readFragment(text); err == nil || fault.From(err).Code != "bad_fragment" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := readFragment(strings.Repeat("a", maxStreamSDP+1)); err == nil || fault.From(err).Code != "sdp_too_large" {
		t.Errorf("a large fragment: %v", err)
	}
}

func TestAnAnswersFragment(t *testing.T) {
	answer := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=group:BUNDLE 1\r\n" +
		"m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\na=inactive\r\n" +
		section("audio", "1", "a=candidate:1 1 udp 1 192.0.2.1 9 typ host", "a=end-of-candidates", "a=fingerprint:sha-256 00") + section("video", "2")
	want := "a=ice-lite\r\na=group:BUNDLE 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n" +
		"a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=end-of-candidates\r\n"
	if got := answerFragment(answer); got != want {
		t.Errorf("got\n%s", got)
	}
	if got := generationOf(answer); got != "abcd" {
		t.Errorf("generation %q", got)
	}
	if refusesMedia(answer) || !refusesMedia(strings.Replace(answer, "m=video 9", "m=video 0", 1)) {
		t.Error("which answers take only a part is not told")
	}
}

// wholeOffer is one that is answered, of a client that never comes.
var wholeOffer = session + "a=fingerprint:sha-256 " + strings.Repeat("00:", 31) + "00\r\na=setup:actpass\r\n" +
	section("audio", "0", "a=sendonly", "a=rtcp-mux", "a=rtpmap:96 opus/48000/2")

// until waits for something that nobody announces.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("not yet: %s", what)
		}
	}
}

func TestAStreamWhoseClientNeverComesIsGivenUp(t *testing.T) {
	h := newHouse(t, Limits{}, transport.Timeouts{Connect: 300 * time.Millisecond})
	callID := h.start(t)
	h.join(t, "bob", callID)
	alice := user("alice")
	alice.Expires = h.clock().Add(time.Hour)
	reasons := make(chan LeaveReason, 10)
	defer h.bus.Subscribe(bus.Call(callID), func(e bus.Event) {
		var p participantLeft
		if e.Name == EventParticipantLeft && json.Unmarshal(e.Data, &p) == nil {
			reasons <- p.Reason
		}
	})()
	_, err := h.Stream(t.Context(), alice, StreamRequest{CallID: callID, Kind: Publishing, SDP: wholeOffer})
	must(t, err)
	if _, seats := h.Count(); seats != 2 {
		t.Fatalf("%d seats", seats)
	}
	until(t, "the media fails", func() bool {
		h.pass(0)
		_, seats := h.Count()
		return seats == 1
	})
	if reason := <-reasons; reason != LeftLost {
		t.Fatalf("left: %s", reason)
	}
}

func TestAStreamLivesAsLongAsItsToken(t *testing.T) {
	h := newHouse(t, Limits{})
	callID := h.start(t)
	h.join(t, "bob", callID)
	alice := user("alice")
	alice.Expires = h.clock().Add(time.Minute)
	stream, err := h.Stream(t.Context(), alice, StreamRequest{CallID: callID, Kind: Publishing, SDP: wholeOffer})
	must(t, err)
	ref := StreamRef{CallID: callID, Kind: Publishing, ParticipantID: stream.ParticipantID}
	prolong := func(d time.Duration) {
		alice.Expires = h.clock().Add(d)
		_, err := h.PatchStream(t.Context(), alice, ref, StreamPatch{IfMatch: []string{stream.Generation}, Fragment: "a=end-of-candidates"})
		must(t, err)
	}
	for _, step := range []struct {
		prolong, pass time.Duration
		seats         int
	}{
		{0, time.Minute + auth.Leeway, 2},           // a minute is allowed for clocks, as everywhere
		{2 * time.Minute, 3 * time.Minute, 2},       // prolonged
		{-time.Minute, 0, 2},                        // an older token takes nothing away
		{time.Minute, auth.Leeway + time.Minute, 2}, // to the last moment
		{0, time.Second, 1},                         // over
	} {
		if step.prolong != 0 {
			prolong(step.prolong)
		}
		h.pass(step.pass)
		if _, seats := h.Count(); seats != step.seats {
			t.Fatalf("after %+v: %d seats", step, seats)
		}
	}
	if err := h.EndStream(alice, ref); fault.From(err).Code != "stream_not_found" {
		t.Fatalf("a stream that is over: %v", err)
	}
}

func TestARefusedStreamEndsNoEmptyCall(t *testing.T) {
	h := newHouse(t, Limits{})
	callID := h.start(t)
	if _, err := h.Stream(t.Context(), user("alice"), StreamRequest{CallID: callID, Kind: Playing, SDP: "garbage"}); fault.KindOf(err) != fault.Invalid {
		t.Fatal(err)
	}
	if _, err := h.Stream(t.Context(), user("mallory"), StreamRequest{CallID: callID, Kind: Publishing, SDP: wholeOffer}); fault.From(err).Code != "call_not_found" {
		t.Fatal(err)
	}
	if calls, seats := h.Count(); calls != 1 || seats != 0 {
		t.Fatalf("%d calls, %d seats", calls, seats)
	}
}

func FuzzStreamOffer(f *testing.F) {
	f.Add(session + section("audio", "0", "a=sendrecv") + section("video", "1", "a=recvonly"))
	f.Add("m=\nm=audio\nm=video 0 x\na=bundle-only\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []StreamKind{Publishing, Playing} {
			o, err := readStreamOffer(kind, text)
			if err != nil {
				continue
			}
			if again, err := readStreamOffer(kind, o.sdp); err != nil || again.sdp != o.sdp {
				t.Fatalf("read again it is another: %v\n%q\n%q", err, o.sdp, again.sdp)
			}
		}
		if fragment, err := readFragment(text); err == nil {
			fragment.restarts(text)
			withCredentials(text, fragment)
		}
		answerFragment(text)
	})
}
