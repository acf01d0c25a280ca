package transport

import (
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// extensionURIs are the header extensions that we agree to, the dependency descriptor with reservations: see
// wantsDescriptor.
var extensionURIs = []struct {
	uri   string
	id    func(*Extensions) *uint8
	kinds [2]bool // audio, video
	up    bool    // only of use from the client
}{
	{"urn:ietf:params:rtp-hdrext:sdes:mid", func(e *Extensions) *uint8 { return &e.MID }, [2]bool{true, true}, false},
	{"urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", func(e *Extensions) *uint8 { return &e.RID }, [2]bool{false, true}, true},
	{"urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
		func(e *Extensions) *uint8 { return &e.RepairedRID }, [2]bool{false, true}, true},
	{"urn:ietf:params:rtp-hdrext:ssrc-audio-level",
		func(e *Extensions) *uint8 { return &e.AudioLevel }, [2]bool{true, false}, false},
	{"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
		func(e *Extensions) *uint8 { return &e.AbsSendTime }, [2]bool{true, true}, false},
	{"http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
		func(e *Extensions) *uint8 { return &e.TransportCC }, [2]bool{true, true}, false},
	{"urn:3gpp:video-orientation",
		func(e *Extensions) *uint8 { return &e.VideoOrientation }, [2]bool{false, true}, false},
	{"https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
		func(e *Extensions) *uint8 { return &e.DependencyDescriptor }, [2]bool{false, true}, false},
}

// maxExtensionID is the highest id of the one-byte form, which is the only one that our answers agree to.
const maxExtensionID = 14

// readExtensions returns the ids of the extensions that a section offers and that we know.
func readExtensions(m *sdp.MediaDescription, limits Limits) (e Extensions, err error) {
	n := 0
	var taken [maxExtensionID + 1]bool
	for _, a := range m.Attributes {
		if a.Key != "extmap" {
			continue
		}
		if n++; n > limits.Extensions {
			return e, tooMany("too_many_extensions", "header extensions in one section", limits.Extensions)
		}
		f := strings.Fields(a.Value)
		if len(f) < 2 {
			return e, badSDP("a header extension is malformed")
		}
		number, _, _ := strings.Cut(f[0], "/") // "3/sendonly": the direction adds nothing for us
		id, err := strconv.ParseUint(number, 10, 16)
		if err != nil || id == 0 {
			return e, badSDP("the id of a header extension is malformed")
		}
		if id > maxExtensionID {
			continue
		}
		if taken[id] {
			return e, badSDP("two header extensions of one section have the id %d", id)
		}
		taken[id] = true
		for _, known := range extensionURIs {
			if known.uri == f[1] && known.kinds[kindIndex(m.MediaName.Media)] {
				*known.id(&e) = uint8(id)
			}
		}
	}
	return e, nil
}

func kindIndex(media string) int {
	if media == "video" {
		return 1
	}
	return 0
}

// wantsDescriptor tells whether dependency descriptors are agreed on for a section that the client sends in: when the
// codec that it sends is one whose layers are told by nothing else (AV1), or not completely (VP9). With them Chromium
// leaves the picture numbers and temporal layers out of VP8's own descriptor, whichever codecs the section offers besides.
// A sender uses the first codec that is agreed on (RFC 3264 section 6.1), and ours are in the client's order.
func wantsDescriptor(codecs []Codec) bool {
	return len(codecs) > 0 && (codecs[0].Name == "AV1" || codecs[0].Name == "VP9")
}

// forSlot leaves what is of use on a stream that we send.
func (e Extensions) forSlot() Extensions {
	for _, known := range extensionURIs {
		if known.up {
			*known.id(&e) = 0
		}
	}
	return e
}
