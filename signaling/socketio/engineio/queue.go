package engineio

import "slices"

// Class says what may happen to a message when a client reads too slowly.
type Class uint8

// The classes, from what must arrive to what is dropped first.
const (
	Durable   Class = iota // sent, or the session is closed as slow
	State                  // only the newest of its key need arrive
	Ephemeral              // may be dropped
	control                // of the protocol itself; a handful at most, not counted
)

type queued struct {
	msg   *Message
	class Class
	key   string
}

// queue holds what waits to be sent, in order. It lets a message in while it is below both of its bounds, so that one
// large message can pass, and never holds more than the byte bound and one message.
type queue struct {
	items []queued
	bytes int
}

// verdict is what became of a message.
type verdict uint8

const (
	accepted verdict = iota
	dropped          // ephemeral, and the queue is full
	overflow         // durable or state, and there is nothing left to drop
)

// push puts an item at the end. It reports how many waiting messages made room for it: state by a newer one of its key,
// ephemeral by being dropped.
func (q *queue) push(it queued, maxItems, maxBytes int) (v verdict, coalesced, evicted int) {
	if it.class == State {
		coalesced = q.remove(func(old queued) bool { return old.class == State && old.key == it.key })
	}
	if it.class != control && q.full(maxItems, maxBytes) {
		if it.class == Ephemeral {
			return dropped, coalesced, 0
		}
		evicted = q.remove(func(old queued) bool { return old.class == Ephemeral })
		if q.full(maxItems, maxBytes) {
			return overflow, coalesced, evicted
		}
	}
	q.items = append(q.items, it)
	q.bytes += it.msg.size
	return accepted, coalesced, evicted
}

// unshift puts what is left of a message that was begun before all others.
func (q *queue) unshift(m *Message) {
	q.items = slices.Insert(q.items, 0, queued{msg: m, class: control})
	q.bytes += m.size
}

func (q *queue) full(maxItems, maxBytes int) bool {
	return len(q.items) >= maxItems || q.bytes >= maxBytes
}

func (q *queue) remove(match func(queued) bool) int {
	before := len(q.items)
	q.items = slices.DeleteFunc(q.items, func(it queued) bool {
		if !match(it) {
			return false
		}
		q.bytes -= it.msg.size
		return true
	})
	return before - len(q.items)
}

// take removes messages from the front: at least one if there is any, then more while they fit into size bytes.
func (q *queue) take(into []*Message, size int) []*Message {
	n := 0
	for n < len(q.items) && len(into) < cap(into) {
		m := q.items[n].msg
		if n > 0 && m.size > size {
			break
		}
		size -= m.size
		q.bytes -= m.size
		into = append(into, m)
		n++
	}
	if n == len(q.items) {
		q.items = nil
		return into
	}
	q.items = slices.Delete(q.items, 0, n)
	return into
}

func (q *queue) clear() { *q = queue{} }

func (q *queue) empty() bool { return len(q.items) == 0 }
