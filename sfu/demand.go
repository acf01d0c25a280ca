package sfu

import (
	"slices"
	"time"

	"github.com/digierapro/parley/sfu/transport"
)

// LayerDemand says which simulcast layers of a publication are taken; the others need not be sent.
type LayerDemand struct {
	Mid    string
	Source Source
	RIDs   []string // from the smallest to the largest; never empty
}

// pauseDelay is how long nobody takes a layer before its publisher is told to pause it: long enough for views that flip,
// and for a switch to end. A layer that is wanted again is resumed at once.
const pauseDelay = 2500 * time.Millisecond

// remindInterval is how often a publisher is told again while a layer that is wanted does not come: the word may have been
// lost, or have met an older connection of the client.
const remindInterval = 5 * time.Second

// need notes that somebody wants the layer, whether it is sent at present or not. Any goroutine.
func (l *Layer) need(now time.Duration) { l.needed.Store(int64(now)) }

// demand gives the layers that are taken now, a bit each. The smallest stays always: who comes next sees something at
// once, and so does whoever's way becomes too narrow for a larger one.
func (p *Publication) demand(now time.Duration) (active uint8) {
	for i, l := range p.layers {
		if len(*l.sinks.Load()) > 0 || now-time.Duration(l.needed.Load()) < pauseDelay {
			active |= 1 << i
		}
	}
	return active | 1
}

// tellDemand tells the peer which of its layers to send, when that has changed. Ticker only.
func (p *Peer) tellDemand(r *routing, now time.Duration) {
	t := &p.ticks
	changed := t.demanded != r && t.toldDemand // a new publication begins with all its layers
	t.demanded = r
	missing := false
	for _, pub := range r.pubs {
		if !pub.pausable() || pub.muted.Load() {
			continue
		}
		if active := pub.demand(now); active != pub.active {
			pub.active, changed = active, true
		}
		missing = missing || pub.lacks(pub.active)
	}
	if !missing {
		t.remind = now + remindInterval
	}
	if (changed || now >= t.remind) && p.connected.Load() {
		t.toldDemand, t.remind = true, now+remindInterval
		p.mail.postDemand(demands(r.pubs))
	}
}

// lacks tells whether one of the layers is silent while others come.
func (p *Publication) lacks(active uint8) bool {
	newest := p.lastSeen()
	for i, l := range p.layers {
		if newest != 0 && active&(1<<i) != 0 && !l.liveAt(newest) {
			return true
		}
	}
	return false
}

// pausable tells whether there are layers to choose from.
func (p *Publication) pausable() bool { return p.Kind == transport.Video && len(p.layers) > 1 }

func demands(pubs []*Publication) (list []LayerDemand) {
	for _, pub := range pubs {
		if !pub.pausable() {
			continue
		}
		d := LayerDemand{Mid: pub.mid, Source: pub.Source}
		for i, l := range pub.layers {
			if pub.active&(1<<i) != 0 {
				d.RIDs = append(d.RIDs, l.rid)
			}
		}
		list = append(list, d)
	}
	return slices.Clip(list)
}
