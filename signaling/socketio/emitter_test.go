package socketio

import (
	"fmt"
	"slices"
	"testing"
)

// crowd connects clients and gives each its socket.
func (s *testServer) crowd(t *testing.T, n int) ([]*rawClient, []*Socket) {
	t.Helper()
	var clients []*rawClient
	var sockets []*Socket
	for range n {
		clients = append(clients, s.connect(t, ""))
		sockets = append(sockets, <-s.sockets)
	}
	return clients, sockets
}

func TestRooms(t *testing.T) {
	s := startServer(t, Config{}, nil)
	ns := s.Of("/")
	clients, sockets := s.crowd(t, 4)
	a, b, c, d := sockets[0], sockets[1], sockets[2], sockets[3]
	a.Join("red", "green", "red")
	b.Join("red")
	c.Join("green")
	if rooms := a.Rooms(); !slices.Equal(rooms, []string{"red", "green"}) {
		t.Errorf("rooms %v", rooms)
	}
	for _, tt := range []struct {
		name string
		to   Emitter
		want []int
	}{
		{"everybody", ns.all(), []int{0, 1, 2, 3}},
		{"a room", ns.To("red"), []int{0, 1}},
		{"two rooms", ns.To("red").To("green"), []int{0, 1, 2}},
		{"an empty room", ns.To("blue"), nil},
		{"a socket", ns.To(d.ID()), []int{3}},
		{"a room without another", ns.To("red").Except("green"), []int{1}},
		{"all but a room and a socket", ns.Except("red", d.ID()), []int{2}},
		{"the others in a room", a.To("red"), []int{1}},
		{"all others", a.Broadcast(), []int{1, 2, 3}},
		{"state", ns.To("green").State("k"), []int{0, 2}},
		{"ephemeral", ns.To("green").Volatile(), []int{0, 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.to.Emit("to", tt.name); err != nil {
				t.Fatal(err)
			}
			if n := tt.to.Count(); n != len(tt.want) {
				t.Errorf("meant for %d, want %d", n, len(tt.want))
			}
			for i, c := range clients {
				if slices.Contains(tt.want, i) {
					c.want(fmt.Sprintf(`42["to",%q]`, tt.name))
				}
				c.wantEcho()
			}
		})
	}
	b.Leave("red", "never joined")
	clients[0].write("41")
	s.wantReason(t, ClientDisconnect)
	if n := ns.To("red").Count(); n != 0 || len(ns.index.rooms) != 1 {
		t.Errorf("%d left in red, %d rooms", n, len(ns.index.rooms))
	}
	a.Join("red") // too late
	if len(ns.index.rooms) != 1 || len(a.Rooms()) != 0 {
		t.Errorf("a disconnected socket is in %v", a.Rooms())
	}
}

func TestEmittersChangeNothing(t *testing.T) {
	s := startServer(t, Config{}, nil)
	base := s.Of("/").To("a")
	one, two := base.To("b"), base.To("c")
	if !slices.Equal(one.rooms, []string{"a", "b"}) || !slices.Equal(two.rooms, []string{"a", "c"}) {
		t.Errorf("%v %v", one.rooms, two.rooms)
	}
}

func TestEverybodyInARoom(t *testing.T) {
	s := startServer(t, Config{}, nil)
	ns := s.Of("/")
	clients, _ := s.crowd(t, 3)
	ns.To(clients[0].sid, clients[1].sid).Join("red")
	if n := ns.To("red").Count(); n != 2 {
		t.Errorf("%d joined", n)
	}
	ns.To(clients[0].sid).Leave("red")
	ns.To("red").Disconnect(false)
	clients[1].want("41")
	s.wantReason(t, ServerDisconnect)
	ns.To(clients[2].sid).Disconnect(true)
	clients[2].want("41")
	clients[2].wantClose(1000)
	s.wantReason(t, ServerDisconnect)
	if n := ns.Len(); n != 1 {
		t.Errorf("%d are left", n)
	}
}

// TestOneOrderForAll emits from one goroutine to many; everybody sees that order.
func TestOneOrderForAll(t *testing.T) {
	s := startServer(t, Config{}, nil)
	clients, _ := s.crowd(t, 5)
	const n = 200
	for i := range n {
		if err := s.Of("/").Emit("n", i); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range clients {
		for i := range n {
			c.want(fmt.Sprintf(`42["n",%d]`, i))
		}
	}
}

func TestDisconnectKeepsWhatWasEmitted(t *testing.T) {
	s := startServer(t, Config{}, nil)
	c := s.connect(t, "")
	sock := <-s.sockets
	for i := range 50 {
		_ = sock.Emit("n", i)
	}
	sock.Disconnect(true)
	sock.Disconnect(true)
	for i := range 50 {
		c.want(fmt.Sprintf(`42["n",%d]`, i))
	}
	c.want("41")
	c.wantClose(1000)
	s.wantReason(t, ServerDisconnect)
	late := make(chan Reason, 1)
	sock.OnDisconnect(func(r Reason) { late <- r })
	if r := <-late; r != ServerDisconnect {
		t.Errorf("told late of %q", r)
	}
}
