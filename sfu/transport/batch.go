package transport

import "time"

// Batch collects the packets that a worker sends while it carries what it has read, so that they go to the kernel
// together: packets of one client that are equal in size, but for the last, as one message with segmentation offload
// where the kernel has it, and many clients' messages with one system call. The worker empties it when its socket is
// dry, when it is full, and when its oldest packet has waited for batchWait; nobody waits for company that may not come.
//
// It is the worker's own: see Conn.Batch.
type Batch struct {
	// static
	socket   *socket
	counters *counters
	helper   *helper // nil to send everything here

	now   time.Time // what the worker's clock said when it read
	since time.Time // when the first packet came in
	epoch uint64    // counts the times it was emptied
	*load
}

// load is what a batch holds.
type load struct {
	arena    []byte
	used     int
	packets  []queuedPacket
	messages []message
	system   systemBatch
}

func newLoad() *load {
	return &load{
		arena:    make([]byte, batchBytes),
		packets:  make([]queuedPacket, 0, batchPackets),
		messages: make([]message, 0, batchPackets),
	}
}

const (
	batchPackets = 256
	batchBytes   = batchPackets << 10
	batchWait    = 500 * time.Microsecond
	passMessages = 64 // below that it is not worth waking another core

	// What one message with segmentation offload may have: UDP_MAX_SEGMENTS of older kernels, and a datagram's length.
	segmentsMax = 64
	segmentsLen = 65_000
	// segmentMin keeps audio out: its packets come one by one, and gain nothing.
	segmentMin = 400
)

// queuedPacket is one sealed packet in the arena.
type queuedPacket struct {
	at, size int32
	next     int32 // of the same message; 0 for none, since the first of all is nobody's next
}

// message is a run of packets to one client that can go as one.
type message struct {
	route       *route
	first, last int32 // packets
	packets     int32
	segment     int32 // size of all but the last
	bytes       int32
	full        bool // nothing can follow
}

// lastMessage is a client's note of the message that its next packet may join.
type lastMessage struct {
	batch *Batch
	epoch uint64
	index int32
}

func newBatch(s *socket, c *counters) *Batch {
	return &Batch{socket: s, counters: c, epoch: 1, load: newLoad()}
}

// room returns space for a packet of any size.
func (b *Batch) room() []byte {
	if len(b.packets) == batchPackets || len(b.arena)-b.used < sealedBuffer {
		b.pass() // there is more to come, or it would not be full
	}
	return b.arena[b.used:]
}

// add queues the packet of that size which was written where room said. The client's lock guards last.
func (b *Batch) add(last *lastMessage, r *route, size int) {
	if len(b.packets) == 0 {
		b.since = b.now
	}
	k := int32(len(b.packets))
	b.packets = append(b.packets, queuedPacket{at: int32(b.used), size: int32(size)})
	b.used += size
	if last.batch == b && last.epoch == b.epoch {
		if m := &b.messages[last.index]; m.takes(r, int32(size)) {
			b.packets[m.last].next = k
			m.last = k
			m.packets++
			m.bytes += int32(size)
			m.full = int32(size) < m.segment
			return
		}
	}
	*last = lastMessage{b, b.epoch, int32(len(b.messages))}
	b.messages = append(b.messages, message{
		route: r, first: k, last: k, packets: 1, segment: int32(size), bytes: int32(size),
		full: size < segmentMin || !b.socket.segments || r.whole.Load(),
	})
}

func (m *message) takes(r *route, size int32) bool {
	return !m.full && m.route == r && size <= m.segment && m.packets < segmentsMax && m.bytes+size <= segmentsLen
}

// flush gives everything to the kernel, or to the helper while it still has some from before.
func (b *Batch) flush() {
	if len(b.packets) == 0 {
		return
	}
	if b.helper != nil && b.helper.busy() {
		b.load = b.helper.take(b.load)
	} else {
		b.load.send(b.socket, b.counters)
	}
	b.epoch++
}

// pass gives everything to the helper: whoever has so much to send goes on while another core sends.
func (b *Batch) pass() {
	if b.helper == nil || len(b.messages) < passMessages {
		b.flush()
		return
	}
	b.load = b.helper.take(b.load)
	b.epoch++
}

// send gives the load to the kernel and empties it.
func (l *load) send(s *socket, c *counters) {
	failed := s.sendLoad(l)
	c.packetsOut.Add(uint64(len(l.packets) - failed))
	c.bytesOut.Add(uint64(l.used))
	if failed > 0 {
		c.sendErrors.Add(uint64(failed))
	}
	l.used, l.packets, l.messages = 0, l.packets[:0], l.messages[:0]
}

// begin sets the clock for the packets that are carried next, and does not let older ones wait for all of them.
func (b *Batch) begin(now time.Time) {
	if len(b.packets) > 0 && now.Sub(b.since) >= batchWait {
		b.pass()
	}
	b.now = now
}
