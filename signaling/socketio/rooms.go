package socketio

import (
	"slices"
	"sync"
)

// roomIndex knows who is in which room.
type roomIndex struct {
	mu    sync.RWMutex
	rooms map[string]*room
}

// room has its members in no order. Each knows its place, so that neither coming nor going is a search.
type room struct {
	name    string
	members []*stream
}

// place is where a stream is in a room.
type place struct {
	room *room
	at   int
}

// in is the index of the stream's place in a room, or negative.
func (st *stream) in(r *room) int {
	return slices.IndexFunc(st.rooms, func(p place) bool { return p.room == r })
}

func (x *roomIndex) join(st *stream, names []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, name := range names {
		r := x.rooms[name]
		if r == nil {
			r = &room{name: name}
			x.rooms[name] = r
		}
		if st.in(r) < 0 {
			st.rooms = append(st.rooms, place{r, len(r.members)})
			r.members = append(r.members, st)
		}
	}
}

func (x *roomIndex) leave(st *stream, names []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, name := range names {
		r := x.rooms[name]
		if r == nil {
			continue
		}
		if i := st.in(r); i >= 0 {
			x.removeLocked(st.rooms[i])
			st.rooms = slices.Delete(st.rooms, i, i+1)
		}
	}
}

func (x *roomIndex) leaveAll(st *stream) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, p := range st.rooms {
		x.removeLocked(p)
	}
	st.rooms = nil
}

// removeLocked empties a place; the room's last member moves there.
func (x *roomIndex) removeLocked(p place) {
	r, end := p.room, len(p.room.members)-1
	if last := r.members[end]; p.at < end {
		last.rooms[last.in(r)].at = p.at
		r.members[p.at] = last
	}
	r.members[end] = nil
	if r.members = r.members[:end]; end == 0 {
		delete(x.rooms, r.name)
	}
}

func (x *roomIndex) names(st *stream) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	names := make([]string, len(st.rooms))
	for i, p := range st.rooms {
		names[i] = p.room.name
	}
	return names
}
