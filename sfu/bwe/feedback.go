package bwe

import (
	"encoding/binary"
	"errors"
	"time"
)

var (
	// ErrMalformed is returned for bytes that are no transport-wide feedback report.
	ErrMalformed = errors.New("malformed transport-wide feedback")
	// ErrUnknown is returned for a report on packets that were never sent. Nothing of it is used.
	ErrUnknown = errors.New("transport-wide feedback on packets never sent")
)

// The report of draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1: an RTCP header, two SSRCs, base number,
// number of statuses, reference time and report counter; then chunks of statuses, then the arrival deltas.
const (
	packetType    = 205
	packetFormat  = 15
	fixedSize     = 20
	referenceUnit = 64 * time.Millisecond
	deltaUnit     = 250 * time.Microsecond
	symbolLost    = 0
	symbolSmall   = 1 // one byte of delta
	symbolLarge   = 2 // two bytes, signed
)

// IsFeedback says whether an RTCP packet claims to be a transport-wide feedback report.
func IsFeedback(b []byte) bool {
	return len(b) >= 4 && b[0]>>6 == 2 && b[0]&0x1f == packetFormat && b[1] == packetType
}

// Feedback reads one report (a single RTCP packet, from its header on; what follows it is left alone) and appends its
// news to dst: for each packet at most one Result, in the order in which they were sent. A packet that is reported twice
// is news only once, or twice when it was first reported lost and then received. A report can cost no more than the
// ring is long, whatever it claims.
func (h *History) Feedback(b []byte, dst []Result) ([]Result, error) {
	r, err := parseReport(b)
	if err != nil {
		return dst, err
	}
	base := h.newest + int64(int16(r.base-uint16(h.newest)))
	if h.ring == nil || base < h.oldest || base+int64(r.count) > h.newest+1 {
		return dst, ErrUnknown
	}
	clock := time.Duration(h.unwrapReference(r.reference)) * referenceUnit
	dst = h.tellRange(h.covered, base, Unreported, dst)
	h.covered = max(h.covered, base+int64(r.count))
	deltas := r.deltas
	for s := r.statuses(); ; {
		symbol, run, ok := s.next()
		if !ok {
			return dst, nil
		}
		if symbol == symbolLost {
			dst = h.tellRange(base, base+int64(run), Lost, dst)
			base += int64(run)
			continue
		}
		for range run {
			var ticks int64
			if symbol == symbolSmall {
				ticks, deltas = int64(deltas[0]), deltas[1:]
			} else {
				ticks, deltas = int64(int16(binary.BigEndian.Uint16(deltas))), deltas[2:]
			}
			clock += time.Duration(ticks) * deltaUnit
			dst = h.tell(base, Received, clock, dst)
			base++
		}
	}
}

// unwrapReference extends the 24 bits of a report's reference time, which come around every twelve days.
func (h *History) unwrapReference(reference uint32) int64 {
	if !h.reported {
		h.reported = true
		h.reference = 1<<24 | int64(reference)
		return h.reference
	}
	ahead := int64(int32((reference-uint32(h.reference))<<8) >> 8)
	h.reference += ahead
	return h.reference
}

// report is one that has been checked: its chunks have count statuses, and deltas has the bytes that they need.
type report struct {
	base      uint16
	count     int
	reference uint32 // 24 bits
	chunks    []byte
	deltas    []byte
}

func parseReport(b []byte) (r report, err error) {
	if len(b) < fixedSize || !IsFeedback(b) {
		return r, ErrMalformed
	}
	size := 4 * (1 + int(binary.BigEndian.Uint16(b[2:])))
	if size < fixedSize || size > len(b) {
		return r, ErrMalformed
	}
	if b[0]&0x20 != 0 { // RFC 3550 section 6.4.1: the last byte counts the padding
		pad := int(b[size-1])
		if pad == 0 || pad > size-fixedSize {
			return r, ErrMalformed
		}
		size -= pad
	}
	r.base = binary.BigEndian.Uint16(b[12:])
	r.count = int(binary.BigEndian.Uint16(b[14:]))
	r.reference = binary.BigEndian.Uint32(b[16:]) >> 8
	r.chunks = b[fixedSize:size]
	return r, r.split()
}

// split finds where the chunks end and the deltas begin, and checks that there are enough of both.
func (r *report) split() error {
	s, need := r.statuses(), 0
	for {
		symbol, run, ok := s.next()
		if !ok {
			break
		}
		if symbol > symbolLarge {
			return ErrMalformed
		}
		need += run * int(symbol) // by good luck the symbol is the size of its delta
	}
	if s.left > 0 || need > len(s.chunks) {
		return ErrMalformed
	}
	r.chunks, r.deltas = r.chunks[:len(r.chunks)-len(s.chunks)], s.chunks
	return nil
}

func (r *report) statuses() statuses { return statuses{chunks: r.chunks, left: r.count} }

// statuses walks through status chunks.
type statuses struct {
	chunks []byte
	left   int    // statuses still to come
	vector uint16 // symbols of a vector chunk, the next one in front
	n      int    // how many they are
	wide   bool   // two bits each, else one
}

// next gives the next symbol and how many packets in a row have it. ok is false at the end, and with left above 0 when
// the chunks have run out before.
func (s *statuses) next() (symbol uint8, run int, ok bool) {
	for s.left > 0 && s.n == 0 {
		if len(s.chunks) < 2 {
			return 0, 0, false
		}
		chunk := binary.BigEndian.Uint16(s.chunks)
		s.chunks = s.chunks[2:]
		switch chunk >> 14 {
		case 0, 1: // run length chunk: 0, symbol (2 bits), length (13 bits)
			if run = min(int(chunk&0x1fff), s.left); run > 0 {
				s.left -= run
				return uint8(chunk>>13) & 3, run, true
			}
		case 2: // status vector chunk: 1, 0, fourteen symbols of one bit
			s.vector, s.n, s.wide = chunk<<2, 14, false
		case 3: // status vector chunk: 1, 1, seven symbols of two bits
			s.vector, s.n, s.wide = chunk<<2, 7, true
		}
	}
	if s.left == 0 {
		return 0, 0, false
	}
	s.left--
	s.n--
	if s.wide {
		symbol, s.vector = uint8(s.vector>>14), s.vector<<2
	} else {
		symbol, s.vector = uint8(s.vector>>15), s.vector<<1
	}
	return symbol, 1, true
}
