package transport

import (
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// readCodecs returns those of a section's codecs that we forward, in the client's order. What we do not know (FEC,
// comfort noise, telephone events, old codecs) is passed over.
func readCodecs(m *sdp.MediaDescription, limits Limits) ([]Codec, error) {
	t := codecTable{fmtp: make(map[string]string), feedback: make(map[string][]string)}
	for _, a := range m.Attributes {
		if err := t.read(a); err != nil {
			return nil, err
		}
	}
	if len(t.maps) > limits.Codecs {
		return nil, tooMany("too_many_codecs", "codecs in one section", limits.Codecs)
	}
	byFormat := make(map[string]Codec, len(t.maps))
	rtx := make(map[string]uint8) // by the format it repairs
	for format, m := range t.maps {
		c, err := t.codec(format, m)
		if err != nil {
			return nil, err
		}
		byFormat[format] = c
		if apt := parameter(c.Fmtp, "apt"); strings.EqualFold(c.Name, "rtx") && apt != "" {
			rtx[apt] = c.PayloadType
		}
	}
	var codecs []Codec
	for i, format := range m.MediaName.Formats {
		c, ok := byFormat[format]
		if !ok || !supported(m.MediaName.Media, &c) || (c.Name == "red" && i > 0) {
			continue
		}
		c.RTX = rtx[format]
		codecs = append(codecs, c)
		delete(byFormat, format) // a format named twice counts once
	}
	if len(codecs) == 1 && codecs[0].Name == "red" {
		return nil, nil
	}
	return codecs, nil
}

// codecTable gathers a section's lines about codecs, by payload type as written.
type codecTable struct {
	maps     map[string]string
	fmtp     map[string]string
	feedback map[string][]string
}

func (t *codecTable) read(a sdp.Attribute) error {
	format, rest, _ := strings.Cut(a.Value, " ")
	switch a.Key {
	case "rtpmap":
		if t.maps == nil {
			t.maps = make(map[string]string)
		}
		t.maps[format] = rest
	case "fmtp":
		if len(rest) > 512 || strings.ContainsFunc(rest, func(r rune) bool { return r < ' ' || r > '~' }) {
			return badSDP("the parameters of payload type %q are malformed", format)
		}
		t.fmtp[format] = rest
	case "rtcp-fb":
		if len(t.feedback[format]) < 16 {
			t.feedback[format] = append(t.feedback[format], rest)
		}
	}
	return nil
}

// codec reads one rtpmap: "VP8/90000" or "opus/48000/2".
func (t *codecTable) codec(format, rtpmap string) (c Codec, err error) {
	number, err := strconv.ParseUint(format, 10, 7)
	if err != nil {
		return c, badSDP("payload type %q is not a number from 0 to 127", format)
	}
	// RFC 5761 section 4: with the marker bit these would look like RTCP.
	if number >= 64 && number < 96 {
		number = 0
	}
	parts := strings.Split(rtpmap, "/")
	if len(parts) < 2 || len(parts) > 3 || !isToken(parts[0], 32) {
		return c, badSDP("the codec of payload type %q is malformed", format)
	}
	rate, err := strconv.ParseUint(parts[1], 10, 32)
	if err != nil {
		return c, badSDP("the clock rate of payload type %q is malformed", format)
	}
	c = Codec{PayloadType: uint8(number), Name: parts[0], ClockRate: uint32(rate), Fmtp: t.fmtp[format]}
	if len(parts) == 3 {
		channels, err := strconv.ParseUint(parts[2], 10, 8)
		if err != nil {
			return c, badSDP("the channels of payload type %q are malformed", format)
		}
		c.Channels = uint16(channels)
	}
	for _, fb := range append(t.feedback["*"], t.feedback[format]...) {
		switch fb {
		case "nack":
			c.NACK = true
		case "nack pli":
			c.PLI = true
		case "ccm fir":
			c.FIR = true
		case "transport-cc":
			c.TransportCC = true
		}
	}
	return c, nil
}

// supported tells whether we forward c, and gives it its registered name.
func supported(media string, c *Codec) bool {
	if c.PayloadType == 0 {
		return false
	}
	name := strings.ToLower(c.Name)
	switch media + " " + name {
	case "audio opus", "audio red":
		c.Name = name
		return c.ClockRate == 48000 && c.Channels == 2
	case "video vp8":
		c.Name = "VP8"
	case "video vp9":
		c.Name = "VP9"
		if profile := parameter(c.Fmtp, "profile-id"); profile != "" && profile != "0" {
			return false
		}
	case "video av1":
		c.Name = "AV1"
		if profile := parameter(c.Fmtp, "profile"); profile != "" && profile != "0" {
			return false
		}
	case "video h264":
		c.Name = "H264"
		if !supportedH264(c.Fmtp) {
			return false
		}
	default:
		return false
	}
	return c.ClockRate == 90000
}

// supportedH264: fragmented units (packetization mode 1) of the baseline, constrained baseline or main profile.
// RFC 6184 section 8.1: the profile is the first byte of profile-level-id, baseline when that is missing.
func supportedH264(fmtp string) bool {
	if parameter(fmtp, "packetization-mode") != "1" {
		return false
	}
	id := strings.ToLower(parameter(fmtp, "profile-level-id"))
	return id == "" || len(id) == 6 && (id[:2] == "42" || id[:2] == "4d")
}

// parameter finds one of a format's parameters, "" when it is not there.
func parameter(fmtp, key string) string {
	for p := range strings.SplitSeq(fmtp, ";") {
		k, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(k, key) {
			return v
		}
	}
	return ""
}

// answerFmtp is what we answer for a codec: the client's own parameters, and for Opus that we like its redundancy.
func answerFmtp(c Codec) string {
	if c.Name != "opus" || parameter(c.Fmtp, "useinbandfec") == "1" {
		return c.Fmtp
	}
	var kept []string
	for p := range strings.SplitSeq(c.Fmtp, ";") {
		if p = strings.TrimSpace(p); p != "" && !strings.HasPrefix(strings.ToLower(p), "useinbandfec=") {
			kept = append(kept, p)
		}
	}
	return strings.Join(append(kept, "useinbandfec=1"), ";")
}
