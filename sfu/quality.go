package sfu

import (
	"time"

	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/mos"
)

// qualityInterval is how often each participant's media is judged.
const qualityInterval = 2 * time.Second

// Quality is how one participant's media fared lately, each way.
type Quality struct {
	PeerID           string
	Uplink, Downlink *Path // nil when nothing was under way
	Available        int   // bit/s that the client can receive, as estimated; 0 when not known
}

// Path is how media fared one way between a client and the server.
type Path struct {
	MOS    float64       // 1 to 5: the worse of what was heard and seen
	RTT    time.Duration // 0 when not known
	Jitter time.Duration
	Loss   float64 // share of the packets that the network lost, 0 to 1, also of those that were recovered
	Issue  Issue   // what weighs most; "" when nothing does
	Cause  string  // the same in words; "" when nothing does
}

// Issue is a kind of trouble with media.
type Issue string

// Issues.
const (
	PacketLoss   Issue = "packet-loss"
	Jitter       Issue = "jitter"
	Latency      Issue = "latency"
	Freezes      Issue = "freezes"
	LowFrameRate Issue = "low-frame-rate"
	LowBandwidth Issue = "low-bandwidth"
	Interrupted  Issue = "interrupted"
)

// measure judges a room's participants and tells the room's observer. Ticker only.
func (r *Room) measure(peers []*Peer, now time.Duration) {
	if now < r.ears.measureAt {
		return
	}
	first := r.ears.measureAt == 0
	r.ears.measureAt = now + qualityInterval
	all := make([]Quality, 0, len(peers))
	for _, p := range peers {
		q := Quality{PeerID: p.id, Uplink: p.uplink(now), Downlink: p.downlink(now), Available: p.ticks.bandwidth.estimate}
		if q.Uplink != nil || q.Downlink != nil {
			all = append(all, q)
		}
	}
	if !first && len(all) > 0 {
		r.mail.postQuality(all)
	}
}

// path gathers what one way's streams met.
type path struct {
	direction string
	rtt       time.Duration

	expected, lost int64 // packets, before any recovery
	jitter         time.Duration
	heard          bool // jitter is of sound
	worst          float64
	frozen         float64 // the largest share
	frameRate      float64 // the least; 0 when there is no moving picture
	enlarged       float64 // how many times larger than it is sent a picture is shown, at most
	flows          bool
}

// sound adds a stream of Opus. missing is the share of packets that did not come even late.
func (p *path) sound(f *flow, missing float64) {
	p.count(f)
	if !p.heard || f.jitter > p.jitter {
		p.jitter, p.heard = f.jitter, true
	}
	p.score(mos.Opus(mos.Delay(p.rtt, f.jitter), missing).MOS())
}

func (p *path) picture(f *flow, v mos.Video) {
	p.count(f)
	if !p.heard {
		p.jitter = max(p.jitter, f.jitter)
	}
	if !v.Still {
		p.frozen = max(p.frozen, v.Frozen)
		if p.frameRate == 0 || v.FrameRate < p.frameRate {
			p.frameRate = v.FrameRate
		}
	}
	if v.Height > 0 {
		p.enlarged = max(p.enlarged, float64(v.ShownHeight)/float64(v.Height))
	}
	p.score(v.MOS())
}

func (p *path) count(f *flow) {
	p.expected += f.expected
	p.lost += min(max(f.lost, 0), f.expected)
}

func (p *path) score(m float64) {
	if !p.flows || m < p.worst {
		p.worst = m
	}
	p.flows = true
}

// result is the judgement; nil when nothing was under way.
func (p *path) result(interrupted bool) *Path {
	if interrupted {
		return &Path{MOS: 1, RTT: p.rtt, Issue: Interrupted, Cause: "connection interrupted"}
	}
	if !p.flows {
		return nil
	}
	q := &Path{MOS: p.worst, RTT: p.rtt, Jitter: p.jitter}
	if p.expected > 0 {
		q.Loss = float64(p.lost) / float64(p.expected)
	}
	q.Issue, q.Cause = p.cause(q)
	return q
}

// uplink judges what the client sends.
func (p *Peer) uplink(now time.Duration) *Path {
	w := path{direction: "uplink", rtt: p.RTT()}
	for _, pub := range p.routing.Load().pubs {
		silent := pub.muted.Load()
		var picture *flow
		var of *Layer
		for _, l := range pub.layers {
			f := l.measure(now)
			if f.expected == 0 || silent {
				continue
			}
			if pub.Kind == Microphone.Kind() {
				w.sound(&f, f.missing())
				continue
			}
			w.count(&f)
			picture, of = &f, l // the largest layer that comes
		}
		if picture != nil {
			v := of.video(picture)
			picture.expected, picture.lost = 0, 0 // counted
			w.picture(picture, v)
		}
	}
	return w.result(p.interrupted.Load())
}

// downlink judges what the client gets, by its own reports.
func (p *Peer) downlink(now time.Duration) *Path {
	w := path{direction: "downlink", rtt: p.RTT()}
	for _, s := range p.slots.Load().list {
		f, from, shown := s.measure(now)
		switch {
		case from == nil || f.expected == 0:
		case s.Kind == Microphone.Kind():
			w.sound(&f, f.missing())
		default:
			v := from.video(&f)
			v.Frozen = 0 // what stood still did so on its way to us
			v.ShownHeight = min(shown, from.pub.tallest())
			w.picture(&f, v)
		}
	}
	return w.result(p.interrupted.Load())
}

// video describes a flow of the layer to the model.
func (l *Layer) video(f *flow) mos.Video {
	size := l.size.Load()
	return mos.Video{
		Bitrate: f.bitrate, Width: int(size >> 16), Height: int(size & 0xffff), FrameRate: f.frameRate,
		Gain: l.pub.format.Load().gain(), Frozen: f.frozen, Loss: f.missing(), Still: l.pub.Source == Screen,
	}
}

// tallest is the height of the largest picture that has come of the publication, in pixels: larger than that no receiver
// can get it, however large it is shown.
func (p *Publication) tallest() (height int) {
	for _, l := range p.layers {
		height = max(height, int(l.size.Load()&0xffff))
	}
	return height
}

// gain is what the section's first codec makes of its bits, against VP8 and H264.
func (f *format) gain() float64 {
	if len(f.codecs) == 0 {
		return 1
	}
	switch f.codecs[0].name {
	case codec.VP9:
		return 1.3
	case codec.AV1:
		return 1.5
	}
	return 1
}
