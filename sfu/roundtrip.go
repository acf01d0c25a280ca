package sfu

import (
	"sync"
	"time"
)

// sentReports remembers the last reports that tell our clock: the client answers one of them, and says how long it took
// to (RFC 3550 section 6.4.1).
type sentReports struct {
	last [4]sentReport
	next int
}

type sentReport struct {
	middle uint32 // middle bits of its NTP time
	at     time.Duration
}

func (s *sentReports) note(ntp uint64, now time.Duration) {
	s.last[s.next] = sentReport{uint32(ntp >> 16), now}
	s.next = (s.next + 1) % len(s.last)
}

// maxRoundTrip is more than anybody waits for; what seems longer is a client's mistake.
const maxRoundTrip = 10 * time.Second

// roundTrip is how long an answer took that names the report and the client's delay, in seconds / 65536. ok is false when
// the report is none of the last.
func (s *sentReports) roundTrip(middle, delay uint32, now time.Duration) (rtt time.Duration, ok bool) {
	for _, r := range s.last {
		if middle != 0 && r.middle == middle {
			rtt = now - r.at - time.Duration(delay)*time.Second/65536
			return max(rtt, time.Microsecond), rtt < maxRoundTrip
		}
	}
	return 0, false
}

// references measures the round trip to a client that is sent nothing it could report on: we tell it our time, and its
// next reports as a sender answer that (RFC 3611 sections 4.4 and 4.5). Browsers do so unasked.
type references struct {
	mu   sync.Mutex
	sent sentReports // guarded by mu: written by the ticker, read by the read loop
}

// append writes the extended report that tells our time.
func (r *references) append(b []byte, ssrc uint32, ntp uint64, now time.Duration) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent.note(ntp, now)
	return appendReferenceTime(b, ssrc, ntp)
}

// answered takes in what an extended report says of those of ours.
func (r *references) answered(p *rtcpPart, ssrc uint32, now time.Duration) (rtt time.Duration, ok bool) {
	middle, delay, ok := p.answerTo(ssrc)
	if !ok {
		return 0, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sent.roundTrip(middle, delay, now)
}
