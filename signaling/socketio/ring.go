package socketio

import (
	"strconv"
	"time"

	"github.com/digierapro/parley/signaling/socketio/engineio"
)

// ring holds the last messages of one client, in the order in which they were sent to it.
type ring struct {
	entries []ringEntry // the first of them may be let go already
	gone    int         // how many are
	bytes   int
	base    uint64 // the offset of the newest message that is no longer here; 0 when nothing was let go
}

type ringEntry struct {
	offset uint64
	at     int64 // ns since 1970
	msg    *engineio.Message
}

// kept are the entries that are here.
func (r *ring) kept() []ringEntry { return r.entries[r.gone:] }

// push adds a message and lets go of the oldest ones beyond the limits. It returns by how much the ring has grown.
func (r *ring) push(e ringEntry, maxEntries, maxBytes int) (grown int) {
	before := r.bytes
	r.entries = append(r.entries, e)
	r.bytes += e.msg.Size()
	kept, n := r.kept(), 0
	for n < len(kept) && (len(kept)-n > maxEntries || r.bytes > maxBytes) {
		r.bytes -= kept[n].msg.Size()
		n++
	}
	r.letGo(n)
	return r.bytes - before
}

// prune lets go of what is older than a time.
func (r *ring) prune(before time.Time) (grown int) {
	was, kept, n := r.bytes, r.kept(), 0
	for n < len(kept) && kept[n].at < before.UnixNano() {
		r.bytes -= kept[n].msg.Size()
		n++
	}
	r.letGo(n)
	return r.bytes - was
}

// clear lets go of everything.
func (r *ring) clear() (grown int) {
	grown = -r.bytes
	r.bytes = 0
	r.letGo(len(r.kept()))
	return grown
}

// letGo forgets the oldest n. The others move to the front when as many are gone as are kept, so that each is moved only a
// few times in its life.
func (r *ring) letGo(n int) {
	if n == 0 {
		return
	}
	kept := r.kept()
	r.base = kept[n-1].offset
	clear(kept[:n])
	r.gone += n
	switch left := len(kept) - n; {
	case left == 0:
		r.entries, r.gone = nil, 0
	case r.gone >= left:
		copy(r.entries, r.kept())
		clear(r.entries[left:])
		r.entries, r.gone = r.entries[:left], 0
	}
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
	for i, e := range r.kept() {
		if e.offset == last {
			return r.from(i + 1), true
		}
	}
	return nil, false
}

func (r *ring) from(i int) []*engineio.Message {
	kept := r.kept()[i:]
	messages := make([]*engineio.Message, 0, len(kept))
	for _, e := range kept {
		messages = append(messages, e.msg)
	}
	return messages
}

func formatOffset(offset uint64) string { return strconv.FormatUint(offset, 36) }
