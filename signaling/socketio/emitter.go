package socketio

import (
	"slices"

	"github.com/digierapro/parley/signaling/socketio/engineio"
)

// Emitter says to whom and how to send an event. It is a value: every method returns a changed copy. An event is
// encoded once for all receivers, and a slow one among them does not hold up the rest.
type Emitter struct {
	ns     *Namespace
	only   *stream
	not    *stream
	rooms  []string
	except []string
	class  engineio.Class
	key    string
}

// To adds rooms whose members are meant.
func (e Emitter) To(rooms ...string) Emitter {
	e.rooms = append(slices.Clip(e.rooms), rooms...)
	return e
}

// Except adds rooms whose members are not meant.
func (e Emitter) Except(rooms ...string) Emitter {
	e.except = append(slices.Clip(e.except), rooms...)
	return e
}

// State marks the event as a state: while a client is slow, only the newest event of a key waits for it. It is not kept
// for recovery.
func (e Emitter) State(key string) Emitter {
	e.class, e.key = engineio.State, key
	return e
}

// Ephemeral marks the event as one that may be lost: it is the first to be dropped for a slow client, and it is not kept
// for recovery.
func (e Emitter) Ephemeral() Emitter {
	e.class, e.key = engineio.Ephemeral, ""
	return e
}

// Volatile is Ephemeral, by the name that the reference implementation has for it.
func (e Emitter) Volatile() Emitter { return e.Ephemeral() }

// Emit sends an event. An argument that is a json.RawMessage goes out as it is. For one socket, the error says whether it was queued; for several, only whether it could be
// encoded.
func (e Emitter) Emit(name string, args ...any) error {
	out, err := e.ns.encode(e.class, e.key, name, args)
	if err != nil {
		return err
	}
	if out.msg.Size() > e.ns.srv.maxOutgoing {
		return engineio.ErrTooLarge
	}
	if e.only != nil {
		return e.only.deliver(out)
	}
	for _, st := range e.targets() {
		_ = st.deliver(out) // one that has gone or is slow is no concern of the others
	}
	return nil
}

// Join puts everybody meant into rooms.
func (e Emitter) Join(rooms ...string) {
	for _, st := range e.targets() {
		e.ns.join(st, rooms)
	}
}

// Leave takes everybody meant out of rooms, also clients who are away and may come back.
func (e Emitter) Leave(rooms ...string) {
	for _, st := range e.targets() {
		e.ns.index.leave(st, rooms)
	}
}

// Disconnect ends the sockets of everybody meant, and forgets those who are away.
func (e Emitter) Disconnect(closeTransport bool) {
	for _, st := range e.targets() {
		if s := st.current(); s != nil {
			s.Disconnect(closeTransport)
		} else {
			e.ns.expire(st)
		}
	}
}

// Each calls f for the connected sockets that are meant.
func (e Emitter) Each(f func(s *Socket)) {
	for _, st := range e.targets() {
		if s := st.current(); s != nil {
			f(s)
		}
	}
}

// EachValue calls f with what the application keeps (see Socket.Set) with everybody who is meant, also with clients who
// are away and may come back.
func (e Emitter) EachValue(f func(value any)) {
	for _, st := range e.targets() {
		f(st.lastValue())
	}
}

// Count is the number of connected sockets that are meant.
func (e Emitter) Count() int {
	n := 0
	e.Each(func(*Socket) { n++ })
	return n
}

// targets resolves the rooms. It copies, so that no lock is held while something is sent.
func (e Emitter) targets() []*stream {
	if e.only != nil {
		return []*stream{e.only}
	}
	if len(e.rooms) == 1 && len(e.except) == 0 {
		return e.without(e.ns.members(e.rooms[0]))
	}
	var found []*stream
	if len(e.rooms) == 0 {
		found = e.ns.streams()
	} else {
		seen := map[*stream]struct{}{}
		for _, name := range e.rooms {
			for _, st := range e.ns.members(name) {
				if _, dup := seen[st]; !dup {
					seen[st] = struct{}{}
					found = append(found, st)
				}
			}
		}
	}
	out := map[*stream]struct{}{}
	for _, name := range e.except {
		for _, st := range e.ns.members(name) {
			out[st] = struct{}{}
		}
	}
	found = slices.DeleteFunc(found, func(st *stream) bool {
		_, excluded := out[st]
		return excluded
	})
	return e.without(found)
}

func (e Emitter) without(found []*stream) []*stream {
	if e.not == nil {
		return found
	}
	return slices.DeleteFunc(found, func(st *stream) bool { return st == e.not })
}

// members copies a room, or finds the socket whose id is the name.
func (n *Namespace) members(name string) []*stream {
	n.index.mu.RLock()
	var found []*stream
	if r := n.index.rooms[name]; r != nil {
		found = slices.Clone(r.members)
	}
	n.index.mu.RUnlock()
	n.mu.RLock()
	defer n.mu.RUnlock()
	if st := n.byID[name]; st != nil && !slices.Contains(found, st) {
		found = append(found, st)
	}
	return found
}

// join puts a stream into rooms unless it is over.
func (n *Namespace) join(st *stream, rooms []string) {
	n.index.join(st, rooms)
	st.mu.Lock()
	over := st.over
	st.mu.Unlock()
	if over {
		n.index.leaveAll(st) // remove may have been before the join
	}
}
