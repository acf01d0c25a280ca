package call

import (
	"strings"

	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/sfu"
)

// maxStreamSDP is the largest offer of a stream, in bytes.
const maxStreamSDP = 64 << 10

// streamOffer is the offer of a publisher or player as it is handed to the SFU. Only what the two protocols add to the
// rules of an offer is looked at here; the rest is for the transport to judge.
type streamOffer struct {
	sdp    string
	tracks []sfu.Track
}

func (o *streamOffer) sends(source sfu.Source) bool {
	for _, t := range o.tracks {
		if t.Source == source {
			return true
		}
	}
	return false
}

// sourcesByKind are what the sections of a publisher carry, in their order.
var sourcesByKind = map[string][]sfu.Source{
	"audio": {sfu.Microphone, sfu.ScreenAudio},
	"video": {sfu.Camera, sfu.Screen},
}

func readStreamOffer(kind StreamKind, sdp string) (*streamOffer, error) {
	if len(sdp) > maxStreamSDP {
		return nil, fault.Newf(fault.TooLarge, "sdp_too_large", "The offer is larger than %d bytes.", maxStreamSDP).With("limit", maxStreamSDP)
	}
	o := &streamOffer{}
	seen := make(map[string]int)
	sections := splitSections(sdp)
	for i, section := range sections {
		media := section.media()
		if i == 0 || media == "" {
			continue
		}
		if kind == Playing {
			if err := sections[i].receiveOnly(); err != nil {
				return nil, err
			}
			continue
		}
		if section.has("a=recvonly") || section.has("a=inactive") {
			return nil, fault.New(fault.Invalid, "bad_direction", "A publisher's sections are sendonly.")
		}
		sources := sourcesByKind[media]
		if seen[media] == len(sources) {
			return nil, fault.Newf(fault.Invalid, "invalid_track", "A publisher has at most %d %s sections.", len(sources), media)
		}
		o.tracks = append(o.tracks, sfu.Track{Mid: section.value("a=mid:"), Source: sources[seen[media]]})
		seen[media]++
	}
	o.sdp = joinSections(sections)
	return o, nil
}

// sdpSection is the lines of one section, of which the first begins with "m="; or of the session, before all of them.
type sdpSection []string

func splitSections(sdp string) []sdpSection {
	sections := []sdpSection{nil}
	for line := range strings.Lines(sdp) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "m=") {
			sections = append(sections, nil)
		}
		if line != "" {
			last := len(sections) - 1
			sections[last] = append(sections[last], line)
		}
	}
	return sections
}

func joinSections(sections []sdpSection) string {
	var b strings.Builder
	for _, section := range sections {
		for _, line := range section {
			b.WriteString(line)
			b.WriteString("\r\n")
		}
	}
	return b.String()
}

// media is audio or video; "" for a section of another kind, and for one that is turned off.
func (s sdpSection) media() string {
	if len(s) == 0 {
		return ""
	}
	media, rest, _ := strings.Cut(strings.TrimPrefix(s[0], "m="), " ")
	port, _, _ := strings.Cut(rest, " ")
	if sourcesByKind[media] == nil || (port == "0" && !s.has("a=bundle-only")) {
		return ""
	}
	return media
}

func (s sdpSection) has(line string) bool {
	for _, l := range s {
		if l == line {
			return true
		}
	}
	return false
}

// value is what follows the prefix in the first line that has it.
func (s sdpSection) value(prefix string) string {
	for _, l := range s {
		if v, ok := strings.CutPrefix(l, prefix); ok {
			return v
		}
	}
	return ""
}

// receiveOnly turns what a player may also write, sendrecv, into the recvonly of a slot.
func (s *sdpSection) receiveOnly() error {
	if s.has("a=sendonly") || s.has("a=inactive") {
		return fault.New(fault.Invalid, "bad_direction", "A player's sections are recvonly.")
	}
	if s.has("a=recvonly") {
		return nil
	}
	lines := make(sdpSection, 0, len(*s)+1)
	for _, line := range *s {
		if line != "a=sendrecv" {
			lines = append(lines, line)
		}
	}
	*s = append(lines, "a=recvonly")
	return nil
}
