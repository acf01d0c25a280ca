package sfu

import (
	"sync/atomic"
	"time"

	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/rtpbuf"
)

// maxDescriptor is the longest dependency descriptor that is kept and forwarded. Chromium's longest, of three by three
// layers, has some 90 bytes.
const maxDescriptor = 128

// spatialLayers are those within one stream (SVC). Written by the read loop, read by anyone.
type spatialLayers struct {
	count atomic.Uint32                   // 0 and 1: there is but one
	sizes [codec.MaxSpatial]atomic.Uint32 // width<<16 | height
	seen  [codec.MaxSpatial]atomic.Int64  // when the last packet came
}

// describe reads what a packet tells of itself: in its dependency descriptor, if it has one that can be read, and in its
// payload. ok is false when neither can be. Read loop only.
func (l *Layer) describe(in *inboundPacket, payload []byte) (d codec.Description, dep *codec.Dependency, ok bool) {
	d, ok = codec.Describe(in.codec.name, payload)
	if len(in.descriptor) == 0 || len(payload) == 0 {
		return d, nil, ok
	}
	if l.structure == nil {
		l.structure = &codec.DependencyStructure{}
	}
	if len(in.descriptor) > maxDescriptor || !codec.ReadDependency(in.descriptor, l.structure, &l.dependency) {
		in.descriptor = nil
		return d, nil, ok
	}
	if !l.dependency.Known {
		return d, nil, ok
	}
	apply(&d, &l.dependency)
	return d, &l.dependency, true
}

// describeAgain does the same for a packet out of the ring that is of the present key frame's structure. Read loop only.
func (l *Layer) describeAgain(name codec.Name, p *rtpbuf.Packet) (d codec.Description, dep *codec.Dependency) {
	d, _ = codec.Describe(name, p.Payload)
	if len(p.Descriptor) == 0 || l.structure == nil || len(p.Payload) == 0 {
		return d, nil
	}
	dep = &codec.Dependency{}
	if !codec.ReadDependency(p.Descriptor, l.structure, dep) || !dep.Known {
		return d, nil
	}
	apply(&d, dep)
	return d, dep
}

// apply lets a dependency descriptor have the last word: a payload may be encrypted from end to end.
func apply(d *codec.Description, dep *codec.Dependency) {
	d.Spatial, d.Temporal = dep.Spatial, dep.Temporal
	d.KeyFrame = dep.Key
	d.KeyStart = dep.Key && dep.Start
	if !dep.Key {
		return
	}
	s := dep.Structure
	d.Spatials = uint8(s.Spatials())
	for i := range s.Spatials() {
		if size := s.Size(i); size.Width > 0 {
			d.Sizes[i] = size
			d.Width, d.Height = size.Width, size.Height
		}
	}
}

// noteRate accounts for a packet's bytes and takes in what it says of the layers. Read loop only.
func (l *Layer) noteRate(d *codec.Description, dep *codec.Dependency, size int, now time.Duration) {
	if size == 0 {
		return
	}
	if d.Spatials > 0 {
		l.spatial.count.Store(uint32(d.Spatials))
		for i, s := range d.Sizes {
			if s.Width > 0 {
				l.spatial.sizes[i].Store(uint32(s.Width)<<16 | uint32(s.Height))
			}
		}
	}
	if d.Spatial < codec.MaxSpatial {
		l.spatial.seen[d.Spatial].Store(int64(now))
	}
	l.rates.add(d, dep, size)
}
