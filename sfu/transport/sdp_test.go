package transport

import (
	"os"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"
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
	t.Cleanup(func() { _ = l.closeSockets() })
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

func TestDependencyDescriptorOnlyWhereTheLayersNeedIt(t *testing.T) {
	offer := readTestdata(t, "chromium-offer.sdp")
	for _, tt := range []struct {
		first string // payload type
		codec string
		want  bool
	}{{"96", "VP8", false}, {"102", "H264", false}, {"98", "VP9", true}, {"45", "AV1", true}} {
		line := "SAVPF 96 97 102 103 104 107 108 109 114 115 116 117 39 40 45 46 98 99 100 101 118 119 120"
		reordered := "SAVPF " + tt.first + strings.TrimPrefix(strings.Replace(line, " "+tt.first+" ", " ", 1), "SAVPF")
		_, sections, err := newTestConn(t).Answer(strings.Replace(offer, line, reordered, 1))
		if err != nil {
			t.Fatal(err)
		}
		camera, slot := sections[1], sections[4]
		if camera.Codecs[0].Name != tt.codec || (camera.Extensions.DependencyDescriptor != 0) != tt.want {
			t.Errorf("%s first: %+v of %s", tt.codec, camera.Extensions, camera.Codecs[0].Name)
		}
		if slot.Extensions.DependencyDescriptor == 0 {
			t.Errorf("a slot does not take descriptors: %+v", slot.Extensions)
		}
	}
}
