package sfu

import (
	"time"

	"github.com/pion/rtcp"
)

// reception counts what a receiver report says about one stream (RFC 3550 sections 6.4.1 and A.8). Guarded by its
// layer's mu.
type reception struct {
	started  bool
	base     uint64 // first extended sequence number
	highest  uint64
	received uint64
	repaired uint64 // came as retransmissions, or by redundancy
	octets   uint64 // of payload
	pictures pictures
	measured totals // at the last judgement of quality

	expectedBefore, receivedBefore uint64 // at the last report

	transit int64 // of the last packet, in ticks
	jitter  int64 // in sixteenths of a tick

	lastReport   uint32 // middle bits of the NTP time in the last sender report
	lastReportAt time.Duration
}

func (r *reception) note(ext uint64, ts uint32, now time.Duration, rate uint32) {
	if !r.started {
		*r = reception{started: true, base: ext, highest: ext, lastReport: r.lastReport, lastReportAt: r.lastReportAt}
		r.transit = arrivalTicks(now, rate) - int64(ts)
	}
	r.received++
	r.highest = max(r.highest, ext)

	// A.8: the difference of two packets' transit times, by wrapping arithmetic, smoothed by 1/16.
	transit := arrivalTicks(now, rate) - int64(ts)
	d := int64(int32(uint32(transit) - uint32(r.transit)))
	r.transit = transit
	if d < 0 {
		d = -d
	}
	r.jitter += d - (r.jitter+8)>>4
}

// noteMedia takes in what a packet carries, repaired or not.
func (r *reception) noteMedia(octets int, ts uint32, repaired bool, now time.Duration) {
	if repaired {
		r.repaired++
	}
	if octets == 0 {
		return // padding, or muted
	}
	r.octets += uint64(octets)
	r.pictures.note(ts, now)
}

func arrivalTicks(now time.Duration, rate uint32) int64 {
	return int64(now/time.Microsecond) * int64(rate) / 1_000_000
}

// report makes the block about the stream; ok is false when nothing has come yet.
func (r *reception) report(ssrc uint32, now time.Duration) (b rtcp.ReceptionReport, ok bool) {
	if !r.started {
		return b, false
	}
	expected := r.highest - r.base + 1
	lost := int64(expected) - int64(r.received)
	inInterval := expected - r.expectedBefore
	lostInInterval := int64(inInterval) - int64(r.received-r.receivedBefore)
	r.expectedBefore, r.receivedBefore = expected, r.received
	b = rtcp.ReceptionReport{
		SSRC:               ssrc,
		TotalLost:          uint32(min(max(lost, 0), 0x7fffff)),
		LastSequenceNumber: uint32(r.highest - 1<<16), // the unwrapper counts the first cycle as 1
		Jitter:             uint32(r.jitter >> 4),
	}
	if inInterval > 0 && lostInInterval > 0 {
		b.FractionLost = uint8(min(lostInInterval<<8/int64(inInterval), 255))
	}
	if r.lastReport != 0 {
		b.LastSenderReport = r.lastReport
		b.Delay = uint32((now - r.lastReportAt) * 65536 / time.Second)
	}
	return b, true
}
