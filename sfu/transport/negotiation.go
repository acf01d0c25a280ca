package transport

import (
	"crypto/rand"
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/digierapro/parley/internal/fault"
)

// negotiation is what a client's offers have come to so far; guarded by the Conn's mu.
type negotiation struct {
	sessionID    uint64
	version      uint64
	fingerprints []fingerprint
	remoteUfrag  string
	remotePwd    string
	sections     int              // of the last offer; there can only be more
	slots        map[string]*slot // by mid
	candidates   int              // received for this generation of ICE
}

// slot is what stays the same for a section that we send in.
type slot struct {
	kind   Kind
	index  int // the k-th of its kind
	stream Stream
}

// streamID is the media stream that the k-th audio and the k-th video slot share, so that browsers play them in time.
func (s *slot) streamID() string { return "slot-" + strconv.Itoa(s.index) }

func (s *slot) trackID() string { return s.streamID() + "-" + s.kind.String() }

func (n *negotiation) init() {
	var b [8]byte
	_, _ = rand.Read(b[:])                             // never fails
	n.sessionID = binary.BigEndian.Uint64(b[:])>>2 | 1 // RFC 9429 section 5.2.1: fits a signed number
	n.slots = make(map[string]*slot)
}

// Answer takes the client's offer, the first or a later one, and returns the answer to send and what its sections came
// to, in the offer's order. An offer that is refused changes nothing; the error says why (fault kinds Invalid and
// TooLarge).
func (c *Conn) Answer(text string) (string, []Section, error) {
	o, err := parseOffer(text, c.l.cfg.Limits)
	if err != nil {
		return "", nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.State() >= Failed {
		return "", nil, fault.New(fault.Conflict, "media_ended", "This media connection has ended; start another.")
	}
	n := &c.negotiation
	if err := n.accepts(o); err != nil {
		return "", nil, err
	}
	sections := make([]Section, len(o.sections))
	for i := range o.sections {
		sections[i] = decide(&o.sections[i])
	}
	if n.version == 0 && !slices.ContainsFunc(sections, func(s Section) bool { return len(s.Codecs) > 0 }) {
		return "", nil, fault.New(fault.Invalid, "no_common_codec", "The offer has nothing that the server can carry.")
	}
	c.restartICE(o)
	n.fingerprints, n.sections = o.fingerprints, len(o.sections)
	n.version++
	n.assignSlots(sections)
	c.applyExtensions(sections)
	return c.writeAnswer(o, sections), sections, nil
}

// accepts checks a later offer against the earlier ones.
func (n *negotiation) accepts(o *offer) error {
	if n.version == 0 {
		return nil
	}
	if len(o.sections) < n.sections {
		return fault.New(fault.Invalid, "sections_missing", "A later offer must keep all sections of the one before.")
	}
	if !slices.ContainsFunc(o.fingerprints, func(f fingerprint) bool { return slices.Contains(n.fingerprints, f) }) {
		return fault.New(fault.Invalid, "certificate_changed", "The client's certificate cannot change within a connection.")
	}
	return nil
}

// decide says what becomes of one offered section, slots aside.
func decide(o *offered) Section {
	s := Section{Mid: o.mid, Direction: Inactive}
	switch o.media {
	case "audio":
		s.Kind = Audio
	case "video":
		s.Kind = Video
	}
	if o.rejected || len(o.codecs) == 0 {
		return s
	}
	s.Direction, s.Codecs, s.Extensions = o.direction, o.codecs, o.extensions
	switch s.Direction {
	case FromClient:
		s.RIDs, s.Streams = o.rids, o.streams
		if !wantsDescriptor(s.Codecs) {
			s.Extensions.DependencyDescriptor = 0
		}
	case ToClient:
		s.Extensions = o.extensions.forSlot()
	}
	return s
}

// restartICE makes new credentials for a first offer, and for one whose own have changed. DTLS and SRTP go on.
func (c *Conn) restartICE(o *offer) {
	n := &c.negotiation
	if n.remoteUfrag == o.ufrag && n.remotePwd == o.password {
		return
	}
	n.remoteUfrag, n.remotePwd, n.candidates = o.ufrag, o.password, 0
	creds := newCredentials(c.l.newUfrag(c), rand.Text(), o.ufrag)
	before := *c.credentials.Load()
	c.credentials.Store(&[]*credentials{creds})
	if len(before) > 0 {
		c.credentials.Store(&[]*credentials{creds, before[0]})
	}
}

// assignSlots gives each section that we send in its streams, and takes back those of sections that are gone.
func (n *negotiation) assignSlots(sections []Section) {
	mids := make(map[string]Kind, len(sections))
	for _, s := range sections {
		if len(s.Codecs) > 0 {
			mids[s.Mid] = s.Kind
		}
	}
	for mid, s := range n.slots {
		if mids[mid] != s.kind {
			delete(n.slots, mid)
		}
	}
	for i := range sections {
		s := &sections[i]
		if s.Direction != ToClient {
			continue
		}
		known := n.slots[s.Mid]
		if known == nil {
			known = n.newSlot(s.Kind)
			n.slots[s.Mid] = known
		}
		s.Slot, s.CNAME = known.stream, known.streamID()
		if !slices.ContainsFunc(s.Codecs, func(c Codec) bool { return c.RTX != 0 }) {
			s.Slot.RTX = 0
		}
	}
}

func (n *negotiation) newSlot(kind Kind) *slot {
	taken := make(map[int]bool)
	ssrcs := make(map[uint32]bool)
	for _, s := range n.slots {
		ssrcs[s.stream.SSRC], ssrcs[s.stream.RTX] = true, true
		if s.kind == kind {
			taken[s.index] = true
		}
	}
	s := &slot{kind: kind}
	for taken[s.index] {
		s.index++
	}
	fresh := func() uint32 {
		for {
			if v := randomUint32(); !ssrcs[v] {
				ssrcs[v] = true
				return v
			}
		}
	}
	s.stream = Stream{SSRC: fresh(), RTX: fresh()}
	return s
}

// applyExtensions tells the packet path which streams there are and which ids to use.
func (c *Conn) applyExtensions(sections []Section) {
	streams := make(map[uint32]Extensions)
	var inbound Extensions
	for _, s := range sections {
		switch s.Direction {
		case ToClient:
			streams[s.Slot.SSRC] = s.Extensions
			if s.Slot.RTX != 0 {
				streams[s.Slot.RTX] = s.Extensions
			}
		case FromClient:
			// RFC 8843 section 9.2: bundled sections use one id for one extension.
			if s.Extensions.TransportCC != 0 {
				inbound.TransportCC = s.Extensions.TransportCC
			}
		}
	}
	slots := make(map[uint32]bool)
	for _, s := range c.negotiation.slots {
		slots[s.stream.SSRC], slots[s.stream.RTX] = true, true
	}
	c.out.setStreams(streams, slots)
	c.extensions.Store(&inbound)
}
