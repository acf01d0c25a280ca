package codec

// The dependency descriptor is a header extension that tells how the frames of a stream depend on each other (RTP payload
// format for AV1, appendix A). Most packets carry three bytes: the place in the frame, a template and the frame's number.
// The templates come with key frames, as a DependencyStructure.

// Bounds of a structure, by the format; spatial and temporal ids are at most what our tables hold.
const (
	maxTemplates     = 64
	maxTargets       = 32
	maxFrameDiffs    = 16
	MaxSpatial       = 4 // layers; ids are below
	MaxTemporal      = 4
	dependencyHeader = 3 // bytes that every descriptor has
)

// Indication says what a frame is to a decode target.
type Indication uint8

// Indications (section A.4). Switch: from this frame on the target can be decoded, if the frame itself can.
const (
	NotPresent Indication = iota
	Discardable
	Switch
	Required
)

// DependencyStructure is what a key frame says about all the frames after it.
type DependencyStructure struct {
	offset    uint8 // id of the first template
	templates [maxTemplates]template
	count     int

	targets  int // decode targets
	target   [maxTargets]place
	spatials int // layers

	sizes [MaxSpatial]Size

	chains int
}

// place is a layer.
type place struct{ spatial, temporal uint8 }

type template struct {
	place
	indications uint64 // two bits a target, the first lowest
	diffs       [maxFrameDiffs]uint16
	diffCount   uint8
}

// Dependency is what one packet says about its frame.
type Dependency struct {
	Start, End bool // of the frame
	Number     uint16
	// Known tells whether the rest is known: the packet refers to a template that has come.
	Known             bool
	Key               bool // carries a structure
	Spatial, Temporal uint8

	Structure   *DependencyStructure
	indications uint64
	Active      uint32 // decode targets that the sender makes, a bit each; of this packet on
	HasActive   bool
	diffs       [maxFrameDiffs]uint16
	diffCount   uint8
}

// Indication of the frame for a decode target.
func (d *Dependency) Indication(target int) Indication {
	if target < 0 || target >= maxTargets {
		return NotPresent
	}
	return Indication(d.indications >> (2 * target) & 3)
}

// Diffs are the distances, in frame numbers, to the frames that this one is predicted from.
func (d *Dependency) Diffs() []uint16 { return d.diffs[:d.diffCount] }

// Spatials is how many spatial layers the stream has.
func (s *DependencyStructure) Spatials() int { return s.spatials }

// Size of the pictures of a spatial layer; 0 when the structure does not tell.
func (s *DependencyStructure) Size(spatial int) Size {
	if spatial < 0 || spatial >= s.spatials {
		return Size{}
	}
	return s.sizes[spatial]
}

// Target finds the active decode target that shows the most within the layers given: the highest spatial layer, then the
// highest temporal one; -1 when there is none.
func (s *DependencyStructure) Target(spatial, temporal uint8, active uint32) int {
	best := -1
	for i := range s.targets {
		t := s.target[i]
		if t.spatial > spatial || t.temporal > temporal || active&(1<<i) == 0 {
			continue
		}
		if best < 0 || t.spatial > s.target[best].spatial ||
			t.spatial == s.target[best].spatial && t.temporal > s.target[best].temporal {
			best = i
		}
	}
	return best
}

// Targets is how many decode targets there are.
func (s *DependencyStructure) Targets() int { return s.targets }

// Layer of a decode target.
func (s *DependencyStructure) Layer(target int) (spatial, temporal uint8) {
	if target < 0 || target >= s.targets {
		return 0, 0
	}
	return s.target[target].spatial, s.target[target].temporal
}

// deriveTargets finds the layer of each decode target: the highest ids of the frames in it (section A.8.3.5).
func (s *DependencyStructure) deriveTargets() {
	s.target = [maxTargets]place{}
	for i := range s.targets {
		for t := range s.count {
			if s.templates[t].indications>>(2*i)&3 == uint64(NotPresent) {
				continue
			}
			s.target[i].spatial = max(s.target[i].spatial, s.templates[t].spatial)
			s.target[i].temporal = max(s.target[i].temporal, s.templates[t].temporal)
		}
	}
}

// RenumberDependency writes another frame number into a descriptor's bytes.
func RenumberDependency(b []byte, number uint16) {
	if len(b) >= dependencyHeader {
		b[1], b[2] = byte(number>>8), byte(number)
	}
}
