package transport

import (
	"fmt"
	"strings"
)

// writeAnswer writes the answer to o; the caller holds c.mu. Transport attributes stand in each section, which is what
// every client understands; the candidates in the first that is accepted, which carries all the others (RFC 8843).
func (c *Conn) writeAnswer(o *offer, sections []Section) string {
	w := &answerWriter{c: c, creds: (*c.credentials.Load())[0]}
	w.line("v=0")
	w.line("o=- %d %d IN IP4 127.0.0.1", c.negotiation.sessionID, c.negotiation.version)
	w.line("s=-")
	w.line("t=0 0")
	w.line("a=ice-lite")
	if o.allowMixed {
		w.line("a=extmap-allow-mixed")
	}
	var accepted []string
	for _, s := range sections {
		if len(s.Codecs) > 0 {
			accepted = append(accepted, s.Mid)
		}
	}
	if len(accepted) > 0 {
		w.line("a=group:BUNDLE %s", strings.Join(accepted, " "))
	}
	w.line("a=msid-semantic: WMS *")
	candidates := c.l.candidates()
	for i := range sections {
		if len(sections[i].Codecs) == 0 {
			w.rejected(&o.sections[i])
			continue
		}
		w.section(&o.sections[i], &sections[i], candidates)
		candidates = nil
	}
	return w.b.String()
}

type answerWriter struct {
	c     *Conn
	creds *credentials
	b     strings.Builder
}

func (w *answerWriter) line(format string, args ...any) {
	fmt.Fprintf(&w.b, format, args...)
	w.b.WriteString("\r\n")
}

// rejected answers with port 0, RFC 3264 section 6.
func (w *answerWriter) rejected(o *offered) {
	formats := "0"
	if len(o.formats) > 0 {
		formats = strings.Join(o.formats, " ")
	}
	w.line("m=%s 0 %s %s", o.media, o.protocol, formats)
	w.line("c=IN IP4 0.0.0.0")
	if o.mid != "" {
		w.line("a=mid:%s", o.mid)
	}
	w.line("a=inactive")
}

func (w *answerWriter) section(o *offered, s *Section, candidates []string) {
	w.line("m=%s 9 %s %s", o.media, o.protocol, payloadTypes(s.Codecs))
	w.line("c=IN IP4 0.0.0.0")
	w.line("a=rtcp:9 IN IP4 0.0.0.0")
	w.line("a=mid:%s", s.Mid)
	w.line("a=ice-ufrag:%s", w.creds.localUfrag)
	w.line("a=ice-pwd:%s", w.creds.localPassword)
	w.line("a=fingerprint:sha-256 %s", w.c.l.certificate.fingerprint)
	w.line("a=setup:passive")
	w.line("a=rtcp-mux")
	if o.reduced {
		w.line("a=rtcp-rsize")
	}
	switch s.Direction {
	case FromClient:
		w.line("a=recvonly")
	case ToClient:
		w.line("a=sendonly")
	default:
		w.line("a=inactive")
	}
	w.extensions(s)
	w.codecs(s)
	w.layers(s)
	w.slot(s)
	for _, candidate := range candidates {
		w.line("a=candidate:%s", candidate)
	}
	if candidates != nil {
		w.line("a=end-of-candidates")
	}
}

func payloadTypes(codecs []Codec) string {
	var b strings.Builder
	for i, c := range codecs {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprint(&b, c.PayloadType)
		if c.RTX != 0 {
			fmt.Fprintf(&b, " %d", c.RTX)
		}
	}
	return b.String()
}

func (w *answerWriter) extensions(s *Section) {
	for _, known := range extensionURIs {
		if id := *known.id(&s.Extensions); id != 0 {
			w.line("a=extmap:%d %s", id, known.uri)
		}
	}
}

func (w *answerWriter) codecs(s *Section) {
	for _, c := range s.Codecs {
		rtpmap := fmt.Sprintf("%s/%d", c.Name, c.ClockRate)
		if c.Channels > 1 {
			rtpmap += fmt.Sprintf("/%d", c.Channels)
		}
		w.line("a=rtpmap:%d %s", c.PayloadType, rtpmap)
		if fmtp := answerFmtp(c); fmtp != "" {
			w.line("a=fmtp:%d %s", c.PayloadType, fmtp)
		}
		for _, fb := range []struct {
			agreed bool
			name   string
		}{{c.TransportCC, "transport-cc"}, {c.FIR, "ccm fir"}, {c.NACK, "nack"}, {c.PLI, "nack pli"}} {
			if fb.agreed {
				w.line("a=rtcp-fb:%d %s", c.PayloadType, fb.name)
			}
		}
		if c.RTX != 0 {
			w.line("a=rtpmap:%d rtx/%d", c.RTX, c.ClockRate)
			w.line("a=fmtp:%d apt=%d", c.RTX, c.PayloadType)
		}
	}
}

// layers takes every simulcast layer that the client offers.
func (w *answerWriter) layers(s *Section) {
	if s.Direction != FromClient || len(s.RIDs) == 0 {
		return
	}
	for _, rid := range s.RIDs {
		w.line("a=rid:%s recv", rid)
	}
	w.line("a=simulcast:recv %s", strings.Join(s.RIDs, ";"))
}

// slot declares what we send.
func (w *answerWriter) slot(s *Section) {
	if s.Direction != ToClient {
		return
	}
	known := w.c.negotiation.slots[s.Mid]
	w.line("a=msid:%s %s", known.streamID(), known.trackID())
	if s.Slot.RTX != 0 {
		w.line("a=ssrc-group:FID %d %d", s.Slot.SSRC, s.Slot.RTX)
	}
	for _, ssrc := range []uint32{s.Slot.SSRC, s.Slot.RTX} {
		if ssrc != 0 {
			w.line("a=ssrc:%d cname:%s", ssrc, s.CNAME)
			w.line("a=ssrc:%d msid:%s %s", ssrc, known.streamID(), known.trackID())
		}
	}
}
