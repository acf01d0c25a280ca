package sfu

import (
	"time"

	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/layer"
)

// Tier is one size in which a publication can be had: a simulcast layer, or a spatial layer within its only stream.
type Tier struct {
	Width, Height int  // in pixels; 0 while not known
	Live          bool // packets of it come
	// Rates in bit/s with the temporal layers up to each, and all else that the tier needs; of a tier that is not live
	// those that it had. 0 where nothing is known.
	Rates [codec.MaxTemporal]int
}

// maxTiers bounds the simulcast layers of a publication, of which the transport takes no more, and the spatial ones.
const maxTiers = 8

// AppendTiers appends the publication's tiers, from the smallest to the largest. Any goroutine.
func (p *Publication) AppendTiers(tiers []Tier) []Tier {
	for i := range p.tierCount() {
		a := p.aim(i)
		t := Tier{Live: p.live(a, p.lastSeen())}
		t.Width, t.Height = a.size()
		for temporal := range t.Rates {
			t.Rates[temporal] = a.layer.rates.upTo(a.spatial, uint8(temporal))
		}
		tiers = append(tiers, t)
	}
	return tiers
}

// aim is one tier: a stream, and the highest spatial layer within it.
type aim struct {
	layer   *Layer
	spatial uint8
}

// scalable tells whether the tiers are spatial layers of the only stream.
func (p *Publication) scalable() bool {
	return len(p.layers) == 1 && p.layers[0].spatial.count.Load() > 1
}

func (p *Publication) tierCount() int {
	if p.scalable() {
		return int(p.layers[0].spatial.count.Load())
	}
	return len(p.layers)
}

func (p *Publication) aim(tier int) aim {
	if p.scalable() {
		return aim{p.layers[0], uint8(tier)}
	}
	return aim{p.layers[tier], layer.All.Spatial}
}

func (a aim) size() (width, height int) {
	size := a.layer.size.Load()
	if a.layer.spatial.count.Load() > 1 && a.layer.pub.scalable() {
		size = a.layer.spatial.sizes[a.spatial].Load()
	}
	return int(size >> 16), int(size & 0xffff)
}

// live tells whether packets of a tier came lately, at a time when some came of the publication.
func (p *Publication) live(a aim, newest time.Duration) bool {
	if !p.scalable() {
		return a.layer.liveAt(newest)
	}
	seen := time.Duration(a.layer.spatial.seen[a.spatial].Load())
	return seen != 0 && newest-seen < silence
}

// choose picks for a view the tier that fits it best, whether packets of it come or not, and the one that serves it now;
// none is live while nothing is received. At most the tiers up to most are chosen to serve it; those shunned, a bit each,
// count as silent.
func (p *Publication) choose(view layer.View, most int, shunned uint8) (ideal, best int, live bool) {
	var buf [maxTiers]layer.Layer
	infos := buf[:0]
	newest := p.lastSeen()
	for i := range p.tierCount() {
		a := p.aim(i)
		info := layer.Layer{Live: shunned&(1<<i) == 0 && p.live(a, newest)}
		info.Width, info.Height = a.size()
		infos = append(infos, info)
	}
	ideal = layer.Wanted(infos, view)
	best = layer.Choose(infos, min(ideal, most))
	return ideal, max(best, 0), best != layer.None
}
