package loadtest

import (
	"encoding/binary"
	"slices"
	"time"
)

// Transport-wide feedback, draft-holmer-rmcat-transport-wide-cc-extensions-01: which packets came, and when. Chromium
// sends it about as often.
const (
	feedbackEvery = 64 * time.Millisecond
	feedbackMost  = 512 // packets in one report
	feedbackGap   = 512 // numbers that a report may skip
)

// feedback collects the packets for the next report. Owned by the loop.
type feedback struct {
	started  bool
	newest   int64 // unwrapped
	next     int64 // first number that no report has covered
	arrivals []arrived
	count    uint8
	deltas   []byte
}

type arrived struct{ sequence, at int64 }

func (f *feedback) note(sequence uint16, at int64) {
	if !f.started {
		f.started = true
		f.newest = int64(sequence) + 1<<16
		f.next = f.newest
	}
	unwrapped := f.newest + int64(int16(sequence-uint16(f.newest)))
	f.newest = max(f.newest, unwrapped)
	if len(f.arrivals) < feedbackMost {
		f.arrivals = append(f.arrivals, arrived{unwrapped, at})
	}
}

const (
	deltaUnit     = 250_000    // ns
	referenceUnit = 64_000_000 // ns
)

// append writes a report about all that came since the last one, and empties the collection.
func (f *feedback) append(b []byte, sender, media uint32) []byte {
	slices.SortFunc(f.arrivals, func(a, b arrived) int { return int(a.sequence - b.sequence) })
	base := f.arrivals[0].sequence
	if f.next < base && base-f.next < feedbackGap {
		base = f.next
	}
	reference := f.arrivals[0].at / referenceUnit
	from := len(b)
	b = append(b, 0x8f, 205, 0, 0)
	b = binary.BigEndian.AppendUint32(b, sender)
	b = binary.BigEndian.AppendUint32(b, media)
	b = binary.BigEndian.AppendUint16(b, uint16(base))
	b = append(b, 0, 0) // number of statuses
	b = binary.BigEndian.AppendUint32(b, uint32(reference)<<8|uint32(f.count))
	f.count++
	b, statuses := f.appendStatuses(b, base, reference*referenceUnit)
	binary.BigEndian.PutUint16(b[from+14:], uint16(statuses))
	b = append(b, f.deltas...)
	if pad := (4 - (len(b)-from)%4) % 4; pad > 0 {
		b[from] |= 0x20
		b = append(b, make([]byte, pad)...)
		b[len(b)-1] = byte(pad)
	}
	binary.BigEndian.PutUint16(b[from+2:], uint16((len(b)-from)/4-1))
	f.next = base + int64(statuses)
	f.arrivals = f.arrivals[:0]
	return b
}

// appendStatuses writes vectors of seven two-bit statuses and leaves the times in f.deltas.
func (f *feedback) appendStatuses(b []byte, base, clock int64) (out []byte, statuses int) {
	f.deltas = f.deltas[:0]
	chunk := uint16(3 << 14)
	put := func(status uint16) {
		chunk |= status << (12 - 2*(statuses%7))
		if statuses++; statuses%7 == 0 {
			b = binary.BigEndian.AppendUint16(b, chunk)
			chunk = 3 << 14
		}
	}
	for _, a := range f.arrivals {
		ticks := (a.at - clock) / deltaUnit
		if a.sequence < base+int64(statuses) || ticks != int64(int16(ticks)) {
			continue // it came twice, or the clock was set
		}
		if a.sequence-base-int64(statuses) > feedbackGap {
			break
		}
		for base+int64(statuses) < a.sequence {
			put(0)
		}
		clock += ticks * deltaUnit
		if ticks >= 0 && ticks <= 255 {
			put(1)
			f.deltas = append(f.deltas, byte(ticks))
		} else {
			put(2)
			f.deltas = binary.BigEndian.AppendUint16(f.deltas, uint16(ticks))
		}
	}
	if statuses%7 != 0 {
		b = binary.BigEndian.AppendUint16(b, chunk)
	}
	return b, statuses
}

// sendFeedback is the task that reports to the server's sender.
type sendFeedback struct{ c *client }

func (t sendFeedback) run(_ *loop, due time.Duration) time.Duration {
	c := t.c
	if len(c.feedback.arrivals) > 0 {
		c.sendRTCP(c.feedback.append(c.control[:0], c.ssrc, c.mediaSSRC))
	}
	return keepPace(due + feedbackEvery)
}
