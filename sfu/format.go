package sfu

import (
	"strings"

	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/transport"
)

// format is what a section agreed on; immutable.
type format struct {
	codecs     []codecFormat
	extensions transport.Extensions
}

type codecFormat struct {
	transport.Codec
	name codec.Name
	key  string // equal for codecs that can be forwarded to each other
	// inner is, of RED, the payload type of the Opus within.
	inner uint8
}

func newFormat(sec *transport.Section) *format {
	f := &format{extensions: sec.Extensions, codecs: make([]codecFormat, len(sec.Codecs))}
	for i, c := range sec.Codecs {
		f.codecs[i] = codecFormat{Codec: c, name: codec.Parse(c.Name), key: codecKey(c)}
	}
	if red, opus := f.named(codec.RED), f.named(codec.Opus); red != nil && opus != nil {
		red.inner = opus.PayloadType
	}
	return f
}

// find looks up a payload type; repair tells that it is the one of the codec's retransmissions.
func (f *format) find(payloadType uint8) (c *codecFormat, repair bool) {
	for i := range f.codecs {
		switch payloadType {
		case f.codecs[i].PayloadType:
			return &f.codecs[i], false
		case f.codecs[i].RTX:
			if payloadType != 0 {
				return &f.codecs[i], true
			}
		}
	}
	return nil, false
}

// match finds the codec that can carry c; what comes as RED can go as the Opus that is in it.
func (f *format) match(c *codecFormat) *codecFormat {
	for i := range f.codecs {
		if f.codecs[i].key == c.key {
			return &f.codecs[i]
		}
	}
	if c.name == codec.RED {
		return f.named(codec.Opus)
	}
	return nil
}

// codecKey joins the parameters that a receiver must share: for H264 the packetization mode and the profile without its
// level (RFC 6184 section 8.2.2), for VP9 and AV1 the profile.
func codecKey(c transport.Codec) string {
	key := strings.ToLower(c.Name)
	params := fmtpParams(c.Fmtp)
	switch codec.Parse(c.Name) {
	case codec.H264:
		profile := params["profile-level-id"]
		if len(profile) < 4 {
			profile = "4200" // baseline is the default
		}
		return key + "/" + orDefault(params["packetization-mode"], "0") + "/" + profile[:4]
	case codec.VP9:
		return key + "/" + orDefault(params["profile-id"], "0")
	case codec.AV1:
		return key + "/" + orDefault(params["profile"], "0")
	}
	return key
}

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

func fmtpParams(fmtp string) map[string]string {
	params := make(map[string]string)
	for part := range strings.SplitSeq(fmtp, ";") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		params[strings.ToLower(k)] = strings.ToLower(v)
	}
	return params
}

// retransmittable is a codec that has retransmissions; nil when none has.
func (f *format) retransmittable() *codecFormat {
	for i := range f.codecs {
		if f.codecs[i].RTX != 0 {
			return &f.codecs[i]
		}
	}
	return nil
}
