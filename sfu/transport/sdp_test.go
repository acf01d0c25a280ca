package transport

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"

	"github.com/digierapro/parley/internal/fault"
)

// idleListener has a socket but does not run.
func idleListener(t testing.TB) *Listener {
	t.Helper()
	l, err := New(Config{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.socket.close() })
	return l
}

func newTestConn(t testing.TB) *Conn {
	t.Helper()
	conn, err := idleListener(t).NewConn(discard{})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func readTestdata(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func codecNames(s Section) string {
	var names []string
	for _, c := range s.Codecs {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

func TestAnswerToChromium(t *testing.T) {
	conn := newTestConn(t)
	answer, sections, err := conn.Answer(readTestdata(t, "chromium-offer.sdp"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		kind      Kind
		direction Direction
		codecs    string
	}{
		{Audio, FromClient, "opus"},
		{Video, FromClient, "VP8 H264 H264 H264 AV1 VP9"},
		{Audio, ToClient, "opus"},
		{Audio, ToClient, "opus"},
		{Video, ToClient, "VP8 VP9 H264 H264 H264 AV1"},
		{Video, ToClient, "VP8 VP9 H264 H264 H264 AV1"},
		{0, Inactive, ""},
	} {
		s := sections[i]
		if s.Kind != want.kind || s.Direction != want.direction || codecNames(s) != want.codecs {
			t.Errorf("section %d: %v, direction %d, %q; want %v, %d, %q", i, s.Kind, s.Direction, codecNames(s),
				want.kind, want.direction, want.codecs)
		}
	}
	camera := sections[1]
	if got := strings.Join(camera.RIDs, " "); got != "q h f" {
		t.Errorf("layers %q", got)
	}
	if e := camera.Extensions; e.MID == 0 || e.RID == 0 || e.RepairedRID == 0 || e.TransportCC == 0 || e.DependencyDescriptor != 0 {
		t.Errorf("extensions %+v", e)
	}
	if c := camera.Codecs[0]; c.RTX != 97 || !c.NACK || !c.PLI || !c.FIR || !c.TransportCC {
		t.Errorf("VP8 agreed as %+v", c)
	}
	var parsed sdp.SessionDescription
	if err := parsed.UnmarshalString(answer); err != nil {
		t.Fatalf("%v in answer:\n%s", err, answer)
	}
	for _, want := range []string{
		"a=group:BUNDLE 0 1 2 3 4 5\r\n", "a=ice-lite\r\n", "a=setup:passive\r\n", "a=simulcast:recv q;h;f\r\n",
		"m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n", "a=msid:slot-0 slot-0-audio\r\n", "a=msid:slot-0 slot-0-video\r\n",
		"a=msid:slot-1 slot-1-video\r\n", "a=fmtp:111 minptime=10;useinbandfec=1\r\n", "a=end-of-candidates\r\n", " typ host\r\n",
	} {
		if !strings.Contains(answer, want) {
			t.Errorf("no %q in answer:\n%s", want, answer)
		}
	}
	if strings.Count(answer, "a=end-of-candidates") != 1 {
		t.Error("the candidates stand in more than the first section")
	}
}

func TestSlotsStayTheSame(t *testing.T) {
	conn := newTestConn(t)
	_, first, err := conn.Answer(readTestdata(t, "chromium-offer.sdp"))
	if err != nil {
		t.Fatal(err)
	}
	before := make(map[string]Section)
	seen := make(map[uint32]bool)
	for _, s := range first {
		if s.Direction != ToClient {
			continue
		}
		before[s.Mid] = s
		if seen[s.Slot.SSRC] || seen[s.Slot.RTX] {
			t.Errorf("slot %s shares a stream", s.Mid)
		}
		seen[s.Slot.SSRC] = true
		seen[s.Slot.RTX] = s.Slot.RTX != 0
		if (s.Slot.RTX != 0) != (s.Kind == Video) {
			t.Errorf("slot %s of kind %v has retransmissions as %d", s.Mid, s.Kind, s.Slot.RTX)
		}
	}
	// The same client later: one audio slot stopped and its section recycled, two slots more, ICE restarted.
	later := withFingerprintOf(t, readTestdata(t, "chromium-recycled.sdp"), readTestdata(t, "chromium-offer.sdp"))
	_, second, err := conn.Answer(later)
	if err != nil {
		t.Fatal(err)
	}
	kept, added := 0, 0
	for _, s := range second {
		switch old, ok := before[s.Mid]; {
		case s.Direction != ToClient:
		case ok && old.Slot == s.Slot && old.CNAME == s.CNAME:
			kept++
		case ok:
			t.Errorf("slot %s was %v, is %v", s.Mid, old, s)
		default:
			added++
		}
	}
	if kept != 3 || added != 3 {
		t.Errorf("%d slots kept and %d added, want 3 and 3", kept, added)
	}
	if _, ok := conn.negotiation.slots["3"]; ok {
		t.Error("the slot of a recycled section is kept for ever")
	}
}

// withFingerprintOf makes two recorded offers those of one client.
func withFingerprintOf(t *testing.T, text, other string) string {
	t.Helper()
	find := func(s string) string {
		_, rest, ok := strings.Cut(s, "a=fingerprint:")
		if !ok {
			t.Fatal("no fingerprint")
		}
		line, _, _ := strings.Cut(rest, "\r\n")
		return line
	}
	return strings.ReplaceAll(text, find(text), find(other))
}

const testFingerprint = "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F"

func TestOffersThatAreRefused(t *testing.T) {
	good := offerText(testFingerprint)
	many := func(line string, n int) string { return strings.Repeat(line+"\r\n", n) }
	after := func(line, more string) string { return strings.Replace(good, line+"\r\n", line+"\r\n"+more, 1) }
	without := func(line string) string { return strings.ReplaceAll(good, line+"\r\n", "") }
	instead := func(old, new string) string { return strings.ReplaceAll(good, old, new) }
	for _, c := range []struct{ name, offer, code string }{
		{"empty", "", "bad_sdp"},
		{"no SDP", "hello", "bad_sdp"},
		{"JSON", `{"type":"offer"}`, "bad_sdp"},
		{"NUL bytes", strings.Repeat("\x00", 100), "bad_sdp"},
		{"too large", good + many("a=x:"+strings.Repeat("y", 1000), 70), "sdp_too_large"},
		{"too many sections", good + many("m=audio 0 UDP/TLS/RTP/SAVPF 0", 220), "too_many_sections"},
		{"too many codecs", instead("SAVPF 96 97", "SAVPF"+strings.Repeat(" 96", 100)), "too_many_codecs"},
		{"too many extensions", after("a=mid:1", many("a=extmap:15 urn:x", 40)), "too_many_extensions"},
		{"too many layers", after("a=mid:0", "a=simulcast:send a;b;c;d;e\r\n"), "too_many_layers"},
		{"too many streams", after("a=mid:0", func() (s string) {
			for i := range 20 {
				s += "a=ssrc:" + string(rune('1'+i%9)) + strings.Repeat("0", i/9+1) + " cname:x\r\n"
			}
			return s
		}()), "too_many_streams"},
		{"layer with a line break", after("a=mid:0", "a=simulcast:send q;\x01\r\n"), "bad_sdp"},
		{"no ICE", without("a=ice-ufrag:remote"), "bad_sdp"},
		{"short password", instead("a=ice-pwd:remoteremoteremoteremote", "a=ice-pwd:short"), "bad_sdp"},
		{"no fingerprint", without("a=fingerprint:sha-256 " + testFingerprint), "no_fingerprint"},
		{"only an old fingerprint", instead("sha-256", "sha-1"), "no_fingerprint"},
		{"short fingerprint", instead(testFingerprint, "00:01"), "bad_sdp"},
		{"client wants to be the server", instead("actpass", "passive"), "bad_setup"},
		{"no setup", without("a=setup:actpass"), "bad_setup"},
		{"both are lite", after("t=0 0", "a=ice-lite\r\n"), "ice_lite"},
		{"no bundle", without("a=group:BUNDLE 0 1"), "bundle_required"},
		{"bundle of one", instead("BUNDLE 0 1", "BUNDLE 0"), "bundle_required"},
		{"no mux", without("a=rtcp-mux"), "rtcp_mux_required"},
		{"one name twice", instead("a=mid:1", "a=mid:0"), "bad_sdp"},
		{"no name", without("a=mid:1"), "bad_sdp"},
		{"long name", instead("mid:1", "mid:"+strings.Repeat("1", 40)), "bad_sdp"},
		{"plain RTP", instead("UDP/TLS/RTP/SAVPF", "RTP/AVP"), "bad_protocol"},
		{"payload type", instead("rtpmap:96 VP8", "rtpmap:9999 VP8"), "bad_sdp"},
		{"clock rate", instead("VP8/90000", "VP8/much"), "bad_sdp"},
		{"one id twice", after("a=mid:0", "a=extmap:3 urn:other\r\n"), "bad_sdp"},
		{"id of no number", after("a=mid:0", "a=extmap:x urn:other\r\n"), "bad_sdp"},
		{"no sections", good[:strings.Index(good, "m=audio")], "no_media"},
		{"no codec in common", instead("opus", "speex"), ""},
		{"no codec at all", strings.ReplaceAll(instead("opus", "speex"), "VP8", "H263"), "no_common_codec"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := newTestConn(t)
			answer, _, err := conn.Answer(c.offer)
			var f *fault.Error
			switch {
			case c.code == "" && err == nil && answer != "":
			case errors.As(err, &f) && f.Code == c.code && (f.Kind == fault.Invalid || f.Kind == fault.TooLarge) && f.Message != "":
			default:
				t.Errorf("answered %q, %v; want code %q", answer, err, c.code)
			}
			if _, _, err := conn.Answer(good); err != nil {
				t.Errorf("a good offer after it: %v", err)
			}
		})
	}
}

func TestLaterOffersThatAreRefused(t *testing.T) {
	conn := newTestConn(t)
	good := offerText(testFingerprint)
	if _, _, err := conn.Answer(good); err != nil {
		t.Fatal(err)
	}
	shorter := strings.Replace(good[:strings.Index(good, "m=video")], "BUNDLE 0 1", "BUNDLE 0", 1)
	if _, _, err := conn.Answer(shorter); fault.From(err).Code != "sections_missing" {
		t.Errorf("fewer sections: %v", err)
	}
	other := strings.Replace(testFingerprint, "00:", "FF:", 1)
	if _, _, err := conn.Answer(offerText(other)); fault.From(err).Code != "certificate_changed" {
		t.Errorf("another certificate: %v", err)
	}
	conn.Close()
	if _, _, err := conn.Answer(good); fault.From(err).Code != "media_ended" {
		t.Errorf("after the end: %v", err)
	}
}

func TestInactiveSectionKeepsItsSlot(t *testing.T) {
	conn := newTestConn(t)
	good := offerText(testFingerprint)
	_, first, _ := conn.Answer(good)
	_, paused, err := conn.Answer(strings.Replace(good, "a=recvonly", "a=inactive", 1))
	if err != nil || paused[1].Direction != Inactive || len(paused[1].Codecs) == 0 {
		t.Fatalf("paused: %+v, %v", paused, err)
	}
	_, again, err := conn.Answer(good)
	if err != nil || again[1].Slot != first[1].Slot {
		t.Fatalf("slot %v came back as %v, %v", first[1].Slot, again[1].Slot, err)
	}
}

func TestRedundancyOnlyWhenPreferred(t *testing.T) {
	for payloads, want := range map[string]string{"111 63": "opus", "63 111": "red opus", "63": ""} {
		offer := strings.Replace(offerText(testFingerprint), "SAVPF 111", "SAVPF "+payloads, 1)
		offer = strings.Replace(offer, "a=rtpmap:111", "a=rtpmap:63 red/48000/2\r\na=rtpmap:111", 1)
		_, sections, err := newTestConn(t).Answer(offer)
		if err != nil || codecNames(sections[0]) != want {
			t.Errorf("offered %s, agreed %q, %v; want %q", payloads, codecNames(sections[0]), err, want)
		}
	}
}

func TestCandidatesAreCheckedAndCounted(t *testing.T) {
	conn := newTestConn(t)
	good := "candidate:1 1 udp 2130706431 4e25a1f3.local 51000 typ host generation 0"
	for _, c := range []string{good, "a=" + good, "", "end-of-candidates"} {
		if err := conn.AddCandidate(c); err != nil {
			t.Errorf("%q: %v", c, err)
		}
	}
	for c, code := range map[string]string{
		"nonsense": "bad_candidate", "candidate:1 1 udp": "bad_candidate",
		"candidate:" + strings.Repeat("x", 600): "candidate_too_large",
	} {
		if err := conn.AddCandidate(c); fault.From(err).Code != code {
			t.Errorf("%q: %v", c, err)
		}
	}
	var err error
	for range 100 {
		err = conn.AddCandidate(good)
	}
	if fault.From(err).Code != "too_many_candidates" {
		t.Errorf("the hundredth: %v", err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, addr := range []string{"", "8080", "localhost:8080", ":x", ":99999"} {
		if _, err := New(Config{Addr: addr}); err == nil {
			t.Errorf("address %q was taken", addr)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(readTestdata(f, "chromium-offer.sdp"))
	f.Add(readTestdata(f, "chromium-recycled.sdp"))
	f.Add(offerText(testFingerprint))
	l := idleListener(f)
	f.Fuzz(func(t *testing.T, offer string) {
		conn, err := l.NewConn(discard{})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		answer, sections, err := conn.Answer(offer)
		if err != nil {
			if k := fault.KindOf(err); k != fault.Invalid && k != fault.TooLarge {
				t.Fatalf("refused as %v: %v", k, err)
			}
			return
		}
		var parsed sdp.SessionDescription
		if err := parsed.UnmarshalString(answer); err != nil {
			t.Fatalf("the answer does not parse: %v\n%s", err, answer)
		}
		if len(parsed.MediaDescriptions) != len(sections) {
			t.Fatalf("%d sections answered as %d", len(sections), len(parsed.MediaDescriptions))
		}
		if strings.Count(answer, "a=ice-lite") != 1 || strings.Contains(strings.ReplaceAll(answer, "\r\n", ""), "\n") {
			t.Fatalf("the offer wrote lines of its own into the answer:\n%s", answer)
		}
		if _, _, err := conn.Answer(offer); err != nil {
			t.Fatalf("the same offer again: %v", err)
		}
	})
}
