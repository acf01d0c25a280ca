package transport

import (
	"errors"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"

	"github.com/digierapro/parley/internal/fault"
)

const testFingerprint = "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F"

type refusedOffer struct{ name, offer, code string }

// refusedOffers are a good offer with one fault each.
func refusedOffers() []refusedOffer {
	good := offerText(testFingerprint)
	many := func(line string, n int) string { return strings.Repeat(line+"\r\n", n) }
	after := func(line, more string) string { return strings.Replace(good, line+"\r\n", line+"\r\n"+more, 1) }
	without := func(line string) string { return strings.ReplaceAll(good, line+"\r\n", "") }
	instead := func(old, new string) string { return strings.ReplaceAll(good, old, new) }
	return []refusedOffer{
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
	}
}

func TestOffersThatAreRefused(t *testing.T) {
	good := offerText(testFingerprint)
	for _, c := range refusedOffers() {
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
