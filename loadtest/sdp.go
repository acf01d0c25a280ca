package loadtest

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// Numbers that the offer chooses, as Chromium does.
const (
	payloadOpus = 111
	payloadVP8  = 96
	payloadRTX  = 97

	extAudioLevel  = 1
	extAbsSendTime = 2
	extTransportCC = 3
	extMID         = 4
	extRID         = 10
	extRepairedRID = 11
)

var (
	commonExtensions = []string{
		"2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
		"3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
		"4 urn:ietf:params:rtp-hdrext:sdes:mid",
	}
	audioLines = []string{
		"extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", "rtcp-mux", "rtcp-rsize",
		"rtpmap:111 opus/48000/2", "rtcp-fb:111 transport-cc", "fmtp:111 minptime=10;useinbandfec=1",
	}
	videoLines = []string{
		"extmap:13 urn:3gpp:video-orientation",
		"extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
		"extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", "rtcp-mux", "rtcp-rsize",
		"rtpmap:96 VP8/90000", "rtcp-fb:96 goog-remb", "rtcp-fb:96 transport-cc", "rtcp-fb:96 ccm fir", "rtcp-fb:96 nack",
		"rtcp-fb:96 nack pli", "rtpmap:97 rtx/90000", "fmtp:97 apt=96",
	}
)

// offerWriter writes an offer in the form that Chromium gives it.
type offerWriter struct {
	b           strings.Builder
	credentials credentials
	fingerprint string
	mids        int
}

func (w *offerWriter) line(format string, args ...any) {
	fmt.Fprintf(&w.b, format, args...)
	w.b.WriteString("\r\n")
}

// section begins one and returns its mid.
func (w *offerWriter) section(kind, formats, direction string, lines []string) string {
	mid := strconv.Itoa(w.mids)
	w.mids++
	w.line("m=%s 9 UDP/TLS/RTP/SAVPF %s", kind, formats)
	w.line("c=IN IP4 0.0.0.0")
	w.line("a=rtcp:9 IN IP4 0.0.0.0")
	w.line("a=ice-ufrag:%s", w.credentials.ufrag)
	w.line("a=ice-pwd:%s", w.credentials.password)
	w.line("a=ice-options:trickle")
	w.line("a=fingerprint:%s", w.fingerprint)
	w.line("a=setup:actpass")
	w.line("a=mid:%s", mid)
	w.line("a=%s", direction)
	for _, e := range commonExtensions {
		w.line("a=extmap:%s", e)
	}
	for _, l := range lines {
		w.line("a=%s", l)
	}
	return mid
}

func (w *offerWriter) audio(direction string) string {
	return w.section("audio", "111", direction, audioLines)
}

func (w *offerWriter) video(direction string) string {
	return w.section("video", "96 97", direction, videoLines)
}

// declare names a stream that the section sends. Simulcast layers are not declared: their packets name themselves.
func (w *offerWriter) declare(s *stream) {
	w.line("a=msid:loadtest %s", s.mid)
	switch {
	case s.rid != "":
		return
	case s.rtxSSRC != 0:
		w.line("a=ssrc-group:FID %d %d", s.ssrc, s.rtxSSRC)
		w.line("a=ssrc:%d cname:loadtest", s.ssrc)
		w.line("a=ssrc:%d cname:loadtest", s.rtxSSRC)
	default:
		w.line("a=ssrc:%d cname:loadtest", s.ssrc)
	}
}

func (w *offerWriter) simulcast(rids []string) {
	for _, rid := range rids {
		w.line("a=rid:%s send", rid)
	}
	w.line("a=simulcast:send %s", strings.Join(rids, ";"))
}

func (w *offerWriter) text() string {
	mids := make([]string, w.mids)
	for i := range mids {
		mids[i] = strconv.Itoa(i)
	}
	head := []string{
		"v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE " + strings.Join(mids, " "),
		"a=extmap-allow-mixed", "a=msid-semantic: WMS loadtest", "",
	}
	return strings.Join(head, "\r\n") + w.b.String()
}

// answer is what a client needs of the server's.
type answer struct {
	remote      credentials
	fingerprint string
	candidates  []netip.AddrPort
	slots       []slotStream // what the server will send
}

// slotStream is one stream that the server declared.
type slotStream struct {
	ssrc  uint32
	video bool
	rtx   bool
}

func parseAnswer(text string) (*answer, error) {
	var s sdp.SessionDescription
	if err := s.UnmarshalString(text); err != nil {
		return nil, fmt.Errorf("the server's answer: %w", err)
	}
	a := &answer{}
	a.take(s.Attributes)
	for _, m := range s.MediaDescriptions {
		a.take(m.Attributes)
		a.takeStreams(m)
	}
	switch {
	case a.remote.ufrag == "" || a.remote.password == "":
		return nil, fmt.Errorf("the server's answer has no ICE credentials")
	case a.fingerprint == "":
		return nil, fmt.Errorf("the server's answer has no SHA-256 fingerprint")
	case len(a.candidates) == 0:
		return nil, fmt.Errorf("the server's answer has no UDP address")
	}
	return a, nil
}

func (a *answer) take(attributes []sdp.Attribute) {
	for _, at := range attributes {
		switch at.Key {
		case "ice-ufrag":
			a.remote.ufrag = at.Value
		case "ice-pwd":
			a.remote.password = at.Value
		case "fingerprint":
			if strings.HasPrefix(strings.ToLower(at.Value), "sha-256 ") {
				a.fingerprint = at.Value
			}
		case "candidate":
			if addr, ok := parseCandidate(at.Value); ok {
				a.candidates = append(a.candidates, addr)
			}
		}
	}
}

// parseCandidate reads "1 1 udp 2122260223 192.0.2.7 50000 typ host".
func parseCandidate(value string) (netip.AddrPort, bool) {
	f := strings.Fields(value)
	if len(f) < 6 || !strings.EqualFold(f[2], "udp") {
		return netip.AddrPort{}, false
	}
	ip, err := netip.ParseAddr(f[4])
	port, portErr := strconv.ParseUint(f[5], 10, 16)
	return netip.AddrPortFrom(ip, uint16(port)), err == nil && portErr == nil && port > 0
}

func (a *answer) takeStreams(m *sdp.MediaDescription) {
	repairs := make(map[uint32]bool)
	seen := make(map[uint32]bool)
	for _, at := range m.Attributes {
		f := strings.Fields(at.Value)
		switch {
		case at.Key == "ssrc-group" && len(f) == 3 && f[0] == "FID":
			repairs[number(f[2])] = true
		case at.Key == "ssrc" && len(f) > 0:
			ssrc := number(f[0])
			if ssrc != 0 && !seen[ssrc] {
				seen[ssrc] = true
				a.slots = append(a.slots, slotStream{ssrc: ssrc, video: m.MediaName.Media == "video", rtx: repairs[ssrc]})
			}
		}
	}
}

func number(s string) uint32 {
	n, _ := strconv.ParseUint(s, 10, 32)
	return uint32(n)
}
