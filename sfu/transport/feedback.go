package transport

import (
	"encoding/binary"
	"slices"
	"sync"
	"time"
)

// Transport-wide feedback tells the client which of its packets arrived when; its sender estimates bandwidth by that
// and without it never sends the upper simulcast layers. The format is draft-holmer-rmcat-transport-wide-cc-extensions-01.

const (
	rtcpTransportFeedback = 205
	formatTransportCC     = 15
)

const (
	feedbackEvery   = 50 * time.Millisecond // at the latest
	feedbackSoon    = 20                    // packets with which the next tick does not wait
	feedbackMax     = 256                   // packets in one report
	feedbackGap     = 512                   // sequence numbers between two packets of one report
	feedbackSpan    = 1024                  // and from its first to its last
	deltaUnit       = 250 * time.Microsecond
	referenceUnit   = 64 * time.Millisecond
	statusLost      = 0
	statusSmall     = 1 // one byte of delta
	statusLarge     = 2 // two bytes, signed
	feedbackMaxSize = 20 + 2*(feedbackSpan/7+feedbackMax+2) + 2*feedbackMax + 4
)

// feedbackRecorder notes a client's packets between two reports. A client that lies about its numbers spoils only what
// it is told: the memory is fixed.
type feedbackRecorder struct {
	senderSSRC uint32

	mu        sync.Mutex
	started   time.Time // the clock's zero
	mediaSSRC uint32
	newest    int64 // unwrapped
	next      int64 // first number that no report has covered
	any       bool
	arrivals  [feedbackMax]arrival
	n         int
	count     uint8
	last      time.Time
	buf       [feedbackMaxSize]byte
}

type arrival struct {
	seq int64         // unwrapped
	at  time.Duration // since started
}

// record notes one packet. What arrives while a report's worth waits is left out: the client takes it for lost, and a
// client that sends so fast between two ticks deserves it.
func (f *feedbackRecorder) record(ssrc uint32, seq uint16, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.any {
		f.any = true
		f.started = now.Add(-time.Second)
		f.newest = int64(seq) + 1<<16
		f.next = f.newest
	}
	unwrapped := f.newest + int64(int16(seq-uint16(f.newest)))
	f.newest = max(f.newest, unwrapped)
	f.mediaSSRC = ssrc
	if f.n < feedbackMax {
		f.arrivals[f.n] = arrival{seq: unwrapped, at: now.Sub(f.started)}
		f.n++
	}
}

// sendFeedback sends what is due.
func (c *Conn) sendFeedback(now time.Time) {
	f := &c.feedback
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n == 0 || (f.n < feedbackSoon && now.Sub(f.last) < feedbackEvery-tick/2) {
		return
	}
	f.last = now
	pending := f.sorted()
	for len(pending) > 0 {
		var report []byte
		report, pending = f.build(pending)
		if c.SendRTCP(report) == nil {
			c.l.counters.feedbackOut.Add(1)
		}
	}
	f.n = 0
}

// sorted is what waits, by number.
func (f *feedbackRecorder) sorted() []arrival {
	pending := f.arrivals[:f.n]
	slices.SortStableFunc(pending, func(a, b arrival) int { return int(a.seq - b.seq) })
	return pending
}

// build makes one report of as many arrivals as fit, and returns the others.
func (f *feedbackRecorder) build(pending []arrival) (report []byte, rest []arrival) {
	base := pending[0].seq
	if f.next < base && base-f.next <= feedbackGap {
		base = f.next // what is missing before the first
	}
	reference := pending[0].at / referenceUnit
	w := feedbackWriter{buf: f.buf[:], n: 20}
	var deltas [2 * feedbackMax]byte
	nd := 0
	seq, clock := base, reference*referenceUnit
	for len(pending) > 0 {
		a := pending[0]
		if a.seq < seq { // twice the same
			pending = pending[1:]
			continue
		}
		ticks := int64((a.at - clock) / deltaUnit)
		if a.seq-seq > feedbackGap || a.seq-base >= feedbackSpan || ticks != int64(int16(ticks)) {
			break
		}
		for ; seq < a.seq; seq++ {
			w.add(statusLost)
		}
		if ticks >= 0 && ticks <= 255 {
			w.add(statusSmall)
			deltas[nd] = byte(ticks)
			nd++
		} else {
			w.add(statusLarge)
			binary.BigEndian.PutUint16(deltas[nd:], uint16(int16(ticks)))
			nd += 2
		}
		clock += time.Duration(ticks) * deltaUnit
		seq++
		pending = pending[1:]
	}
	w.flush()
	n := w.n + copy(f.buf[w.n:], deltas[:nd])
	f.next = max(f.next, seq)
	return f.finish(n, uint16(base), uint16(seq-base), reference), pending
}

// finish writes the fixed part and pads to a word, RFC 3550 section 6.4.1: the last byte counts the padding.
func (f *feedbackRecorder) finish(n int, base, statuses uint16, reference time.Duration) []byte {
	b := f.buf[:]
	b[0] = 2<<6 | formatTransportCC
	if pad := (4 - n%4) % 4; pad > 0 {
		b[0] |= 1 << 5
		clear(b[n : n+pad])
		n += pad
		b[n-1] = byte(pad)
	}
	b[1] = rtcpTransportFeedback
	binary.BigEndian.PutUint16(b[2:], uint16(n/4-1))
	binary.BigEndian.PutUint32(b[4:], f.senderSSRC)
	binary.BigEndian.PutUint32(b[8:], f.mediaSSRC)
	binary.BigEndian.PutUint16(b[12:], base)
	binary.BigEndian.PutUint16(b[14:], statuses)
	binary.BigEndian.PutUint32(b[16:], uint32(reference)<<8|uint32(f.count))
	f.count++
	return b[:n]
}

// feedbackWriter packs statuses: a run of equal ones in one chunk, otherwise seven in a chunk of two bits each.
type feedbackWriter struct {
	buf     []byte
	n       int
	waiting [7]uint8
	k       int
	run     int // equal statuses in a row; more than waiting holds once it is a run
}

func (w *feedbackWriter) add(status uint8) {
	if w.run > 7 {
		if status == w.waiting[0] {
			w.run++
			return
		}
		w.flush()
	}
	if w.k == 7 {
		if w.run == 7 && status == w.waiting[0] {
			w.run++
			return
		}
		w.flush()
	}
	if w.k == w.run && (w.k == 0 || status == w.waiting[0]) {
		w.run++
	}
	w.waiting[w.k] = status
	w.k++
}

// flush writes what waits.
func (w *feedbackWriter) flush() {
	if w.k == 0 {
		return
	}
	var chunk uint16
	if w.run >= w.k { // run length chunk: 0, symbol (2 bits), length (13 bits)
		chunk = uint16(w.waiting[0])<<13 | uint16(w.run)
	} else { // status vector chunk: 1, two-bit symbols, seven of them
		chunk = 3 << 14
		for i, s := range w.waiting[:w.k] {
			chunk |= uint16(s) << (12 - 2*i)
		}
	}
	binary.BigEndian.PutUint16(w.buf[w.n:], chunk)
	w.n += 2
	w.k, w.run = 0, 0
}
