package sfu

import (
	"time"

	"github.com/pion/rtcp"
)

// flow is what became of one stream's packets between two looks at it.
type flow struct {
	expected, lost int64 // packets; lost at first, though perhaps recovered later
	recovered      int64
	jitter         time.Duration
	bitrate        float64 // bit/s, of payload
	frameRate      float64
	frozen         float64 // share of the time
}

// missing is the share of packets that never came.
func (f *flow) missing() float64 {
	if f.expected == 0 {
		return 0
	}
	return float64(min(max(f.lost-f.recovered, 0), f.expected)) / float64(f.expected)
}

// totals are what a stream has come to so far.
type totals struct {
	expected, lost, recovered, octets, frames int64
	frozen                                    time.Duration
	at                                        time.Duration
}

// since is the flow from before to now; empty when there was nothing to compare with.
func (t *totals) since(before *totals) (f flow) {
	d := (t.at - before.at).Seconds()
	if before.at == 0 || d <= 0 || t.expected < before.expected {
		return f
	}
	return flow{
		expected: t.expected - before.expected, lost: t.lost - before.lost, recovered: t.recovered - before.recovered,
		bitrate: 8 * float64(t.octets-before.octets) / d, frameRate: float64(t.frames-before.frames) / d,
		frozen: (t.frozen - before.frozen).Seconds() / d,
	}
}

func ofTicks(jitter, rate uint32) time.Duration {
	if rate == 0 {
		return 0
	}
	return time.Duration(jitter) * time.Second / time.Duration(rate)
}

// pictures counts a stream's frames and the time it stood still. Guarded by its layer's mu.
type pictures struct {
	count   int64
	last    uint32        // timestamp
	at      time.Duration // when it came
	usual   time.Duration // between frames, smoothed
	frozen  time.Duration
	started bool
}

// longestFreeze is what counts as standing still: after more the camera was off.
const longestFreeze = 3 * time.Second

// note takes in a packet. A gap of three times the usual, or 150 ms more than it, is a freeze, as in the statistics of
// WebRTC (freezeCount).
func (p *pictures) note(ts uint32, now time.Duration) {
	if !p.started {
		*p = pictures{started: true, count: 1, last: ts, at: now}
		return
	}
	if int32(ts-p.last) <= 0 {
		return
	}
	gap := now - p.at
	p.count, p.last, p.at = p.count+1, ts, now
	if p.usual == 0 {
		p.usual = gap
	}
	if gap > longestFreeze {
		return
	}
	if gap > max(3*p.usual, p.usual+150*time.Millisecond) {
		p.frozen += gap
	}
	p.usual += (gap - p.usual) / 16 // who sends slowly for long is slow, not frozen
}

// measure is what has come of the layer since the last time; nothing for a time in which it began or ended, since rates
// over a part of that time would be too low. Ticker only.
func (l *Layer) measure(now time.Duration) flow {
	rate := uint32(0)
	if codecs := l.pub.format.Load().codecs; len(codecs) > 0 {
		rate = codecs[0].ClockRate
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	r := &l.reception
	t := totals{at: now}
	if r.started {
		t.expected = int64(r.highest - r.base + 1)
		t.lost, t.recovered = t.expected-int64(r.received), int64(r.repaired)
		t.octets, t.frames, t.frozen = int64(r.octets), r.pictures.count, r.pictures.frozen
	}
	f := t.since(&r.measured)
	r.measured = t
	if t.expected == 0 || now-time.Duration(l.lastSeen.Load()) > silence {
		r.measured.at = 0
		return flow{}
	}
	f.jitter = ofTicks(uint32(r.jitter>>4), rate)
	return f
}

// reportStale is how old a client's report may be to be judged by: sound is reported every five seconds at least.
const reportStale = 8 * time.Second

// judged is what a client has reported about a slot. Guarded by the slot's mu.
type judged struct {
	last     rtcp.ReceptionReport
	at       time.Duration
	measured totals
	sequence uint32
	lost     int32
	octets   uint32
	packets  uint32
	next     uint64 // number
	repairs  uint16
	flow     flow // by the last report but one, while no newer one has come
}

// reported takes in the client's report.
func (j *judged) reported(r *rtcp.ReceptionReport, now time.Duration) { j.last, j.at = *r, now }

// measure is what has come of the slot's packets since the last time by the client's reports, the layer that is in it,
// and at which height the client shows it (0: as it comes). The layer is nil when there is none. Ticker only.
func (s *Slot) measure(now time.Duration) (f flow, from *Layer, shown int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := &s.sending.judged
	if s.now == nil || j.at == 0 || now-j.at > reportStale || s.pub.muted.Load() {
		j.measured.at = 0 // begin anew
		return f, nil, 0
	}
	lost := int32(j.last.TotalLost<<8) >> 8 // RFC 3550 section 6.4.1: 24 bits, signed
	if j.at <= j.measured.at {
		return j.flow, s.now, s.view.Height // no newer report
	}
	packets := int64(int32(j.last.LastSequenceNumber - j.sequence))
	f = flow{jitter: ofTicks(j.last.Jitter, s.rateLocked())}
	if d := (now - j.measured.at).Seconds(); j.measured.at != 0 && packets > 0 && packets < 1<<20 {
		f.expected, f.lost = packets, int64(lost-j.lost)
		s.leaveOutHolesLocked(&f)
		f.recovered = int64(s.repairs - s.probes - j.repairs)
		f.bitrate = 8 * float64(s.sending.octets-j.octets) / d
		f.frameRate = float64(s.sending.pictures.count-j.measured.frames) / d
	}
	j.sequence, j.lost, j.octets, j.repairs = j.last.LastSequenceNumber, lost, s.sending.octets, s.repairs-s.probes
	j.measured = totals{at: now, frames: s.sending.pictures.count}
	j.flow = f
	return f, s.now, s.view.Height
}

// leaveOutHolesLocked takes from what a client misses the numbers that never went out, because the publisher's packets did
// not come: those are the publisher's loss. Which of them the report is about is not known; their share is.
func (s *Slot) leaveOutHolesLocked(f *flow) {
	j := &s.sending.judged
	numbers, packets := int64(s.sequence.Next()-j.next), int64(s.sending.packets-j.packets)
	if numbers <= 0 || packets >= numbers {
		return
	}
	holes := f.expected * (numbers - packets) / numbers
	f.expected, f.lost = f.expected-holes, max(f.lost-holes, 0)
}

func (s *Slot) rateLocked() uint32 {
	if s.codec.out == nil {
		return 0
	}
	return s.codec.out.ClockRate
}
