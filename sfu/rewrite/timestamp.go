package rewrite

import "time"

// Timestamp maps the RTP timestamps of the present source to those of the outgoing stream, which never step back when
// the source changes. Arithmetic is modulo 2^32, as the wire's.
type Timestamp struct {
	offset  uint32
	highest uint32
	at      time.Duration // arrival of the packet with the highest
	started bool
}

// maxElapsed bounds a step by the wall clock, so that it never looks like a step back.
const maxElapsed = time.Hour

// Switch begins a new source: the incoming timestamp in becomes want, or as much later as it needs to be to come at
// least step after what went out before. It returns what in became.
func (t *Timestamp) Switch(in, want, step uint32) (out uint32) {
	if t.started && int32(want-t.highest-step) < 0 {
		want = t.highest + step
	}
	t.offset = want - in
	return want
}

// Elapsed is the outgoing timestamp that now has by the wall clock; in when nothing has gone out yet.
func (t *Timestamp) Elapsed(in uint32, now time.Duration, rate uint32) uint32 {
	if !t.started {
		return in
	}
	return t.highest + ticks(min(max(now-t.at, 0), maxElapsed), rate)
}

// Map gives the outgoing timestamp of a packet of the present source that arrived at now.
func (t *Timestamp) Map(in uint32, now time.Duration) (out uint32) {
	out = in + t.offset
	t.Sent(out, now)
	return out
}

// Sent notes a timestamp that went out by another rule than Map's.
func (t *Timestamp) Sent(out uint32, now time.Duration) {
	if !t.started || int32(out-t.highest) > 0 {
		t.highest, t.at, t.started = out, now, true
	}
}

// Offset is what Map adds.
func (t *Timestamp) Offset() uint32 { return t.offset }

// Reference ties the timestamps of one stream to its sender's wall clock, as a sender report does.
type Reference struct {
	Wall time.Duration // the sender's clock, since any fixed time
	RTP  uint32
	Rate uint32 // Hz; 0 means that nothing is known
}

// Known tells whether there is a reference at all.
func (r Reference) Known() bool { return r.Rate != 0 }

// At is the wall-clock time of a timestamp within 2^31 ticks of the reference.
func (r Reference) At(ts uint32) time.Duration {
	return r.Wall + time.Duration(int64(int32(ts-r.RTP))*int64(time.Second)/int64(r.Rate))
}

// Timestamp is the timestamp at a wall-clock time.
func (r Reference) Timestamp(wall time.Duration) uint32 {
	return r.RTP + ticks(wall-r.Wall, r.Rate)
}

// ticks converts a time to a number of ticks, rounded, without overflow for any time.
func ticks(d time.Duration, rate uint32) uint32 {
	seconds, rest := int64(d/time.Second), int64(d%time.Second)
	half := int64(time.Second / 2)
	if rest < 0 {
		half = -half
	}
	return uint32(seconds*int64(rate) + (rest*int64(rate)+half)/int64(time.Second))
}
