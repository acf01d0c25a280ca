package codec

import mathbits "math/bits"

// bitReader reads big-endian bit fields. Past the end it yields zeros and sets bad.
type bitReader struct {
	p   []byte
	pos int
	bad bool
}

func (r *bitReader) u(n int) (v uint32) {
	for range n {
		i := r.pos >> 3
		if i >= len(r.p) {
			r.bad = true
			return 0
		}
		v = v<<1 | uint32(r.p[i]>>(7-r.pos&7))&1
		r.pos++
	}
	return v
}

func (r *bitReader) flag() bool { return r.u(1) == 1 }

// ns reads a value below n in as few bits as that takes (AV1 section 4.10.7).
func (r *bitReader) ns(n uint32) uint32 {
	w := mathbits.Len32(n)
	m := uint32(1)<<w - n
	v := r.u(w - 1)
	if v < m {
		return v
	}
	return v<<1 - m + r.u(1)
}

// ReadDependency reads a descriptor into d. Structure s is the one in force, and becomes the packet's own when it carries
// one. ok is false for a descriptor that breaks the format, which leaves s in force as it was; a packet whose template is
// not known is no such one.
func ReadDependency(b []byte, s *DependencyStructure, d *Dependency) (ok bool) {
	if len(b) < dependencyHeader {
		return false
	}
	*d = Dependency{
		Start: b[0]&0x80 != 0, End: b[0]&0x40 != 0, Number: uint16(b[1])<<8 | uint16(b[2]),
	}
	id := b[0] & 0x3f
	r := bitReader{p: b[dependencyHeader:]}
	var attached, hasActive bool
	var own custom
	if len(b) > dependencyHeader {
		attached, hasActive = r.flag(), r.flag()
		own = custom{r.flag(), r.flag(), r.flag()}
	}
	if !attached {
		d.Structure = s
		return d.readRest(&r, s, id, hasActive, own)
	}
	var fresh DependencyStructure
	if !fresh.read(&r) {
		return false
	}
	d.Key, d.HasActive, d.Active = true, true, fresh.all()
	if !d.readRest(&r, &fresh, id, hasActive, own) || !d.Known {
		return false
	}
	*s = fresh
	d.Structure = s
	return true
}

// custom says what of its template a frame has of its own.
type custom struct{ indications, diffs, chains bool }

// readRest reads what follows a structure.
func (d *Dependency) readRest(r *bitReader, s *DependencyStructure, id uint8, hasActive bool, own custom) bool {
	if hasActive {
		d.HasActive, d.Active = true, r.u(s.targets)
	}
	index := int(id-s.offset) & (maxTemplates - 1)
	if index >= s.count {
		return !r.bad
	}
	return d.readFrame(r, s, &s.templates[index], own)
}

// all has a bit for each decode target.
func (s *DependencyStructure) all() uint32 { return uint32(1<<s.targets - 1) }

// readFrame is frame_dependency_definition.
func (d *Dependency) readFrame(r *bitReader, s *DependencyStructure, t *template, own custom) bool {
	d.Known = true
	d.Spatial, d.Temporal = t.spatial, t.temporal
	d.indications, d.diffs, d.diffCount = t.indications, t.diffs, t.diffCount
	if own.indications {
		d.indications = readIndications(r, s.targets)
	}
	if own.diffs {
		d.diffCount = 0
		for size := r.u(2); size != 0 && !r.bad; size = r.u(2) {
			if int(d.diffCount) == maxFrameDiffs {
				return false
			}
			d.diffs[d.diffCount] = uint16(r.u(4*int(size))) + 1
			d.diffCount++
		}
	}
	if own.chains {
		r.u(8 * s.chains)
	}
	return !r.bad
}

func readIndications(r *bitReader, targets int) (v uint64) {
	for i := range targets {
		v |= uint64(r.u(2)) << (2 * i)
	}
	return v
}

// read is template_dependency_structure.
func (s *DependencyStructure) read(r *bitReader) bool {
	s.offset = uint8(r.u(6))
	s.targets = int(r.u(5)) + 1
	if !s.readLayers(r) {
		return false
	}
	for i := range s.count {
		s.templates[i].indications = readIndications(r, s.targets)
	}
	for i := range s.count {
		t := &s.templates[i]
		for r.flag() {
			if int(t.diffCount) == maxFrameDiffs {
				return false
			}
			t.diffs[t.diffCount] = uint16(r.u(4)) + 1
			t.diffCount++
		}
	}
	s.readChains(r)
	s.deriveTargets()
	if r.flag() {
		for i := range s.spatials {
			s.sizes[i] = Size{uint16(r.u(16)) + 1, uint16(r.u(16)) + 1}
		}
	}
	return !r.bad
}

// readLayers is template_layers.
func (s *DependencyStructure) readLayers(r *bitReader) bool {
	var at place
	for {
		if s.count == maxTemplates || at.spatial >= MaxSpatial || at.temporal >= MaxTemporal || r.bad {
			return false
		}
		s.templates[s.count].place = at
		s.count++
		switch r.u(2) {
		case 1:
			at.temporal++
		case 2:
			at = place{spatial: at.spatial + 1}
		case 3:
			s.spatials = int(at.spatial) + 1
			return true
		}
	}
}

// readChains steps over template_chains, of which only the number of chains matters here: what a receiver cannot decode
// it says itself.
func (s *DependencyStructure) readChains(r *bitReader) {
	s.chains = int(r.ns(uint32(s.targets) + 1))
	if s.chains == 0 {
		return
	}
	for range s.targets {
		r.ns(uint32(s.chains))
	}
	for range s.count {
		r.u(4 * s.chains)
	}
}
