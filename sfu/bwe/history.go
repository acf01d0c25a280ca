package bwe

import "time"

// Kind is what a sent packet was for.
type Kind uint8

// Kinds of packets.
const (
	Media Kind = iota
	Retransmission
	Padding // sent only to fill a probe, be it padding or a repetition that nobody asked for
)

// Status is what is known of a sent packet.
type Status uint8

// A packet goes from InFlight to any of the others, and later on only downwards in this list.
const (
	unsent     Status = iota
	InFlight          // no report has told of it
	Unreported        // the report that would have told of it was lost
	Lost
	Received
)

// Result is news of one packet out of a feedback report.
type Result struct {
	Sent    time.Duration // our clock
	Arrival time.Duration // the client's clock, whose zero means nothing; of Received only
	Size    int           // bytes
	Probe   uint16        // cluster that it was sent in; 0 for none
	Kind    Kind
	Status  Status
	Before  Status
}

// The ring begins small, because most subscribers get a few packets a second, and grows to hold historyTime of a fast
// one. A packet that it has forgotten cannot be reported on any more.
const (
	historyStart = 256
	historyMax   = 4096
	historyTime  = 2 * time.Second
)

// History remembers what was sent to one client, by transport-wide sequence number, until the client reports on it.
// The zero value is ready. It is not safe for concurrent use.
type History struct {
	ring    []record // a power of two
	newest  int64    // unwrapped
	oldest  int64    // the first ever sent
	covered int64    // first number that no report has reached

	reference int64 // of the latest report, unwrapped, in units of 64 ms
	reported  bool
}

// record takes 16 bytes, so that the ring of a fast client takes 64 KiB.
type record struct {
	sent   time.Duration
	size   uint16
	seq    uint16
	probe  uint16
	kind   Kind
	status Status
}

// Sent notes a packet at the moment before it is given to the network, so that no report can come first. size is the
// whole datagram in bytes. Numbers must ascend (modulo 2^16); one that does not is ignored.
func (h *History) Sent(seq uint16, size int, kind Kind, probe uint16, now time.Duration) {
	if h.ring == nil {
		h.ring = make([]record, historyStart)
		h.oldest = 1<<16 | int64(seq)
		h.newest, h.covered = h.oldest-1, h.oldest
	}
	ahead := int64(int16(seq - uint16(h.newest)))
	if ahead <= 0 {
		return
	}
	for skipped := h.newest + 1; skipped < h.newest+ahead && skipped <= h.newest+int64(len(h.ring)); skipped++ {
		*h.at(skipped) = record{}
	}
	h.newest += ahead
	if r := h.at(h.newest); r.status == InFlight && now-r.sent < historyTime && len(h.ring) < historyMax {
		h.grow()
	}
	*h.at(h.newest) = record{
		sent: now, size: uint16(min(max(size, 0), 0xffff)), seq: seq, probe: probe, kind: kind, status: InFlight,
	}
}

func (h *History) at(number int64) *record { return &h.ring[number&int64(len(h.ring)-1)] }

// grow doubles the ring; h.newest is not in it yet.
func (h *History) grow() {
	old := h.ring
	h.ring = make([]record, 2*len(old))
	for number := h.newest - int64(len(old)); number < h.newest; number++ {
		*h.at(number) = old[number&int64(len(old)-1)]
	}
}

// first is the oldest number that the ring can hold.
func (h *History) first() int64 { return max(h.oldest, h.newest-int64(len(h.ring))+1) }

// find gives the record of a number, or nil when it was not sent or is forgotten.
func (h *History) find(number int64) *record {
	if number < h.first() || number > h.newest {
		return nil
	}
	r := h.at(number)
	if r.status == unsent || r.seq != uint16(number) {
		return nil
	}
	return r
}

// tell moves a packet to a status and appends the news, if it is any.
func (h *History) tell(number int64, status Status, arrival time.Duration, dst []Result) []Result {
	r := h.find(number)
	if r == nil || r.status >= status {
		return dst
	}
	dst = append(dst, Result{
		Sent: r.sent, Arrival: arrival, Size: int(r.size), Probe: r.probe, Kind: r.kind, Status: status, Before: r.status,
	})
	r.status = status
	return dst
}

// tellRange moves all packets from one number up to before another.
func (h *History) tellRange(from, to int64, status Status, dst []Result) []Result {
	for number := max(from, h.first()); number < min(to, h.newest+1); number++ {
		dst = h.tell(number, status, 0, dst)
	}
	return dst
}
