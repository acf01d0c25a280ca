package socketio

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digierapro/parley/signaling/socketio/engineio"
)

func TestEvents(t *testing.T) {
	got := make(chan *Event, 10)
	s := startServer(t, Config{}, func(ns *Namespace) {
		ns.OnEvent(func(_ *Socket, ev *Event) { got <- ev })
	})
	c := s.connect(t, "")
	sock := <-s.sockets

	c.write(`42["plain",1,"<&>",{"b":null}]`)
	ev := <-got
	if ev.Name() != "plain" || ev.WantsAck() || len(ev.Args()) != 3 || string(ev.Args()[1]) != `"<&>"` {
		t.Errorf("event %+v", ev)
	}
	if err := ev.Ack("nobody asked"); err != nil {
		t.Error(err)
	}
	c.write(`4217["asks"]`)
	ev = <-got
	if err := ev.Ack(func() {}); err == nil || errors.Is(err, ErrAcked) {
		t.Errorf("ack that cannot be encoded: %v", err)
	}
	if err := ev.Ack(strings.Repeat("x", s.maxOutgoing+1)); !errors.Is(err, engineio.ErrTooLarge) {
		t.Errorf("ack that is too large: %v", err)
	}
	if err := ev.Ack(map[string]any{"success": true}, "<&>"); err != nil {
		t.Error(err)
	}
	if err := ev.Ack(); !errors.Is(err, ErrAcked) {
		t.Errorf("second ack: %v", err)
	}
	c.want(`4317[{"success":true},"<&>"]`)

	if err := sock.Emit("news", 1, []string{"a"}, nil); err != nil {
		t.Error(err)
	}
	c.want(`42["news",1,["a"],null]`)
	if err := sock.Emit("disconnect"); err == nil {
		t.Error("a reserved name is emitted")
	}
	c.write("41")
	s.wantReason(t, ClientDisconnect)
	if err := sock.Emit("late"); !errors.Is(err, ErrClosed) {
		t.Errorf("emit after the end: %v", err)
	}
	if err := ev.socket.Context().Err(); err == nil {
		t.Error("context goes on")
	}
	c.write(`42["crossed with the disconnect"]`)
	c.write("40")
	c.wantConnected()
}

func TestUnknownEvent(t *testing.T) {
	s := startServer(t, Config{}, nil)
	c := s.connect(t, "")
	c.write(`421["nobody handles this"]`)
	c.wantEcho()
	if n := s.stats.UnknownEvents.Load(); n != 1 {
		t.Errorf("%d unknown events", n)
	}
}

func TestBinary(t *testing.T) {
	got := make(chan *Event, 1)
	s := startServer(t, Config{}, func(ns *Namespace) {
		ns.OnEvent(func(_ *Socket, ev *Event) { got <- ev })
	})
	c := s.connect(t, "")
	c.write(`452-5["bin",{"a":{"_placeholder":true,"num":1},"n":12345678901234567890},[{"num":0,"_placeholder":true}]]`)
	c.writeBinary(1, 2)
	c.writeBinary(3)
	ev := <-got
	values := ev.Values()
	a := values[0].(map[string]any)["a"]
	b := values[1].([]any)[0]
	if !reflect.DeepEqual(a, []byte{3}) || !reflect.DeepEqual(b, []byte{1, 2}) || len(ev.Binary()) != 2 {
		t.Errorf("values %v", values)
	}
	if n := values[0].(map[string]any)["n"]; fmt.Sprint(n) != "12345678901234567890" {
		t.Errorf("number became %v", n)
	}
	if err := ev.Ack(map[string]any{"deep": []any{[]byte{9}, 1}}, []byte{}); err != nil {
		t.Fatal(err)
	}
	c.want(`462-5[{"deep":[{"_placeholder":true,"num":0},1]},{"_placeholder":true,"num":1}]`, "binary \x09", "binary ")
	_ = (<-s.sockets).Emit("push", []byte{1}, "x")
	c.want(`451-["push",{"_placeholder":true,"num":0},"x"]`, "binary \x01")
}

