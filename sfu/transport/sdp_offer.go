package transport

import (
	"slices"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/digierapro/parley/internal/fault"
)

// offer is what we use of a client's session description.
type offer struct {
	ufrag, password string
	fingerprints    []fingerprint
	allowMixed      bool
	sections        []offered
}

// offered is one of its media sections.
type offered struct {
	media     string // "audio", "video", "application", …
	protocol  string
	formats   []string
	mid       string
	rejected  bool // port 0, and not only because it is bundled
	direction Direction
	reduced   bool // a=rtcp-rsize

	codecs     []Codec
	extensions Extensions
	rids       []string
	streams    []Stream
}

func badSDP(format string, args ...any) error {
	return fault.Newf(fault.Invalid, "bad_sdp", "The offer cannot be read: "+format+".", args...)
}

func tooMany(code, what string, limit int) error {
	return fault.Newf(fault.Invalid, code, "The offer has more than %d %s.", limit, what).With("limit", limit)
}

// parseOffer reads an offer within the limits. Size comes first, so that nothing large is ever parsed.
func parseOffer(text string, limits Limits) (*offer, error) {
	if len(text) > limits.SDP {
		return nil, fault.Newf(fault.TooLarge, "sdp_too_large", "The offer is larger than %d bytes.", limits.SDP).
			With("limit", limits.SDP)
	}
	if strings.Count(text, "\nm=") > limits.Sections {
		return nil, tooMany("too_many_sections", "media sections", limits.Sections)
	}
	var s sdp.SessionDescription
	if err := s.UnmarshalString(text); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "bad_sdp", "The offer is not a session description.")
	}
	o := &offer{}
	if err := o.readSession(&s); err != nil {
		return nil, err
	}
	bundle := bundledMids(&s)
	for _, m := range s.MediaDescriptions {
		section, err := readSection(m, limits)
		if err != nil {
			return nil, err
		}
		if !section.rejected && !slices.Contains(bundle, section.mid) {
			return nil, fault.Newf(fault.Invalid, "bundle_required", "Section %q is not in the BUNDLE group; everything goes "+
				"over one transport.", section.mid)
		}
		o.sections = append(o.sections, section)
	}
	return o, o.check()
}

// readSession takes what holds for the whole: from the session, or from the first section that has it, as bundled
// sections all have the same.
func (o *offer) readSession(s *sdp.SessionDescription) error {
	first := func(key string) string {
		if v, ok := s.Attribute(key); ok {
			return v
		}
		for _, m := range s.MediaDescriptions {
			if v, ok := m.Attribute(key); ok && (m.MediaName.Port.Value != 0 || hasFlag(m, "bundle-only")) {
				return v
			}
		}
		return ""
	}
	o.ufrag, o.password = first("ice-ufrag"), first("ice-pwd")
	// RFC 8839 section 5.4
	if !isICEString(o.ufrag, 4, 256) || !isICEString(o.password, 22, 256) {
		return badSDP("its ICE user name or password is missing or malformed")
	}
	if _, lite := s.Attribute("ice-lite"); lite {
		return fault.New(fault.Invalid, "ice_lite", "The offer is ICE-lite; the server is, so the client must not be.")
	}
	switch first("setup") {
	case "actpass", "active":
	default:
		return fault.New(fault.Invalid, "bad_setup", "The offer must let the client be the DTLS client (a=setup:actpass).")
	}
	_, o.allowMixed = s.Attribute("extmap-allow-mixed")
	return o.readFingerprints(s)
}

// maxFingerprints is how many different ones an offer may have; browsers send one.
const maxFingerprints = 4

func (o *offer) readFingerprints(s *sdp.SessionDescription) error {
	attributes := slices.Clone(s.Attributes)
	for _, m := range s.MediaDescriptions {
		attributes = append(attributes, m.Attributes...)
	}
	for _, a := range attributes {
		if a.Key != "fingerprint" {
			continue
		}
		f, ok, err := parseFingerprint(a.Value)
		if err != nil {
			return badSDP("%v", err)
		}
		if ok && !slices.Contains(o.fingerprints, f) {
			o.fingerprints = append(o.fingerprints, f)
		}
		if len(o.fingerprints) > maxFingerprints {
			return tooMany("too_many_fingerprints", "fingerprints", maxFingerprints)
		}
	}
	if len(o.fingerprints) == 0 {
		return fault.New(fault.Invalid, "no_fingerprint",
			"The offer names no certificate fingerprint by SHA-256, SHA-384 or SHA-512.")
	}
	return nil
}

// check looks at the sections together.
func (o *offer) check() error {
	if len(o.sections) == 0 {
		return fault.New(fault.Invalid, "no_media", "The offer has no media sections.")
	}
	seen := make(map[string]bool, len(o.sections))
	for _, s := range o.sections {
		if s.rejected && s.mid == "" {
			continue
		}
		if seen[s.mid] {
			return badSDP("two sections are named %q", s.mid)
		}
		seen[s.mid] = true
	}
	return nil
}

func bundledMids(s *sdp.SessionDescription) []string {
	for _, a := range s.Attributes {
		if rest, ok := strings.CutPrefix(a.Value, "BUNDLE"); ok && a.Key == "group" {
			return strings.Fields(rest)
		}
	}
	return nil
}

func hasFlag(m *sdp.MediaDescription, key string) bool {
	_, ok := m.Attribute(key)
	return ok
}

// isICEString: RFC 8839, letters, digits, "+" and "/".
func isICEString(s string, shortest, longest int) bool {
	if len(s) < shortest || len(s) > longest {
		return false
	}
	for _, r := range s {
		if !isAlphanumeric(r) && r != '+' && r != '/' && r != '-' && r != '_' { // the last two: some clients
			return false
		}
	}
	return true
}

// isToken: RFC 8866, without what would break our own lines or lists.
func isToken(s string, longest int) bool {
	if s == "" || len(s) > longest {
		return false
	}
	for _, r := range s {
		if !isAlphanumeric(r) && !strings.ContainsRune("!#$%&'*+-.^_`{|}~", r) {
			return false
		}
	}
	return true
}

func isAlphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}
