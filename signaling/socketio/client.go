package socketio

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/digierapro/parley/signaling/socketio/engineio"
	"github.com/digierapro/parley/signaling/socketio/internal/timerheap"
)

// client is one connection with its sockets, one for each namespace that it is connected to. It is the engine session's
// Receiver.
type client struct {
	srv       *Server
	session   *engineio.Session
	handshake *Handshake
	dispatch  dispatcher
	timer     timerheap.Timer // for the first CONNECT

	partial *packet // a packet whose attachments are not all here; owned by Message

	mu      sync.Mutex
	ended   bool
	hangUp  context.CancelFunc // ends the middleware that is running, or nil
	sockets []*Socket
	left    []*Namespace // whose sockets are gone; their late packets are ignored
}

func newClient(srv *Server, session *engineio.Session, r *http.Request) *client {
	c := &client{
		srv:     srv,
		session: session,
		handshake: &Handshake{
			Header:     keptHeader(r.Header),
			RemoteAddr: session.RemoteAddr(),
			Host:       strings.Clone(r.Host), // of what is kept, nothing shall hold the whole request
			URL:        strings.Clone(r.URL.Path),
			Time:       time.Now(),
		},
	}
	c.dispatch.handle = c.handle
	c.dispatch.finished = srv.running.Done
	c.timer.Fire = func() { session.CloseFor(engineio.ParseError) }
	return c
}

// keptHeader copies what may be of use later. Cookies are left out, because nobody's rights may hang on one, and so is
// what was only about the transport: it would stay in memory as long as the connection.
func keptHeader(h http.Header) http.Header {
	kept := http.Header{}
	for name, values := range h {
		switch name {
		case "Cookie", "Connection", "Upgrade", "Pragma", "Cache-Control", "Accept", "Accept-Encoding", "Content-Type",
			"Content-Length", "Sec-Websocket-Key", "Sec-Websocket-Version", "Sec-Websocket-Extensions":
			continue
		}
		for _, v := range values {
			kept[name] = append(kept[name], strings.Clone(v))
		}
	}
	return kept
}

// Message takes a text, which is a packet, or an attachment of the packet before it.
func (c *client) Message(data []byte, binary bool) error {
	p, err := c.decode(data, binary)
	switch {
	case err != nil:
	case p == nil:
	case p.typ == typeAck || p.typ == typeBinaryAck:
		err = c.resolveAck(p)
	default:
		c.dispatch.push(p, c.srv.cfg.MaxPending)
	}
	if err != nil {
		c.srv.stats.Malformed.Add(1)
	}
	return err
}

// decode returns a packet when it is whole.
func (c *client) decode(data []byte, binary bool) (*packet, error) {
	if binary != (c.partial != nil) {
		return nil, errAttachments // one without its packet, or a packet in place of one
	}
	p := c.partial
	if binary {
		p.binary = append(p.binary, data)
		p.attachments--
	} else {
		var err error
		if p, err = parsePacket(data, c.srv.cfg.MaxDepth, c.srv.cfg.MaxAttachments); err != nil {
			return nil, err
		}
	}
	if p.attachments > 0 {
		c.partial = p
		return nil, nil
	}
	c.partial = nil
	if p.typ == typeBinaryEvent || p.typ == typeBinaryAck {
		return p, p.checkPlaceholders()
	}
	return p, nil
}

// resolveAck handles an ack at once, out of the order of events, because a handler may be waiting for it.
func (c *client) resolveAck(p *packet) error {
	s, known := c.find(p.namespace)
	if s == nil {
		return unlessKnown(known)
	}
	s.resolveAck(p.id, &p.Payload)
	return nil
}

// unlessKnown is the verdict on a packet for a namespace without a socket.
func unlessKnown(known bool) error {
	if known {
		return nil // it may have crossed with our DISCONNECT
	}
	return errNamespace
}

// handle runs a task. What an application's code does wrong ends this connection and nothing else.
func (c *client) handle(t task) {
	defer func() {
		if v := recover(); v != nil {
			c.srv.stats.Panics.Add(1)
			c.srv.cfg.Logger.Error("panic in socket handler", slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
			c.session.CloseFor(engineio.HandlerPanic)
		}
	}()
	if t.packet == nil {
		t.run()
		return
	}
	c.session.AwaitRoom()
	if err := c.handlePacket(t.packet); err != nil {
		c.srv.stats.Malformed.Add(1)
		c.session.CloseFor(engineio.ParseError)
	}
}

func (c *client) handlePacket(p *packet) error {
	s, known := c.find(p.namespace)
	if p.typ == typeConnect {
		if s != nil {
			return errNamespace // connected already
		}
		return c.connect(p)
	}
	if s == nil {
		return unlessKnown(known)
	}
	if p.typ == typeDisconnect {
		if s.beginDisconnect(ClientDisconnect) {
			s.finishDisconnect()
		}
		return nil
	}
	c.srv.stats.Events.Add(1)
	s.handleEvent(&Event{Payload: p.Payload, socket: s, name: p.name, id: p.id})
	return nil
}

func (s *Socket) handleEvent(ev *Event) {
	if h := s.ns.events[ev.name]; h != nil {
		h(s, ev)
		return
	}
	if s.ns.onEvent == nil {
		s.ns.srv.stats.UnknownEvents.Add(1)
		return
	}
	s.ns.onEvent(s, ev)
}

// find returns the socket of a namespace, and whether there is or was one.
func (c *client) find(namespace string) (*Socket, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sockets {
		if s.ns.name == namespace {
			return s, true
		}
	}
	for _, ns := range c.left {
		if ns.name == namespace {
			return nil, true
		}
	}
	return nil, false
}

// keep adds a socket, unless the connection has ended meanwhile.
func (c *client) keep(s *Socket) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	c.sockets = append(c.sockets, s)
	c.left = slices.DeleteFunc(c.left, func(ns *Namespace) bool { return ns == s.ns })
	return true
}

// drop removes a socket that has disconnected.
func (c *client) drop(s *Socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sockets = slices.DeleteFunc(c.sockets, func(have *Socket) bool { return have == s })
	if !slices.Contains(c.left, s.ns) {
		c.left = append(c.left, s.ns)
	}
}

// Closed is called where locks may be held, so the work is done elsewhere; it is waited for through dispatch.finished.
func (c *client) Closed(reason engineio.Reason) { go c.teardown(reasonOf(reason)) }

func (c *client) teardown(reason Reason) {
	c.srv.timers.Stop(&c.timer)
	c.mu.Lock()
	c.ended = true
	sockets := slices.Clone(c.sockets)
	if c.hangUp != nil {
		c.hangUp()
	}
	c.mu.Unlock()
	for _, s := range sockets {
		if s.beginDisconnect(reason) {
			s.finishDisconnect()
		}
	}
	c.dispatch.finish()
}
