package socketio

import (
	"strconv"
	"time"

	"github.com/digierapro/parley/signaling/socketio/engineio"
)

// ring holds the last messages of one client, in the order in which they were sent to it.
type ring struct {
	entries []ringEntry
	bytes   int
	base    uint64 // the offset of the newest message that is no longer here; 0 when nothing was let go
}

type ringEntry struct {
	offset uint64
	at     time.Time
	msg    *engineio.Message
}

// push adds a message and lets go of the oldest ones beyond the limits. It returns by how much the ring has grown.
func (r *ring) push(e ringEntry, maxEntries, maxBytes int) (grown int) {
	before := r.bytes
	r.entries = append(r.entries, e)
	r.bytes += e.msg.Size()
	n := 0
	for n < len(r.entries) && (len(r.entries)-n > maxEntries || r.bytes > maxBytes) {
		r.bytes -= r.entries[n].msg.Size()
		n++
	}
	r.letGo(n)
	return r.bytes - before
}

// prune lets go of what is older than a time.
func (r *ring) prune(before time.Time) (grown int) {
	was, n := r.bytes, 0
	for n < len(r.entries) && r.entries[n].at.Before(before) {
		r.bytes -= r.entries[n].msg.Size()
		n++
	}
	r.letGo(n)
	return r.bytes - was
}

// clear lets go of everything.
func (r *ring) clear() (grown int) {
	grown = -r.bytes
	r.bytes = 0
	r.letGo(len(r.entries))
	return grown
}

func (r *ring) letGo(n int) {
	if n == 0 {
		return
	}
	r.base = r.entries[n-1].offset
	if n == len(r.entries) {
		r.entries = nil
		return
	}
	kept := copy(r.entries, r.entries[n:])
	clear(r.entries[kept:])
	r.entries = r.entries[:kept]
}

// after returns what was sent after an offset, and false when some of it is gone. The empty offset is that of a client
// that has received nothing.
func (r *ring) after(offset string) ([]*engineio.Message, bool) {
	var last uint64
	if offset != "" {
		var err error
		if last, err = strconv.ParseUint(offset, 36, 64); err != nil {
			return nil, false
		}
	}
	if last == r.base {
		return r.from(0), true
	}
	for i, e := range r.entries {
		if e.offset == last {
			return r.from(i + 1), true
		}
	}
	return nil, false
}

func (r *ring) from(i int) []*engineio.Message {
	messages := make([]*engineio.Message, 0, len(r.entries)-i)
	for _, e := range r.entries[i:] {
		messages = append(messages, e.msg)
	}
	return messages
}

func formatOffset(offset uint64) string { return strconv.FormatUint(offset, 36) }
