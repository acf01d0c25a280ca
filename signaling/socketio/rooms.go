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

type room struct {
	name    string
	members map[*stream]struct{}
}

func (x *roomIndex) join(st *stream, names []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, name := range names {
		r := x.rooms[name]
		if r == nil {
			r = &room{name: name, members: map[*stream]struct{}{}}
			x.rooms[name] = r
		}
		if _, there := r.members[st]; !there {
			r.members[st] = struct{}{}
			st.rooms = append(st.rooms, r)
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
		if _, there := r.members[st]; there {
			x.removeLocked(st, r)
			st.rooms = slices.DeleteFunc(st.rooms, func(have *room) bool { return have == r })
		}
	}
}

func (x *roomIndex) leaveAll(st *stream) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range st.rooms {
		x.removeLocked(st, r)
	}
	st.rooms = nil
}

func (x *roomIndex) removeLocked(st *stream, r *room) {
	delete(r.members, st)
	if len(r.members) == 0 {
		delete(x.rooms, r.name)
	}
}

func (x *roomIndex) names(st *stream) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	names := make([]string, len(st.rooms))
	for i, r := range st.rooms {
		names[i] = r.name
	}
	return names
}
