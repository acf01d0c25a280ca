package socketio

import (
	"errors"
	"sync"
	"time"

	"github.com/digierapro/parley/signaling/socketio/engineio"
	"github.com/digierapro/parley/signaling/socketio/internal/timerheap"
)

// stream is what a client's namespace session has beyond a connection: its ids, its rooms and what was sent to it. While
// the client is away it stays in its rooms and collects.
type stream struct {
	ns  *Namespace
	id  string // public
	pid string // secret, for recovery; empty when recovery is off

	rooms []place // guarded by ns.index.mu

	mu     sync.Mutex
	socket *Socket // nil while the client is away
	over   bool    // nothing can bring it back
	last   any     // what the application kept with the socket that is away
	forget func()  // tells the application that the stream is over
	ring   ring
	expiry timerheap.Timer // how long the client may stay away
}

// outgoing is an encoded event on its way to any number of streams.
type outgoing struct {
	msg    *engineio.Message
	class  engineio.Class
	key    string
	offset uint64 // 0 for what is not kept for recovery
	at     int64  // ns since 1970
}

// deliver sends to the client, or keeps for it.
func (st *stream) deliver(out outgoing) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.over {
		return ErrClosed
	}
	if out.offset > 0 {
		st.keepLocked(out)
	}
	if st.socket == nil {
		return nil
	}
	return st.socket.client.session.Send(out.msg, out.class, out.key)
}

func (st *stream) keepLocked(out outgoing) {
	cfg, stats := &st.ns.srv.cfg.Recovery, &st.ns.srv.stats
	e := ringEntry{offset: out.offset, at: out.at, msg: out.msg}
	total := stats.RecoveryBytes.Add(int64(st.ring.push(e, cfg.Packets, cfg.Bytes)))
	if total > cfg.TotalBytes {
		stats.RecoveryBytes.Add(int64(st.ring.clear()))
	}
}

// lose notes that the client's connection is gone. It reports whether the client may come back; if not, the stream is
// over and the caller takes it out of the namespace.
func (st *stream) lose(s *Socket, reason Reason) (ended bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.socket != s || st.over {
		return false // taken up by another connection
	}
	st.socket, st.last = nil, s.Get()
	cfg, stats := &st.ns.srv.cfg.Recovery, &st.ns.srv.stats
	if st.pid != "" && reason.recoverable() {
		if stats.Lost.Add(1) <= int64(cfg.Clients) {
			st.expiry.Fire = func() { st.ns.expire(st) }
			st.ns.srv.timers.Set(&st.expiry, cfg.Window)
			return false
		}
		stats.Lost.Add(-1)
	}
	st.endLocked()
	return true
}

// giveUp ends the stream if its client is away.
func (st *stream) giveUp() (ended bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.socket != nil || st.over {
		return false
	}
	st.ns.srv.stats.Lost.Add(-1)
	st.ns.srv.timers.Stop(&st.expiry)
	st.endLocked()
	return true
}

// onForget sets the function for the end, unless that is over already or the stream has gone on to another socket.
func (st *stream) onForget(s *Socket, f func()) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.over || (st.socket != nil && st.socket != s) {
		return false
	}
	st.forget = f
	return true
}

// takeForget hands out the function for the end, once.
func (st *stream) takeForget() func() {
	st.mu.Lock()
	defer st.mu.Unlock()
	f := st.forget
	st.forget = nil
	return f
}

func (st *stream) endLocked() {
	st.over, st.last = true, nil
	st.ns.srv.stats.RecoveryBytes.Add(int64(st.ring.clear()))
}

// attach gives a new stream its connection and sends the CONNECT packet before anything else.
func (st *stream) attach(s *Socket, connect *engineio.Message) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if err := s.client.session.Send(connect, engineio.Durable, ""); err != nil {
		return err
	}
	st.socket = s
	return nil
}

// errIncomplete says that a client missed more than is kept.
var errIncomplete = errors.New("socketio: missed messages are gone")

// resume gives the stream of a client that came back its new connection: first what it missed, which clients keep back
// until they are connected, then the CONNECT packet. The connection that it replaces, if it is not known to be dead yet,
// is returned.
func (st *stream) resume(s *Socket, offset string, connect *engineio.Message) (old *Socket, err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.over {
		return nil, errIncomplete
	}
	missed, complete := st.ring.after(offset)
	if !complete {
		return nil, errIncomplete
	}
	all := engineio.Join(append(missed, connect))
	if err := s.client.session.Send(all, engineio.Durable, ""); err != nil {
		return nil, err
	}
	if st.socket == nil {
		st.ns.srv.stats.Lost.Add(-1)
		st.ns.srv.timers.Stop(&st.expiry)
	}
	old, st.socket, st.last = st.socket, s, nil
	return old, nil
}

// lastValue is what the application keeps, or kept, with the stream's socket.
func (st *stream) lastValue() any {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.socket != nil {
		return st.socket.Get()
	}
	return st.last
}

// current is the connected socket, or nil.
func (st *stream) current() *Socket {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.socket
}

func (st *stream) prune(before time.Time) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.ns.srv.stats.RecoveryBytes.Add(int64(st.ring.prune(before)))
}
