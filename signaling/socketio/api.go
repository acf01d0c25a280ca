// Package socketio is a server for version 5 of the Socket.IO protocol over the Engine.IO transports of engineio.
package socketio

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/digierapro/parley/signaling/socketio/engineio"
)

var errUnready = errors.New("socketio: not built yet")

type Config struct {
	Engine         engineio.Config
	ConnectTimeout time.Duration
	MaxDepth       int
	MaxAttachments int
	Recovery       RecoveryConfig
	Logger         *slog.Logger
}

type RecoveryConfig struct {
	Window   time.Duration
	Packets  int
	Bytes    int
	Sessions int
}

type Server struct{}

func New(Config) (*Server, error)                                { return nil, errUnready }
func (*Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {}
func (*Server) Of(name string) *Namespace                        { return nil }
func (*Server) Stats() *Stats                                    { return nil }
func (*Server) Close(ctx context.Context) error                  { return errUnready }

type Stats struct {
	Engine                                                                      *engineio.Stats
	Sockets, Connected, Recovered, Refused, Events, UnknownEvents, Acks, Panics atomic.Int64
}

type Reason string

type Handshake struct {
	Auth       json.RawMessage
	Header     http.Header
	RemoteAddr netip.Addr
	URL        string
	Time       time.Time
}

type ConnectError struct {
	Message string
	Data    any
}

func (e *ConnectError) Error() string { return e.Message }

type (
	Middleware   func(ctx context.Context, s *Socket) error
	EventHandler func(s *Socket, ev *Event)
)

type Namespace struct{}

func (*Namespace) Name() string                                           { return "" }
func (*Namespace) Use(Middleware)                                         {}
func (*Namespace) AllowRecovery(allow func(s *Socket, previous any) bool) {}
func (*Namespace) OnConnect(func(s *Socket))                              {}
func (*Namespace) OnEvent(EventHandler)                                   {}
func (*Namespace) On(name string, h EventHandler)                         {}
func (*Namespace) To(rooms ...string) Emitter                             { return Emitter{} }
func (*Namespace) Except(rooms ...string) Emitter                         { return Emitter{} }
func (*Namespace) Emit(name string, args ...any) error                    { return errUnready }
func (*Namespace) Len() int                                               { return 0 }

type Emitter struct{}

func (e Emitter) To(rooms ...string) Emitter          { return e }
func (e Emitter) Except(rooms ...string) Emitter      { return e }
func (e Emitter) State(key string) Emitter            { return e }
func (e Emitter) Ephemeral() Emitter                  { return e }
func (e Emitter) Volatile() Emitter                   { return e }
func (e Emitter) Emit(name string, args ...any) error { return errUnready }
func (e Emitter) Join(rooms ...string)                {}
func (e Emitter) Leave(rooms ...string)               {}
func (e Emitter) Disconnect(closeTransport bool)      {}
func (e Emitter) Count() int                          { return 0 }
func (e Emitter) Each(func(s *Socket))                {}

type Socket struct{}

func (*Socket) ID() string                          { return "" }
func (*Socket) Namespace() *Namespace               { return nil }
func (*Socket) Handshake() *Handshake               { return nil }
func (*Socket) Get() any                            { return nil }
func (*Socket) Set(v any)                           {}
func (*Socket) Context() context.Context            { return nil }
func (*Socket) Recovered() bool                     { return false }
func (*Socket) Rooms() []string                     { return nil }
func (*Socket) Join(rooms ...string)                {}
func (*Socket) Leave(rooms ...string)               {}
func (*Socket) To(rooms ...string) Emitter          { return Emitter{} }
func (*Socket) State(key string) Emitter            { return Emitter{} }
func (*Socket) Ephemeral() Emitter                  { return Emitter{} }
func (*Socket) Volatile() Emitter                   { return Emitter{} }
func (*Socket) Emit(name string, args ...any) error { return errUnready }
func (*Socket) Disconnect(closeTransport bool)      {}
func (*Socket) OnDisconnect(func(Reason))           {}
func (*Socket) EmitWithAck(ctx context.Context, name string, args ...any) ([]json.RawMessage, error) {
	return nil, errUnready
}

type Event struct{}

func (*Event) Name() string            { return "" }
func (*Event) Args() []json.RawMessage { return nil }
func (*Event) Binary() [][]byte        { return nil }
func (*Event) Values() []any           { return nil }
func (*Event) WantsAck() bool          { return false }
func (*Event) Ack(args ...any) error   { return errUnready }
