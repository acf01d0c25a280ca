package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/digierapro/parley/signaling/socketio/engineio"
)

// ErrClosed is the answer to sending on a socket that is disconnected.
var ErrClosed = errors.New("socketio: socket is disconnected")

// Handshake is what a client came with.
type Handshake struct {
	Auth       json.RawMessage // the CONNECT packet's payload, {} if there was none
	Header     http.Header     // of the request that opened the connection, without cookies
	RemoteAddr netip.Addr
	Host       string // of the request, with its port if it has one
	URL        string // the request's path, without the query
	Time       time.Time
}

// Socket is a client's connection to one namespace.
type Socket struct {
	ns        *Namespace
	client    *client
	handshake *Handshake
	stream    *stream // set before any handler but middleware runs
	recovered bool
	value     atomic.Pointer[any]

	mu           sync.Mutex
	ctx          context.Context // nil until somebody asks for it
	cancel       context.CancelFunc
	ended        bool // ctx has
	disconnected bool
	told         bool // the OnDisconnect functions have been called
	reason       Reason
	onDisconnect []func(Reason)
	acks         map[int64]chan *Payload
	lastAck      int64
}

func newSocket(ns *Namespace, c *client, auth json.RawMessage) *Socket {
	handshake := *c.handshake
	handshake.Auth = auth
	return &Socket{ns: ns, client: c, handshake: &handshake}
}

// ID is the socket's public id. It has none in middleware.
func (s *Socket) ID() string {
	if s.stream == nil {
		return ""
	}
	return s.stream.id
}

// Namespace is where the socket belongs.
func (s *Socket) Namespace() *Namespace { return s.ns }

// Handshake is what the client came with.
func (s *Socket) Handshake() *Handshake { return s.handshake }

// Recovered reports whether the client took up a session that it had lost: same id, same rooms, nothing missed.
func (s *Socket) Recovered() bool { return s.recovered }

// ForgetRequest lets go of the headers and the CONNECT payload in Handshake, which would stay in memory as long as the
// connection. It is for servers whose clients use one namespace, and is called from OnConnect.
func (s *Socket) ForgetRequest() {
	s.handshake.Auth, s.handshake.Header = nil, nil
	s.client.handshake = s.handshake
}

// Context ends when the socket is disconnected.
func (s *Socket) Context() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx == nil {
		s.ctx, s.cancel = context.WithCancel(context.Background())
		if s.ended {
			s.cancel()
		}
	}
	return s.ctx
}

// endContext ends the context, also of who asks for it later.
func (s *Socket) endContext() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	if s.cancel != nil {
		s.cancel()
	}
}

// Set keeps one value of the application with the socket.
func (s *Socket) Set(v any) { s.value.Store(&v) }

// Get returns what Set was given, or nil.
func (s *Socket) Get() any {
	if p := s.value.Load(); p != nil {
		return *p
	}
	return nil
}

// Join puts the socket into rooms.
func (s *Socket) Join(rooms ...string) {
	if s.stream != nil {
		s.ns.join(s.stream, rooms)
	}
}

// Leave takes the socket out of rooms. A socket that is disconnected is out of all, unless it may be recovered.
func (s *Socket) Leave(rooms ...string) {
	if s.stream != nil {
		s.ns.index.leave(s.stream, rooms)
	}
}

// Rooms lists the socket's rooms.
func (s *Socket) Rooms() []string {
	if s.stream == nil {
		return nil
	}
	return s.ns.index.names(s.stream)
}

// Emit sends an event to the client. While the client is away and may come back, it is kept for it.
func (s *Socket) Emit(name string, args ...any) error { return s.self().Emit(name, args...) }

// State begins an emit to the client; see Emitter.State.
func (s *Socket) State(key string) Emitter { return s.self().State(key) }

// Ephemeral begins an emit to the client; see Emitter.Ephemeral.
func (s *Socket) Ephemeral() Emitter { return s.self().Ephemeral() }

// Volatile is Ephemeral.
func (s *Socket) Volatile() Emitter { return s.Ephemeral() }

// To begins an emit to everybody else who is in one of the rooms.
func (s *Socket) To(rooms ...string) Emitter {
	return Emitter{ns: s.ns, not: s.stream}.To(rooms...)
}

// Broadcast begins an emit to everybody else.
func (s *Socket) Broadcast() Emitter { return Emitter{ns: s.ns, not: s.stream} }

func (s *Socket) self() Emitter {
	if s.stream == nil { // in middleware, where there is nobody to send to yet
		return Emitter{ns: s.ns, only: &stream{ns: s.ns, over: true}}
	}
	return Emitter{ns: s.ns, only: s.stream}
}

// Disconnect ends the socket, and with closeTransport the whole connection, after what was emitted before. The client
// does not come back by itself.
func (s *Socket) Disconnect(closeTransport bool) {
	if s.stream != nil && s.beginDisconnect(ServerDisconnect) {
		if m, err := encodeObject(typeDisconnect, s.ns.name, nil); err == nil {
			_ = s.client.session.Send(m, engineio.Durable, "") // it may have gone by itself
		}
		s.finishDisconnect()
	}
	if closeTransport {
		s.client.session.Close()
	}
}

// Probe has the connection end with PingTimeout unless the client gives a sign of life within the time.
func (s *Socket) Probe(within time.Duration) { s.client.session.Probe(within) }

// OnDisconnect adds a function that is called when the socket is disconnected, after the handler of its last event; at
// once if that is over already.
func (s *Socket) OnDisconnect(f func(reason Reason)) {
	s.mu.Lock()
	if !s.told {
		s.onDisconnect = append(s.onDisconnect, f)
		s.mu.Unlock()
		return
	}
	reason := s.reason
	s.mu.Unlock()
	f(reason)
}

// OnForget sets a function that is called once when the client's session is over for good: when the socket is disconnected
// or, if it may be recovered, when it no longer can be. A socket that takes the session up calls it anew, and then only
// its function counts.
func (s *Socket) OnForget(f func()) {
	if s.stream == nil || !s.stream.onForget(s, f) {
		f()
	}
}

// send queues a message of the socket's own: an ack, or an event that wants one.
func (s *Socket) send(m *engineio.Message, class engineio.Class, key string) error {
	if s.stream == nil || s.isDisconnected() {
		return ErrClosed
	}
	err := s.client.session.Send(m, class, key)
	if errors.Is(err, engineio.ErrClosed) {
		return ErrClosed
	}
	return err
}

func (s *Socket) isDisconnected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.disconnected
}

// beginDisconnect makes the socket disconnected, once.
func (s *Socket) beginDisconnect(reason Reason) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.disconnected {
		return false
	}
	s.disconnected, s.reason = true, reason
	return true
}

// finishDisconnect takes the socket out of everything and has the application told.
func (s *Socket) finishDisconnect() {
	s.endContext()
	if s.stream.lose(s, s.reason) {
		s.ns.remove(s.stream)
	}
	s.client.drop(s)
	s.ns.srv.stats.Sockets.Add(-1)
	s.client.dispatch.add(s.tellDisconnect)
}

func (s *Socket) tellDisconnect() {
	s.mu.Lock()
	functions := s.onDisconnect
	s.onDisconnect, s.told = nil, true
	s.mu.Unlock()
	for _, f := range functions {
		f(s.reason)
	}
}
