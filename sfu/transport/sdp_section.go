package transport

import (
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/digierapro/parley/internal/fault"
)

// maxMid is the longest section name that we take; browsers use a digit or two.
const maxMid = 32

// readSection reads one media section.
func readSection(m *sdp.MediaDescription, limits Limits) (s offered, err error) {
	s.media = m.MediaName.Media
	s.protocol = strings.Join(m.MediaName.Protos, "/")
	s.formats = m.MediaName.Formats
	if !isToken(s.media, 32) || !isToken(strings.ReplaceAll(s.protocol, "/", "-"), 64) {
		return s, badSDP("a media line is malformed")
	}
	if len(s.formats) > limits.Codecs {
		return s, tooMany("too_many_codecs", "payload types in one section", limits.Codecs)
	}
	for _, f := range s.formats {
		if !isToken(f, 64) {
			return s, badSDP("a media line is malformed")
		}
	}
	s.mid, _ = m.Attribute("mid")
	s.rejected = m.MediaName.Port.Value == 0 && !hasFlag(m, "bundle-only")
	if s.mid != "" && !isToken(s.mid, maxMid) {
		return s, badSDP("a section's name is malformed or longer than %d bytes", maxMid)
	}
	if s.rejected {
		return s, nil
	}
	if s.mid == "" {
		return s, badSDP("a section has no name (a=mid)")
	}
	if s.media != "audio" && s.media != "video" {
		return s, nil // will be rejected
	}
	return s, s.readMedia(m, limits)
}

// readMedia reads what is particular to audio and video.
func (s *offered) readMedia(m *sdp.MediaDescription, limits Limits) error {
	if s.protocol != "UDP/TLS/RTP/SAVPF" && s.protocol != "TCP/TLS/RTP/SAVPF" {
		return fault.Newf(fault.Invalid, "bad_protocol", "Section %q must use UDP/TLS/RTP/SAVPF.", s.mid)
	}
	if !hasFlag(m, "rtcp-mux") {
		return fault.Newf(fault.Invalid, "rtcp_mux_required", "Section %q must multiplex RTCP (a=rtcp-mux).", s.mid)
	}
	s.reduced = hasFlag(m, "rtcp-rsize")
	s.direction = readDirection(m)
	var err error
	if s.codecs, err = readCodecs(m, limits); err != nil {
		return err
	}
	if s.extensions, err = readExtensions(m, limits); err != nil {
		return err
	}
	if s.rids, err = readSimulcast(m, limits); err != nil {
		return err
	}
	s.streams, err = readStreams(m, limits)
	return err
}

// readDirection turns the client's direction into ours. Of sendrecv, the default, only the sending half is taken.
func readDirection(m *sdp.MediaDescription) Direction {
	switch {
	case hasFlag(m, "inactive"):
		return Inactive
	case hasFlag(m, "recvonly"):
		return ToClient
	}
	return FromClient
}

// readSimulcast returns the layers that the client sends, in its order: RFC 8853, "a=simulcast:send q;h;~f recv …".
func readSimulcast(m *sdp.MediaDescription, limits Limits) ([]string, error) {
	value, ok := m.Attribute("simulcast")
	if !ok {
		return nil, nil
	}
	fields := strings.Fields(value)
	var rids []string
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i] != "send" {
			continue
		}
		for _, layer := range strings.Split(fields[i+1], ";") {
			rid, _, _ := strings.Cut(layer, ",") // the first of its alternatives
			rid = strings.TrimPrefix(rid, "~")   // paused at first
			if len(rids) == limits.RIDs {
				return nil, tooMany("too_many_layers", "simulcast layers in one section", limits.RIDs)
			}
			// RFC 8852 section 3.1: letters and digits, here also what browsers let a page use.
			if !isToken(rid, 16) || strings.ContainsAny(rid, ".*+~") {
				return nil, badSDP("a simulcast layer is malformed")
			}
			rids = append(rids, rid)
		}
	}
	return rids, nil
}

// readStreams returns the declared streams with their retransmissions, from a=ssrc and a=ssrc-group:FID.
func readStreams(m *sdp.MediaDescription, limits Limits) ([]Stream, error) {
	var streams []Stream
	repair := make(map[uint32]uint32) // by what it repairs
	isRepair := make(map[uint32]bool)
	seen := make(map[uint32]bool)
	for _, a := range m.Attributes {
		switch a.Key {
		case "ssrc-group":
			f := strings.Fields(a.Value)
			if len(f) != 3 || f[0] != "FID" {
				continue
			}
			main, err1 := strconv.ParseUint(f[1], 10, 32)
			rtx, err2 := strconv.ParseUint(f[2], 10, 32)
			if err1 != nil || err2 != nil {
				return nil, badSDP("a stream group is malformed")
			}
			repair[uint32(main)], isRepair[uint32(rtx)] = uint32(rtx), true
		case "ssrc":
			number, _, _ := strings.Cut(a.Value, " ")
			ssrc, err := strconv.ParseUint(number, 10, 32)
			if err != nil {
				return nil, badSDP("a stream number is malformed")
			}
			if seen[uint32(ssrc)] {
				continue
			}
			seen[uint32(ssrc)] = true
			if len(seen) > limits.Streams {
				return nil, tooMany("too_many_streams", "declared streams in one section", limits.Streams)
			}
			streams = append(streams, Stream{SSRC: uint32(ssrc)})
		}
		if len(repair) > limits.Streams {
			return nil, tooMany("too_many_streams", "declared streams in one section", limits.Streams)
		}
	}
	kept := streams[:0]
	for _, s := range streams {
		if !isRepair[s.SSRC] {
			s.RTX = repair[s.SSRC]
			kept = append(kept, s)
		}
	}
	return kept, nil
}
