package rtpbuf

import "time"

// Packet is what a ring keeps of one RTP packet. Payload and Descriptor point into the ring and hold until the next
// packets overwrite them.
type Packet struct {
	Ext       uint64 // extended sequence number
	Timestamp uint32
	Arrival   time.Duration // on the server's monotonic clock

	PayloadType uint8
	Marker      bool

	AudioLevel          uint8
	HasAudioLevel       bool
	VideoOrientation    uint8
	HasVideoOrientation bool

	Descriptor []byte // dependency descriptor; may be empty
	Payload    []byte // empty for padding
}

// Limits say how much a Ring holds. It starts small and doubles while packets younger than Keep would be overwritten, so
// that a quiet layer stays cheap and a busy one keeps enough; never beyond the maxima.
type Limits struct {
	Keep       time.Duration
	MaxPackets int // a power of two
	MaxBytes   int // a power of two
}

// Limits for the two kinds of stream: a second of the largest camera or screen layer, and four of audio.
var (
	VideoLimits = Limits{Keep: 1500 * time.Millisecond, MaxPackets: 1024, MaxBytes: 1 << 20}
	AudioLimits = Limits{Keep: 4 * time.Second, MaxPackets: 256, MaxBytes: 64 << 10}
)

const (
	minPackets = 64
	minBytes   = 8 << 10
	// MaxPacket is the largest payload and descriptor that a ring takes.
	MaxPacket = 2048
)

// Ring keeps the last packets of one stream by extended sequence number. The zero value with Limits is ready. It is not
// safe for concurrent use.
type Ring struct {
	Limits Limits

	entries []entry // at Ext & (len-1)
	arena   []byte
	head    uint64 // bytes ever taken of the arena; position p is at p & (len-1)
	lapped  time.Duration
	highest uint64
	any     bool
}

type entry struct {
	packet Packet // without slices
	pos    uint64
	body   uint16
	desc   uint16
	used   bool
}

// Put keeps a copy of a packet and returns it with slices into the ring. ok is false when it is a duplicate, older than
// what the ring covers, or too large.
func (r *Ring) Put(p Packet) (stored Packet, ok bool) {
	size := len(p.Payload) + len(p.Descriptor)
	if size > MaxPacket {
		return p, false
	}
	if r.entries == nil {
		r.entries, r.arena = make([]entry, minPackets), make([]byte, minBytes)
		r.lapped = p.Arrival
	}
	if r.any && p.Ext+uint64(len(r.entries)) <= r.highest {
		return p, false
	}
	e := r.slot(&p)
	if e.used && e.packet.Ext >= p.Ext {
		return p, false // the same one, or overtaken
	}
	pos := r.take(size, p.Arrival)
	e.pos, e.body, e.desc, e.used = pos, uint16(len(p.Payload)), uint16(len(p.Descriptor)), true
	at := r.at(pos)
	copy(r.arena[at:], p.Payload)
	copy(r.arena[at+len(p.Payload):], p.Descriptor)
	e.packet = p
	e.packet.Payload, e.packet.Descriptor = nil, nil
	if !r.any || p.Ext > r.highest {
		r.highest, r.any = p.Ext, true
	}
	return r.load(e), true
}

// Get finds a packet that is still whole.
func (r *Ring) Get(ext uint64) (p Packet, ok bool) {
	if len(r.entries) == 0 {
		return p, false
	}
	e := &r.entries[ext&uint64(len(r.entries)-1)]
	if !e.used || e.packet.Ext != ext || r.head-e.pos > uint64(len(r.arena)) {
		return p, false
	}
	return r.load(e), true
}

// Has tells whether a packet was put in, and is still remembered.
func (r *Ring) Has(ext uint64) bool {
	if len(r.entries) == 0 {
		return false
	}
	e := &r.entries[ext&uint64(len(r.entries)-1)]
	return e.used && e.packet.Ext == ext
}

// Highest is the highest extended sequence number put in; 0 before the first.
func (r *Ring) Highest() uint64 { return r.highest }

// Bytes of memory held.
func (r *Ring) Bytes() int { return len(r.arena) + len(r.entries)*entrySize }

const entrySize = 128

func (r *Ring) at(pos uint64) int { return int(pos & uint64(len(r.arena)-1)) }

func (r *Ring) load(e *entry) Packet {
	p := e.packet
	at := r.at(e.pos)
	body, end := at+int(e.body), at+int(e.body)+int(e.desc)
	p.Payload = r.arena[at:body:body]
	p.Descriptor = r.arena[body:end:end]
	return p
}

// slot finds the place for a packet, with more places when the one it would push out is young.
func (r *Ring) slot(p *Packet) *entry {
	e := &r.entries[p.Ext&uint64(len(r.entries)-1)]
	if e.used && e.packet.Ext < p.Ext && p.Arrival-e.packet.Arrival < r.Limits.Keep && len(r.entries) < r.Limits.MaxPackets {
		old := r.entries
		r.entries = make([]entry, 2*len(old))
		for _, e := range old {
			if e.used {
				r.entries[e.packet.Ext&uint64(len(r.entries)-1)] = e
			}
		}
		e = &r.entries[p.Ext&uint64(len(r.entries)-1)]
	}
	return e
}

// take reserves bytes that do not cross the end of the arena. When it comes round in less than Keep, the arena doubles.
func (r *Ring) take(size int, now time.Duration) (pos uint64) {
	if r.at(r.head)+size > len(r.arena) || r.head == 0 {
		if r.head != 0 && now-r.lapped < r.Limits.Keep && len(r.arena) < r.Limits.MaxBytes {
			r.grow()
		}
		r.lapped = now
		if at := r.at(r.head); at+size > len(r.arena) {
			r.head += uint64(len(r.arena) - at)
		}
	}
	pos = r.head
	r.head += uint64(size)
	return pos
}

// grow doubles the arena. Positions stay what they are: the block that the head is in and the one before it move to
// where the larger arena has them.
func (r *Ring) grow() {
	old, n := r.arena, uint64(len(r.arena))
	for i := range r.entries {
		if e := &r.entries[i]; e.used && r.head-e.pos > n {
			e.pos = r.head - 4*n // overwritten already; the larger arena must not take it for whole
		}
	}
	r.arena = make([]byte, 2*n)
	block := r.head / n * n
	used := int(r.head - block)
	copy(r.arena[r.at(block):], old[:used])
	if block > 0 {
		copy(r.arena[r.at(block-n)+used:], old[used:])
	}
}
