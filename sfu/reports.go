package sfu

import (
	"time"

	"github.com/pion/rtcp"

	"github.com/digierapro/parley/sfu/rewrite"
	"github.com/digierapro/parley/sfu/transport"
)

// sending counts what a slot has sent, for its sender reports. Guarded by its slot's mu.
type sending struct {
	packets, octets uint32
	last            time.Duration // when the last packet was sent
	pictures        pictures
	judged          judged
	reported        struct{ next, packets uint64 } // number and packets at the last reception report

	reports sentReports
}

func (s *sending) note(p *transport.Packet, now time.Duration) {
	s.packets++
	s.octets += uint32(len(p.Head) + len(p.Body))
	s.last = now
	s.pictures.note(p.Timestamp, now)
}

// senderReport makes the report about a slot (RFC 3550 section 6.4.1): the publisher's relation of timestamps to time,
// moved to our clock and to the slot's timestamps. ok is false while that is not known, or nothing is sent.
func (s *Slot) senderReport(now time.Duration) (sr rtcp.SenderReport, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil || s.sending.packets == 0 || now-s.sending.last > reportPause {
		return sr, false
	}
	ref, age := s.now.referenceAt(now)
	if !ref.Known() {
		return sr, false
	}
	theirs := ref.Wall + age
	ours, ok := s.now.pub.peer.clock.toServer(theirs)
	if !ok {
		return sr, false
	}
	ntp := toNTP(ours)
	s.sending.reports.note(ntp, now)
	return rtcp.SenderReport{
		SSRC: s.stream.SSRC, NTPTime: ntp, RTPTime: ref.Timestamp(theirs) + s.timestamp.Offset(),
		PacketCount: s.sending.packets, OctetCount: s.sending.octets,
	}, true
}

// rest lets go of the past of a slot that has sent nothing for so long that nobody will ask for it again.
func (s *Slot) rest(now time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.history.entries != nil && s.now == nil && now-s.sending.last > reportPause {
		s.forgetLocked()
	}
}

// reportedBack takes in what the client says about a slot (RFC 3550 section 6.4.1): the share of packets that were lost on
// the way since its last report, and the round trip; ok is false when that cannot be told.
func (s *Slot) reportedBack(r *rtcp.ReceptionReport, now time.Duration) (rtt time.Duration, lost float64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sending.judged.reported(r, now)
	lost = s.lostOnTheWayLocked(float64(r.FractionLost) / 256)
	rtt, ok = s.sending.reports.roundTrip(r.LastSenderReport, r.Delay, now)
	return rtt, lost, ok
}

// lostOnTheWayLocked takes from the share that a client misses that of the numbers which never went out, because the
// publisher's packets did not come.
func (s *Slot) lostOnTheWayLocked(missed float64) float64 {
	before := s.sending.reported
	s.sending.reported.next, s.sending.reported.packets = s.sequence.Next(), uint64(s.sending.packets)
	numbers, packets := s.sending.reported.next-before.next, s.sending.reported.packets-before.packets
	if before.next == 0 || numbers == 0 || packets >= numbers {
		return missed
	}
	return max(missed-float64(numbers-packets)/float64(numbers), 0)
}

// referenceDoubt is how far a packet may be from where the last sender report puts it.
const referenceDoubt = 500 * time.Millisecond

// doubtReferenceLocked forgets the last sender report when a packet shows that the stream's timestamps no longer go by
// it: Chromium's stand still while a microphone has no track. Until the next report the stream is placed by arrival.
func (l *Layer) doubtReferenceLocked(in *inboundPacket) {
	ref := &l.reference
	if !ref.Known() || in.repaired {
		return
	}
	expected := ref.Timestamp(ref.Wall + in.now - l.reception.lastReportAt)
	off := time.Duration(int32(in.header.Timestamp-expected)) * time.Second / time.Duration(ref.Rate)
	if off > referenceDoubt || off < -referenceDoubt {
		l.reference = rewrite.Reference{}
	}
}