// TestOrder has handlers of several sockets run beside each other, and those of one socket after each other.
func TestOrder(t *testing.T) {
	var mu sync.Mutex
	order := map[string][]string{}
	s := startServer(t, Config{}, func(ns *Namespace) {
		ns.OnEvent(func(sock *Socket, ev *Event) {
			mu.Lock()
			defer mu.Unlock()
			order[sock.ID()] = append(order[sock.ID()], ev.Name())
			_ = ev.Ack()
		})
	})
	var clients []*rawClient
	for range 3 {
		clients = append(clients, s.connect(t, ""))
	}
	const n = 300
	for i := range n {
		for _, c := range clients {
			c.write(fmt.Sprintf(`42%d["e%d"]`, i, i))
		}
	}
	for _, c := range clients {
		for i := range n {
			c.want(fmt.Sprintf(`43%d[]`, i))
		}
		mu.Lock()
		for i, name := range order[c.sid] {
			if name != fmt.Sprintf("e%d", i) {
				t.Fatalf("event %d is %s", i, name)
			}
		}
		mu.Unlock()
	}
}

// TestSlowHandler does not keep heartbeats from being answered, and stops reading when too much waits.
func TestSlowHandler(t *testing.T) {
	release := make(chan struct{})
	s := startServer(t, Config{
		MaxPending: 4,
		Engine:     engineio.Config{PingInterval: 20 * time.Millisecond, PingTimeout: 100 * time.Millisecond},
	}, func(ns *Namespace) {
		ns.OnEvent(func(_ *Socket, ev *Event) {
			<-release
			_ = ev.Ack()
		})
	})
	c := s.connect(t, "")
	for i := range 4 {
		c.write(fmt.Sprintf(`42%d["slow"]`, i))
	}
	for range 10 { // longer than the ping timeout
		if kind, data, err := c.ReadMessage(); err != nil || string(data) != "2" {
			t.Fatalf("%d %q %v", kind, data, err)
		}
		c.write("3")
	}
	close(release)
	for i := range 4 {
		c.want(fmt.Sprintf(`43%d[]`, i))
	}
}

func TestPanicsCloseOneConnection(t *testing.T) {
	s := startServer(t, Config{}, func(ns *Namespace) {
		ns.On("panic", func(*Socket, *Event) { panic("on purpose") })
		ns.Use(func(_ context.Context, sock *Socket) error {
			if string(sock.Handshake().Auth) == `{"panic":1}` {
				panic("in middleware")
			}
			return nil
		})
	})
	other := s.connect(t, "")
	c := s.connect(t, "")
	c.write(`42["panic"]`)
	c.wantClose(1011)
	s.wantReason(t, reasonOf(engineio.HandlerPanic))
	c = s.dial(t)
	c.write(`40{"panic":1}`)
	c.wantClose(1011)
	other.wantEcho()
	if n := s.stats.Panics.Load(); n != 2 {
		t.Errorf("%d panics", n)
	}
}

func TestEmitWithAck(t *testing.T) {
	s := startServer(t, Config{}, func(ns *Namespace) {
		ns.On("ask me", func(sock *Socket, ev *Event) {
			answer, err := sock.EmitWithAck(sock.Context(), "question")
			if err != nil {
				_ = ev.Ack(err.Error())
				return
			}
			_ = ev.Ack(answer.Values()...)
		})
	})
	c := s.connect(t, "")
	sock := <-s.sockets
	c.write(`427["ask me"]`)
	c.want(`420["question"]`)
	c.write(`461-0[{"_placeholder":true,"num":0},5]`)
	c.writeBinary(8)
	c.want(`461-7[{"_placeholder":true,"num":0},5]`, "binary \x08")

	c.write(`430["a second time"]`)
	c.write(`4399["never asked"]`)
	eventually(t, "stray acks are counted", func() bool { return s.stats.StrayAcks.Load() == 2 })

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := sock.EmitWithAck(ctx, "question"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("no answer: %v", err)
	}
	c.want(`421["question"]`)
	failed := make(chan error)
	go func() {
		_, err := sock.EmitWithAck(context.Background(), "question")
		failed <- err
	}()
	c.want(`422["question"]`)
	_ = c.Close()
	if err := <-failed; !errors.Is(err, ErrClosed) {
		t.Errorf("the client left: %v", err)
	}
	if _, err := sock.EmitWithAck(t.Context(), "question"); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	if sock.acks != nil {
		t.Errorf("%d acks are still awaited", len(sock.acks))
	}
}

func TestCloseWaitsForHandlers(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	s := startServer(t, Config{}, func(ns *Namespace) {
		ns.OnEvent(func(sock *Socket, _ *Event) {
			close(entered)
			<-sock.Context().Done()
			<-release
		})
	})
	s.connect(t, "").write(`42["stay"]`)
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("closed with a handler running: %v", err)
	}
	close(release)
	s.wantReason(t, reasonOf(engineio.ServerClose))
}
