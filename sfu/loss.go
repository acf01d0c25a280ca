package sfu

import (
	"slices"
	"time"
)

// lossList is what a publisher's stream misses and may still get: the source of negative acknowledgements (RFC 4585
// section 6.2.1). Guarded by its layer's mu.
type lossList struct {
	missing []missing // ascending
}

type missing struct {
	ext   uint64
	since time.Duration
	asked time.Duration
	tries int
}

const (
	maxMissing    = 128
	maxTries      = 4
	reorderDelay  = 15 * time.Millisecond // a packet may overtake another by this much
	retryInterval = 100 * time.Millisecond
	maxWait       = 1500 * time.Millisecond
)

// note takes in that ext arrived when highest was the highest so far (0: none). It returns false when so much is missing
// that it is given up.
func (l *lossList) note(highest, ext uint64, now time.Duration) bool {
	if highest == 0 {
		return true
	}
	if ext < highest {
		if i, found := slices.BinarySearchFunc(l.missing, ext, func(m missing, e uint64) int { return int(int64(m.ext - e)) }); found {
			l.missing = slices.Delete(l.missing, i, i+1)
		}
		return true
	}
	if uint64(len(l.missing))+ext-highest-1 > maxMissing {
		l.missing = l.missing[:0]
		return false
	}
	for e := highest + 1; e < ext; e++ {
		l.missing = append(l.missing, missing{ext: e, since: now})
	}
	return true
}

// due appends the sequence numbers to ask for now and forgets those that were asked for often or long enough.
func (l *lossList) due(now, interval time.Duration, seqs []uint16) []uint16 {
	kept := l.missing[:0]
	for _, m := range l.missing {
		if now-m.since > maxWait {
			continue
		}
		if now-m.since >= reorderDelay && (m.tries == 0 || now-m.asked >= interval) {
			if m.tries == maxTries {
				continue
			}
			m.tries++
			m.asked = now
			seqs = append(seqs, uint16(m.ext))
		}
		kept = append(kept, m)
	}
	l.missing = kept
	return seqs
}
