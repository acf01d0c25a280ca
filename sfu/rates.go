package sfu

import (
	"sync/atomic"
	"time"

	"github.com/digierapro/parley/sfu/codec"
)

// rates measures what a receiver of a stream would get with the layers up to each spatial and temporal id. Bytes are
// counted by the read loop, rates computed by the ticker, and both read by anyone.
type rates struct {
	// bytes of each layer by itself, or with all that it needs when whole is set: only a dependency descriptor tells that
	bytes [codec.MaxSpatial][codec.MaxTemporal]atomic.Uint64
	whole atomic.Bool
	rate  [codec.MaxSpatial][codec.MaxTemporal]atomic.Uint32 // bit/s, with all that each layer needs

	// owned by the ticker
	before [codec.MaxSpatial][codec.MaxTemporal]uint64
	at     time.Duration
}

const rateInterval = 500 * time.Millisecond

// add counts a packet.
func (r *rates) add(d *codec.Description, dep *codec.Dependency, size int) {
	if dep == nil {
		r.bytes[d.Spatial][d.Temporal].Add(uint64(size))
		return
	}
	r.whole.Store(true)
	for i := range dep.Structure.Targets() {
		if dep.Indication(i) != codec.NotPresent {
			s, t := dep.Structure.Layer(i)
			r.bytes[s][t].Add(uint64(size))
		}
	}
}

// total is the bytes that a receiver of the layers up to these ids would have got.
func (r *rates) total(spatial, temporal int) (n uint64) {
	if r.whole.Load() {
		return r.bytes[spatial][temporal].Load()
	}
	for s := range spatial + 1 {
		for t := range temporal + 1 {
			n += r.bytes[s][t].Load()
		}
	}
	return n
}

// measure brings the rates up to date. The first interval begins with the first packet. Ticker only.
func (r *rates) measure(now time.Duration) {
	if r.at == 0 || !r.begun() {
		r.at = now
		return
	}
	passed := now - r.at
	if passed < rateInterval {
		return
	}
	for s := range r.bytes {
		for t := range r.bytes[s] {
			bytes := r.total(s, t)
			fresh := max(float64(int64(bytes-r.before[s][t]))*8/passed.Seconds(), 0)
			old := float64(r.rate[s][t].Load())
			switch {
			case fresh == 0:
				fresh = old // silent: what it had is the best guess at what it would have
			case old > 0:
				fresh = old + (fresh-old)/3 // a mean over the last two seconds or so
			}
			r.rate[s][t].Store(uint32(min(fresh, 1<<31)))
			r.before[s][t] = bytes
		}
	}
	r.at = now
}

// begun tells whether anything has come.
func (r *rates) begun() bool {
	for s := range r.bytes {
		for t := range r.bytes[s] {
			if r.bytes[s][t].Load() > 0 {
				return true
			}
		}
	}
	return false
}

// upTo is the rate of the layers up to these ids, in bit/s: of the highest that there are.
func (r *rates) upTo(spatial, temporal uint8) (rate int) {
	for s := range min(spatial, codec.MaxSpatial-1) + 1 {
		for t := range min(temporal, codec.MaxTemporal-1) + 1 {
			rate = max(rate, int(r.rate[s][t].Load()))
		}
	}
	return rate
}
