package socketio

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/digierapro/parley/signaling/socketio/engineio"
)

// Middleware decides whether a socket may connect; nil lets it in. It may call Set on the socket. It runs at every
// connect, also at a recovery, and ctx ends with the connection. The text and data of a *ConnectError reach the client;
// of another error only the fact does.
type Middleware func(ctx context.Context, s *Socket) error

// EventHandler handles an event.
type EventHandler func(s *Socket, ev *Event)

// Namespace is a part of a server that clients connect to by name. Handlers are set before the server serves.
type Namespace struct {
	srv  *Server
	name string

	middleware []Middleware
	recovers   func(s *Socket, previous any) bool
	onConnect  func(*Socket)
	onEvent    EventHandler
	events     map[string]EventHandler

	offset atomic.Uint64 // of the last event
	index  roomIndex

	mu    sync.RWMutex
	byID  map[string]*stream
	byPID map[string]*stream
}

func newNamespace(srv *Server, name string) *Namespace {
	return &Namespace{
		srv:    srv,
		name:   name,
		events: map[string]EventHandler{},
		index:  roomIndex{rooms: map[string]*room{}},
		byID:   map[string]*stream{},
		byPID:  map[string]*stream{},
	}
}

// Name is the namespace's name, "/" for the default one.
func (n *Namespace) Name() string { return n.name }

// Use adds a middleware. They run in the order in which they were added, until one returns an error.
func (n *Namespace) Use(m Middleware) { n.middleware = append(n.middleware, m) }

// AllowRecovery decides whether a client that comes back with a valid recovery id may take up its session. previous is
// what Get returned on the lost connection, so that the identities can be compared. Without it, the id is enough.
func (n *Namespace) AllowRecovery(allow func(s *Socket, previous any) bool) { n.recovers = allow }

// OnConnect is called when a socket is connected, before its first event.
func (n *Namespace) OnConnect(f func(s *Socket)) { n.onConnect = f }

// On handles the events of one name.
func (n *Namespace) On(name string, h EventHandler) { n.events[name] = h }

// OnEvent handles the events for which there is no On. Without it they are counted and not answered.
func (n *Namespace) OnEvent(h EventHandler) { n.onEvent = h }

// Len is the number of connected sockets.
func (n *Namespace) Len() int { return n.all().Count() }

// To begins an emit to everybody who is in one of the rooms. The id of a socket is a room with only that socket.
func (n *Namespace) To(rooms ...string) Emitter { return n.all().To(rooms...) }

// Except begins an emit to everybody who is in none of the rooms.
func (n *Namespace) Except(rooms ...string) Emitter { return n.all().Except(rooms...) }

// Emit sends an event to everybody.
func (n *Namespace) Emit(name string, args ...any) error { return n.all().Emit(name, args...) }

func (n *Namespace) all() Emitter { return Emitter{ns: n} }

// encode makes an event, with an offset if it is of a kind that is kept for recovery.
func (n *Namespace) encode(class engineio.Class, key, name string, args []any) (outgoing, error) {
	out := outgoing{class: class, key: key}
	text := ""
	if n.srv.cfg.Recovery.Window > 0 && class == engineio.Durable {
		out.offset, out.at = n.offset.Add(1), time.Now().UnixNano()
		text = formatOffset(out.offset)
	}
	var err error
	out.msg, err = encodeEvent(n.name, noID, name, args, text)
	return out, err
}

func (n *Namespace) add(st *stream) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.byID[st.id] = st
	if st.pid != "" {
		n.byPID[st.pid] = st
	}
}

// remove forgets a stream that is over.
func (n *Namespace) remove(st *stream) {
	n.mu.Lock()
	delete(n.byID, st.id)
	delete(n.byPID, st.pid)
	n.mu.Unlock()
	n.index.leaveAll(st)
	if f := st.takeForget(); f != nil {
		f()
	}
}

// expire ends a stream whose client did not come back in time.
func (n *Namespace) expire(st *stream) {
	if st.giveUp() {
		n.remove(st)
	}
}

func (n *Namespace) findLost(pid string) *stream {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.byPID[pid]
}

func (n *Namespace) streams() []*stream {
	n.mu.RLock()
	defer n.mu.RUnlock()
	all := make([]*stream, 0, len(n.byID))
	for _, st := range n.byID {
		all = append(all, st)
	}
	return all
}

// prune lets go of recovery messages that are older than the window.
func (n *Namespace) prune(now time.Time) {
	before := now.Add(-n.srv.cfg.Recovery.Window)
	for _, st := range n.streams() {
		st.prune(before)
	}
}
