package rtpbuf

// Unwrapper extends 16-bit sequence numbers to 64 bits, so that nothing above it has to think of wraps. The zero value
// is ready; it starts high enough that packets before the first one have numbers too.
type Unwrapper struct {
	highest uint64
	started bool
	fresh   bool // Restart was called
	strange int  // packets in a row that are too far behind to be late
	last    uint16
}

// maxLate is how far behind the highest a packet may be and count as late; beyond it is either garbage or a sender that
// has begun again, which the following packets tell (as RFC 3550 appendix A.1 does).
const (
	maxLate    = 3000
	maxStrange = 3
)

// Restart makes the next packet begin a new sequence, whose numbers go on after the old ones.
func (u *Unwrapper) Restart() {
	u.highest |= 0xffff // the next cycle
	u.fresh = u.started
	u.strange = 0
}

// Extend returns the extended sequence number. restarted: the sender has begun a new sequence, whose numbers go on after
// the old ones. ok is false for a packet that belongs nowhere (yet).
func (u *Unwrapper) Extend(seq uint16) (ext uint64, restarted, ok bool) {
	if !u.started {
		u.started = true
		u.highest = 1<<16 | uint64(seq)
		return u.highest, false, true
	}
	if u.fresh {
		u.fresh = false
		u.highest += 1 + uint64(seq)
		return u.highest, true, true
	}
	diff := int(int16(seq - uint16(u.highest)))
	if diff <= -maxLate || diff >= maxLate {
		return u.probe(seq)
	}
	u.strange = 0
	ext = uint64(int64(u.highest) + int64(diff))
	u.highest = max(u.highest, ext)
	return ext, false, true
}

// Near gives the number of a packet that comes outside the stream's order, such as a retransmission. It learns nothing
// from it.
func (u *Unwrapper) Near(seq uint16) (ext uint64, ok bool) {
	diff := int(int16(seq - uint16(u.highest)))
	if !u.started || u.fresh || diff <= -maxLate || diff >= maxLate {
		return 0, false
	}
	return uint64(int64(u.highest) + int64(diff)), true
}

// probe accepts a far jump once several packets in a row follow each other there.
func (u *Unwrapper) probe(seq uint16) (ext uint64, restarted, ok bool) {
	if u.strange == 0 || seq != u.last+1 {
		u.strange = 0
	}
	u.last = seq
	if u.strange++; u.strange < maxStrange {
		return 0, false, false
	}
	u.strange = 0
	u.highest = (u.highest>>16+1)<<16 | uint64(seq)
	return u.highest, true, true
}
