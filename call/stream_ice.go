package call

import (
	"context"
	"slices"
	"strings"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/sfu"
)

// StreamPatch is what a client adds to its stream's ICE session, or begins a new one with: RFC 9725 section 4.3.
type StreamPatch struct {
	// IfMatch lists the generations that the client speaks of; "*" is whichever there is.
	IfMatch  []string
	Fragment string // application/trickle-ice-sdpfrag
}

// Restarted is the server's half of a new ICE session; empty when the patch began none.
type Restarted struct {
	Fragment   string
	Generation string
}

var (
	errNoGeneration    = fault.New(fault.Conflict, "etag_missing", `A change of ICE says in If-Match which session it is for; "*" restarts.`)
	errOtherGeneration = fault.New(fault.Conflict, "etag_mismatch", "The change is for an ICE session that has been replaced.")
)

// PatchStream takes candidates, or restarts ICE when the fragment has other credentials than the offer had. A newer
// token behind it prolongs the stream.
func (s *Service) PatchStream(ctx context.Context, who auth.Identity, ref StreamRef, p StreamPatch) (Restarted, error) {
	l, st, err := s.stream(who, ref)
	if err != nil {
		return Restarted{}, err
	}
	fragment, err := readFragment(p.Fragment)
	if err != nil {
		return Restarted{}, err
	}
	st.stream.exchange.Lock()
	defer st.stream.exchange.Unlock()
	offer, answer := l.exchanged(st)
	switch {
	case len(p.IfMatch) == 0:
		return Restarted{}, errNoGeneration
	case !slices.Contains(p.IfMatch, "*") && !slices.Contains(p.IfMatch, generationOf(answer)):
		return Restarted{}, errOtherGeneration
	}
	var restarted Restarted
	if fragment.restarts(offer) {
		offer = withCredentials(offer, fragment)
		if answer, err = st.peer.Offer(ctx, offer, st.stream.tracks); err != nil {
			return Restarted{}, err
		}
		restarted = Restarted{Fragment: answerFragment(answer), Generation: generationOf(answer)}
	} else if err := addCandidates(st.peer, fragment.candidates); err != nil {
		return Restarted{}, err
	}
	l.noteExchange(st, who, offer, answer)
	return restarted, nil
}

// addCandidates has candidates checked and counted. The server is ICE-lite and needs none, so those that come with a
// restart, which has begun by then, are not looked at.
func addCandidates(peer *sfu.Peer, candidates []string) error {
	for _, candidate := range candidates {
		if err := peer.AddCandidate(candidate); err != nil {
			return err
		}
	}
	return nil
}

func (l *live) exchanged(st *seat) (offer, answer string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return st.stream.offer, st.stream.answer
}

func (l *live) noteExchange(st *seat, who auth.Identity, offer, answer string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	st.stream.offer, st.stream.answer = offer, answer
	if who.Expires.After(st.stream.who.Expires) {
		st.stream.who = who
	}
}

// Attributes of an ICE session.
const (
	iceUfrag     = "a=ice-ufrag:"
	icePassword  = "a=ice-pwd:"
	iceCandidate = "a=candidate:"
)

// iceFragment is what is used of a fragment: RFC 8840 section 4.4.
type iceFragment struct {
	ufrag, password string // "" when the fragment leaves them out
	candidates      []string
}

func badFragment(why string) error {
	return fault.Newf(fault.Invalid, "bad_fragment", "The ICE fragment cannot be read: %s.", why)
}

func readFragment(text string) (f iceFragment, err error) {
	if len(text) > maxStreamSDP {
		return f, fault.Newf(fault.TooLarge, "sdp_too_large", "The fragment is larger than %d bytes.", maxStreamSDP).With("limit", maxStreamSDP)
	}
	lines := slices.Concat(splitSections(text)...)
	if len(lines) == 0 {
		return f, badFragment("it is empty")
	}
	for _, line := range lines {
		if len(line) < 2 || line[1] != '=' {
			return f, badFragment("a line is not of the form key=value")
		}
		switch {
		case strings.HasPrefix(line, iceUfrag):
			err = f.credential(&f.ufrag, line[len(iceUfrag):])
		case strings.HasPrefix(line, icePassword):
			err = f.credential(&f.password, line[len(icePassword):])
		case strings.HasPrefix(line, iceCandidate):
			f.candidates = append(f.candidates, line[len("a="):])
		}
		if err != nil {
			return f, err
		}
	}
	if f.ufrag == "" && f.password != "" || f.ufrag != "" && f.password == "" {
		return f, badFragment("ice-ufrag and ice-pwd belong together")
	}
	return f, nil
}

// credential takes one half of the credentials, which is the same in every section: they are bundled.
func (f *iceFragment) credential(half *string, value string) error {
	if value == "" || (*half != "" && *half != value) {
		return badFragment("its sections have different credentials")
	}
	*half = value
	return nil
}

func (f *iceFragment) restarts(offer string) bool {
	lines := slices.Concat(splitSections(offer)...)
	return f.ufrag != "" && (f.ufrag != lines.value(iceUfrag) || f.password != lines.value(icePassword))
}

// withCredentials is the offer as the client would make it for the new session: nothing else can change.
func withCredentials(offer string, f iceFragment) string {
	sections := splitSections(offer)
	for _, section := range sections {
		for i, line := range section {
			switch {
			case strings.HasPrefix(line, iceUfrag):
				section[i] = iceUfrag + f.ufrag
			case strings.HasPrefix(line, icePassword):
				section[i] = icePassword + f.password
			}
		}
	}
	return joinSections(sections)
}

// generationOf names the ICE session of an answer, by the user name that the server made for it.
func generationOf(answer string) string {
	return slices.Concat(splitSections(answer)...).value(iceUfrag)
}

// answerFragment is what a client needs of an answer after a restart: the first section that is not refused, whose ICE
// session is that of all.
func answerFragment(answer string) string {
	sections := splitSections(answer)
	fragment := sections[0].only("a=ice-lite", "a=group:")
	for _, section := range sections[1:] {
		if section.media() != "" {
			fragment = append(fragment, section.only("m=", "a=mid:", iceUfrag, icePassword, iceCandidate, "a=end-of-candidates")...)
			break
		}
	}
	return joinSections([]sdpSection{fragment})
}

// only keeps the lines with one of the prefixes.
func (s sdpSection) only(prefixes ...string) (kept sdpSection) {
	for _, line := range s {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(line, p) }) {
			kept = append(kept, line)
		}
	}
	return kept
}
