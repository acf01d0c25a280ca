package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/digierapro/parley/signaling/socketio/engineio"
)

// ConnectError is a refusal whose text and data the client may see.
type ConnectError struct {
	Message string
	Data    any // encoded as JSON; nil for none
}

func (e *ConnectError) Error() string { return e.Message }

var (
	errUnknownNamespace = &ConnectError{Message: "Invalid namespace"}
	errTooManySockets   = &ConnectError{Message: "Too many connections", Data: map[string]string{"code": "too_many_connections"}}
	errRefused          = &ConnectError{Message: "Connection refused"}
)

// connect answers a CONNECT packet.
func (c *client) connect(p *packet) error {
	ns := c.srv.find(p.namespace)
	if ns == nil {
		return c.refuse(p.namespace, errUnknownNamespace)
	}
	s := newSocket(ns, c, p.auth)
	if err := c.runMiddleware(s); err != nil {
		s.endContext()
		return c.refuse(ns.name, err)
	}
	if !c.session.Establish() {
		s.endContext()
		return c.refuse(ns.name, errTooManySockets)
	}
	old, err := s.open()
	if err != nil {
		s.endContext()
		return nil // the connection has ended
	}
	if old != nil {
		old.client.session.CloseFor(engineio.TransportError)
	}
	c.srv.timers.Stop(&c.timer)
	stats := &c.srv.stats
	stats.Connected.Add(1)
	stats.Sockets.Add(1)
	if !c.keep(s) {
		c.endUnkept(s)
		return nil
	}
	if s.isDisconnected() {
		c.drop(s) // by somebody who found it in the namespace already
		return nil
	}
	if ns.onConnect != nil {
		ns.onConnect(s)
	}
	return nil
}

// endUnkept disconnects a socket whose connection ended while it was being connected; teardown has not seen it.
func (c *client) endUnkept(s *Socket) {
	if s.beginDisconnect(reasonOf(engineio.TransportClose)) {
		s.finishDisconnect()
	}
}

func (c *client) refuse(namespace string, err error) error {
	c.srv.stats.Refused.Add(1)
	var told *ConnectError
	if !errors.As(err, &told) {
		c.srv.cfg.Logger.Warn("socket refused", slog.String("namespace", namespace), slog.Any("err", err))
		told = errRefused
	}
	m, encodeErr := encodeObject(typeConnectError, namespace, struct {
		Message string `json:"message"`
		Data    any    `json:"data,omitempty"`
	}{told.Message, told.Data})
	if encodeErr != nil {
		return encodeErr
	}
	_ = c.session.Send(m, engineio.Durable, "") // the client may have gone
	return nil
}

// runMiddleware gives the middleware a context that ends with the connection or with ConnectTimeout.
func (c *client) runMiddleware(s *Socket) error {
	if len(s.ns.middleware) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.srv.cfg.ConnectTimeout)
	defer cancel()
	c.hangUpWith(cancel)
	defer c.hangUpWith(nil)
	for _, m := range s.ns.middleware {
		if err := m(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// hangUpWith says what ends the middleware when the connection ends.
func (c *client) hangUpWith(cancel context.CancelFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hangUp = cancel
	if c.ended && cancel != nil {
		cancel()
	}
}

// open gives the socket its stream, an old one if the client has a right to it, and sends the CONNECT packet.
func (s *Socket) open() (old *Socket, err error) {
	var pid, offset string
	if s.ns.srv.cfg.Recovery.Window > 0 {
		pid, offset = recoveryFields(s.handshake.Auth)
	}
	if pid != "" {
		old, err := s.takeUp(pid, offset)
		if err == nil {
			s.ns.srv.stats.Recovered.Add(1)
			return old, nil
		}
		if !errors.Is(err, errIncomplete) {
			return nil, err
		}
		s.ns.srv.stats.NotRecovered.Add(1)
	}
	st := &stream{ns: s.ns, id: newID()}
	if s.ns.srv.cfg.Recovery.Window > 0 {
		st.pid = newID()
	}
	m, err := st.connectPacket()
	if err != nil {
		return nil, err
	}
	s.stream = st
	if err := st.attach(s, m); err != nil {
		return nil, err
	}
	s.ns.add(st)
	return nil, nil
}

// takeUp resumes the stream of a recovery id. errIncomplete says that the client has to begin anew.
func (s *Socket) takeUp(pid, offset string) (old *Socket, err error) {
	st := s.ns.findLost(pid)
	if st == nil || s.ns.recovers != nil && !s.ns.recovers(s, st.lastValue()) {
		return nil, errIncomplete
	}
	m, err := st.connectPacket()
	if err != nil {
		return nil, err
	}
	s.stream, s.recovered = st, true
	old, err = st.resume(s, offset, m)
	if err == nil {
		return old, nil
	}
	s.stream, s.recovered = nil, false
	if errors.Is(err, errIncomplete) {
		s.ns.expire(st) // what is left of it is of no use to anybody
	}
	return nil, err
}

// recoveryFields reads what a client adds to its auth payload.
func recoveryFields(auth json.RawMessage) (pid, offset string) {
	var fields struct {
		PID    any `json:"pid"`
		Offset any `json:"offset"`
	}
	if err := json.Unmarshal(auth, &fields); err != nil {
		return "", ""
	}
	pid, _ = fields.PID.(string)
	offset, _ = fields.Offset.(string)
	return pid, offset
}

func (st *stream) connectPacket() (*engineio.Message, error) {
	return encodeObject(typeConnect, st.ns.name, struct {
		SID string `json:"sid"`
		PID string `json:"pid,omitempty"`
	}{st.id, st.pid})
}
