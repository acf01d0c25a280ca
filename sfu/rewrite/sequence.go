// Package rewrite makes one continuous outgoing stream out of a succession of sources: sequence numbers, timestamps and
// the counters of VP8. Every type here is a value whose zero is ready, with no clock, goroutine or I/O of its own.
package rewrite

// Sequence maps the extended sequence numbers of the present source to those of the outgoing stream. Numbers the source
// lost stay lost, so that the receiver asks for them again; packets left out on purpose leave no hole; a late packet gets
// the number that its place in the order had.
type Sequence struct {
	spans   [maxSpans]span // ascending by start; the last is the present one
	n       int
	next    uint64 // outgoing: one after the highest
	highest uint64 // incoming
}

// span says that incoming numbers from start on are larger than outgoing ones by delta (modulo 2^64).
type span struct{ start, delta uint64 }

// maxSpans bounds how many runs of squeezed-out packets are remembered for packets that come late.
const maxSpans = 32

// Switch begins a new source whose first packet has the incoming number first; it goes out directly after all that went
// before. Packets of the new source before first belong nowhere.
func (s *Sequence) Switch(first uint64) {
	s.spans[0] = span{start: first, delta: first - s.next}
	s.n = 1
	s.highest = first - 1
}

// Map gives the outgoing number of an incoming packet. ok is false when no number belongs to it.
func (s *Sequence) Map(in uint64) (out uint64, ok bool) {
	for i := s.n - 1; i >= 0; i-- {
		if in < s.spans[i].start {
			continue
		}
		out = in - s.spans[i].delta
		if in > s.highest {
			s.highest, s.next = in, out+1
		}
		return out, true
	}
	return 0, false
}

// Skip leaves a packet out so that the receiver sees no hole. That is possible only while nothing after it has gone out;
// otherwise it returns false and changes nothing.
func (s *Sequence) Skip(in uint64) bool {
	if s.n == 0 || in <= s.highest {
		return false
	}
	last := s.spans[s.n-1]
	s.highest, s.next = in, in-last.delta
	if last.start == in && s.n > 1 {
		s.spans[s.n-1] = span{start: in + 1, delta: last.delta + 1}
		return true
	}
	if s.n == maxSpans {
		copy(s.spans[:], s.spans[1:])
		s.n--
	}
	s.spans[s.n] = span{start: in + 1, delta: last.delta + 1}
	s.n++
	return true
}

// Next is the outgoing number that follows the highest so far.
func (s *Sequence) Next() uint64 { return s.next }
