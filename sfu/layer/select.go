package layer

import "github.com/digierapro/parley/sfu/codec"

// Target is the layers of a stream that a receiver is to get: frames with higher ids are left out.
type Target struct{ Spatial, Temporal uint8 }

// All asks for every layer.
var All = Target{codec.MaxSpatial - 1, codec.MaxTemporal - 1}

// Frame is what one packet tells about the frame that it belongs to. With a dependency descriptor that decides; without
// one what the codec's own payload descriptor says.
type Frame struct {
	Ext       uint64 // the packet's extended sequence number
	Timestamp uint32
	*codec.Description
	Dependency *codec.Dependency // nil when there is none
}

// Choice is what becomes of a packet.
type Choice struct {
	Keep bool
	// First: the first packet of its frame that was seen.
	First bool
	// Last: the last packet of its picture for this receiver, though layers follow that it does not get.
	Last bool
}

// Selector chooses for one receiver which frames of a stream go out, so that what goes out can always be decoded: down at
// once, up only where the stream allows it. The packets of a frame share its fate, also late ones. The zero value with a
// Target takes what it can from the next key frame on.
type Selector struct {
	Target Target

	now      Target // present layers
	started  bool
	highest  uint64
	picture  uint32 // timestamp of the newest picture
	decided  [decisions]decision
	next     int
	target   int // present decode target; -1 before the first
	active   uint32
	frames   uint64 // of the last 64 frame numbers those that went out; bit 0 is the newest
	number   uint16 // the newest frame number
	numbered bool
}

// decisions is how many frames are remembered for packets that come late.
const decisions = 32

type decision struct {
	key  uint64
	ext  uint64 // of the first packet seen
	keep bool
	used bool
}

// Restart forgets the stream; the next packet is of another one.
func (s *Selector) Restart() { *s = Selector{Target: s.Target} }

// Present is the layers that go out now; ok is false before the first key frame.
func (s *Selector) Present() (t Target, ok bool) { return s.now, s.started }

// Choose decides about one packet.
func (s *Selector) Choose(f *Frame) (c Choice) {
	key := s.key(f)
	d := s.find(key)
	if d == nil {
		late := s.started && f.Ext < s.highest
		if late && f.Ext < s.oldest() {
			return Choice{} // its frame is forgotten
		}
		c.First = true
		keep := false
		switch {
		case f.Dependency != nil:
			keep = s.byDependency(f.Dependency, late)
		case late:
			keep = f.Spatial <= s.now.Spatial && f.Temporal <= s.now.Temporal
		default:
			keep = s.byDescriptor(f)
		}
		d = s.put(decision{key: key, ext: f.Ext, keep: keep, used: true})
	}
	s.highest, s.started = max(s.highest, f.Ext), true
	c.Keep = d.keep
	c.Last = c.Keep && s.ends(f)
	return c
}

func (s *Selector) key(f *Frame) uint64 {
	if f.Dependency != nil {
		return 1<<63 | uint64(f.Dependency.Number)
	}
	return uint64(f.Timestamp)<<8 | uint64(f.Spatial)
}

// find looks for a frame, the newest first, which it mostly is.
func (s *Selector) find(key uint64) *decision {
	for i := range s.decided {
		d := &s.decided[(s.next-1-i+2*decisions)%decisions]
		if !d.used {
			return nil
		}
		if d.key == key {
			return d
		}
	}
	return nil
}

func (s *Selector) put(d decision) *decision {
	at := &s.decided[s.next]
	*at = d
	s.next = (s.next + 1) % decisions
	return at
}

// oldest is the first packet that is remembered.
func (s *Selector) oldest() uint64 {
	if d := &s.decided[s.next]; d.used {
		return d.ext
	}
	return 0
}

// ends tells whether a packet is the last of its picture for this receiver.
func (s *Selector) ends(f *Frame) bool {
	if d := f.Dependency; d != nil {
		return d.Known && d.End && d.Structure.Spatials() > 1 && d.Spatial == s.now.Spatial
	}
	return f.End && f.Spatial == s.now.Spatial
}

// byDescriptor decides about a new frame by VP8's or VP9's payload descriptor.
func (s *Selector) byDescriptor(f *Frame) bool {
	newPicture := !s.started || f.Timestamp != s.picture
	s.picture = f.Timestamp
	switch {
	case f.KeyFrame || !s.started:
		s.now = s.Target
	case newPicture:
		s.now.Spatial = min(s.now.Spatial, s.Target.Spatial)
		s.now.Temporal = min(s.now.Temporal, s.Target.Temporal)
		s.climb(f)
	}
	if f.Spatial == s.now.Spatial+1 && f.Spatial <= s.Target.Spatial && f.Intra {
		s.now.Spatial++ // RFC 9628: needs nothing but the layers below, which go out
	}
	return f.Spatial <= s.now.Spatial && f.Temporal <= s.now.Temporal
}

// climb takes a higher temporal layer where that is possible.
func (s *Selector) climb(f *Frame) {
	if s.now.Temporal >= s.Target.Temporal || !f.Sync {
		return
	}
	switch {
	case f.VP9.HasLayer:
		// RFC 9628 section 4.2, U: after this picture, the layers above it need nothing that came before it.
		if f.Temporal <= s.now.Temporal {
			s.now.Temporal = s.Target.Temporal
		}
	case f.Temporal == s.now.Temporal+1:
		// RFC 7741 section 4.2, Y: this frame needs the base layer only.
		s.now.Temporal = f.Temporal
	}
}

// byDependency decides about a new frame by its dependency descriptor.
func (s *Selector) byDependency(d *codec.Dependency, late bool) bool {
	if !d.Known {
		return false
	}
	if !s.numbered {
		s.target, s.active = -1, ^uint32(0)
	}
	if d.HasActive && !late {
		s.active = d.Active
	}
	if want := d.Structure.Target(s.Target.Spatial, s.Target.Temporal, s.active); want >= 0 && want != s.target && !late {
		if d.Key || d.Indication(want) == codec.Switch && s.decodable(d) {
			s.target = want
			s.now.Spatial, s.now.Temporal = d.Structure.Layer(want)
		}
	}
	keep := d.Indication(s.target) != codec.NotPresent
	s.noteFrame(d.Number, keep)
	return keep
}

// decodable tells whether all frames that this one is predicted from went out.
func (s *Selector) decodable(d *codec.Dependency) bool {
	for _, diff := range d.Diffs() {
		back := int(int16(s.number-d.Number)) + int(diff)
		if back < 0 || back > 63 || s.frames>>back&1 == 0 {
			return false
		}
	}
	return true
}

func (s *Selector) noteFrame(number uint16, kept bool) {
	ahead := int(int16(number - s.number))
	if !s.numbered || ahead > 63 || ahead < -4096 {
		s.frames, s.number, s.numbered = 0, number, true
		ahead = 0
	}
	if ahead > 0 {
		s.frames, s.number = s.frames<<ahead, number
		ahead = 0
	}
	if kept && ahead > -64 {
		s.frames |= 1 << -ahead
	}
}
