// Command echo is a server that sends everything back. The public test suites of both protocols can be pointed at it:
// the one of Socket.IO at its root path, the one of Engine.IO at /engine.io/.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/digierapro/parley/signaling/socketio"
	"github.com/digierapro/parley/signaling/socketio/engineio"
)

type options struct {
	path           string
	engine         engineio.Config
	connectTimeout time.Duration
	recovery       time.Duration
}

func main() {
	var o options
	listen := flag.String("listen", "127.0.0.1:3000", "address to listen on")
	flag.StringVar(&o.path, "path", "/socket.io/", "path of the Socket.IO server")
	flag.DurationVar(&o.engine.PingInterval, "ping-interval", 300*time.Millisecond, "time between pings")
	flag.DurationVar(&o.engine.PingTimeout, "ping-timeout", 200*time.Millisecond, "time for a pong")
	flag.IntVar(&o.engine.MaxPayload, "max-payload", 1_000_000, "most bytes of one message")
	flag.DurationVar(&o.connectTimeout, "connect-timeout", time.Second, "time for the first CONNECT")
	flag.DurationVar(&o.recovery, "recovery", 0, "how long a lost client may stay away; 0 turns recovery off")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	l, err := net.Listen("tcp", *listen)
	if err == nil {
		fmt.Println("listening on", l.Addr())
		err = run(ctx, l, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, l net.Listener, o options) error {
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	o.engine.Logger = logger
	io, err := socketio.New(socketio.Config{
		Engine:         o.engine,
		ConnectTimeout: o.connectTimeout,
		Recovery:       socketio.RecoveryConfig{Window: o.recovery},
		Logger:         logger,
	})
	if err != nil {
		return err
	}
	echo(io.Of("/"))
	echo(io.Of("/custom"))
	engine, err := engineio.New(o.engine, func(s *engineio.Session, _ *http.Request) engineio.Receiver {
		return engineEcho{s}
	})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle(o.path, io)
	mux.Handle("/engine.io/", engine)
	return serve(ctx, l, mux, io.Close, engine.Close)
}

// serve serves until ctx ends, and then closes all that is given.
func serve(ctx context.Context, l net.Listener, h http.Handler, closers ...func(context.Context) error) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	var err error
	select {
	case err = <-served:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, c := range closers {
		err = errors.Join(err, c(ending))
	}
	err = errors.Join(err, server.Shutdown(ending))
	<-served
	return err
}

// authDelay keeps the first event out of the TCP segment that answers the CONNECT. The suite's raw client listens for one
// message at a time, and a frame that is read together with the one before it would find nobody listening. Real clients
// need no such care.
const authDelay = 20 * time.Millisecond

// echo sends the auth payload and every event back.
func echo(ns *socketio.Namespace) {
	ns.OnConnect(func(s *socketio.Socket) {
		time.AfterFunc(authDelay, func() {
			_ = s.Emit("auth", s.Handshake().Auth) // it may have left again
		})
	})
	ns.On("message", func(s *socketio.Socket, ev *socketio.Event) {
		_ = s.Emit("message-back", arguments(ev)...)
	})
	ns.On("message-with-ack", func(_ *socketio.Socket, ev *socketio.Event) {
		_ = ev.Ack(arguments(ev)...)
	})
}

// arguments gives back what came: JSON as it was written, or values where there is binary data.
func arguments(ev *socketio.Event) []any {
	if len(ev.Binary()) > 0 {
		return ev.Values()
	}
	args := make([]any, 0, len(ev.Args()))
	for _, a := range ev.Args() {
		args = append(args, json.RawMessage(a))
	}
	return args
}

// engineEcho is the same one layer below.
type engineEcho struct{ session *engineio.Session }

func (e engineEcho) Message(data []byte, binary bool) error {
	m := engineio.NewText(string(data))
	if binary {
		m = engineio.NewBinary(data)
	}
	_ = e.session.Send(m, engineio.Durable, "") // it may have left again
	return nil
}

func (e engineEcho) Closed(engineio.Reason) {}
