package engineio

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

func TestHeartbeat(t *testing.T) {
	e := startServer(t, Config{PingInterval: 30 * time.Millisecond, PingTimeout: 5 * time.Second})
	c, q := e.openWS(t), e.openPoll(t)
	for range 3 {
		c.want("2")
		c.write("3")
		e.wantPoll(t, q, "2")
		e.wantPost(t, q, "3")
	}
	c.write("3") // one too many does no harm
	c.want("2")
}

func TestPingTimeout(t *testing.T) {
	e := startServer(t, Config{PingInterval: 20 * time.Millisecond, PingTimeout: 30 * time.Millisecond})
	c := e.openWS(t)
	c.want("2")
	c.write("4not a pong")
	e.wantClosed(t, PingTimeout)
	c.wantClose(0)
	q := e.openPoll(t)
	e.wantClosed(t, PingTimeout)
	e.wantError(t, "GET", q, 400, 1)
}

func TestAProbeAsksForASignOfLifeNow(t *testing.T) {
	e := startServer(t, Config{})
	c := e.openWS(t)
	e.last().Probe(5 * time.Second)
	c.want("2")
	c.write("3")
	c.write("4still here") // echoed after the pong was taken
	c.want("4still here")
	e.last().Probe(5 * time.Second)
	c.want("2") // nothing is left of the first probe
	c.write("3")
	c.write("4again")
	c.want("4again")
	for range 100 { // however often it is asked for, the time is not put off
		e.last().Probe(30 * time.Millisecond)
	}
	c.want("2")
	e.wantClosed(t, PingTimeout)
	e.last().Probe(time.Second) // of nobody
	c.wantClose(0)
}

func TestClientGoodbye(t *testing.T) {
	e := startServer(t, Config{})
	q := e.openPoll(t)
	polled := make(chan string)
	go func() {
		_, text := e.do(t, "GET", q, "", nil)
		polled <- text
	}()
	eventually(t, "poll waits", func() bool { s := e.last(); s.mu.Lock(); defer s.mu.Unlock(); return s.poll != nil })
	e.wantPost(t, q, "1")
	if text := <-polled; text != "6" {
		t.Errorf("waiting poll got %q", text)
	}
	e.wantClosed(t, TransportClose)
	e.wantError(t, "GET", q, 400, 1)

	q = e.openPoll(t)
	e.wantPost(t, q, "1")
	e.wantPoll(t, q, "6") // the last poll came after the goodbye
	e.wantError(t, "GET", q, 400, 1)
}

func TestApplicationCloses(t *testing.T) {
	e := startServer(t, Config{})
	c := e.openWS(t)
	_ = e.last().Send(NewText("last"), Durable, "")
	e.last().Close()
	c.want("4last")
	c.wantClose(1000)
	e.wantClosed(t, ForcedClose)
	if err := e.last().Send(NewText("late"), Durable, ""); !errors.Is(err, ErrClosed) {
		t.Errorf("sending after the end: %v", err)
	}

	q := e.openPoll(t)
	_ = e.last().Send(NewText("last"), Durable, "")
	e.last().Close()
	e.wantClosed(t, ForcedClose)
	e.wantPoll(t, q, "4last")
	e.wantPoll(t, q, "1")
	e.wantError(t, "GET", q, 400, 1)
}

func TestServerClose(t *testing.T) {
	e := startServer(t, Config{})
	c := e.openWS(t)
	q := e.openPoll(t)
	polled := make(chan string)
	go func() {
		_, text := e.do(t, "GET", q, "", nil)
		polled <- text
	}()
	eventually(t, "poll waits", func() bool { s := e.last(); s.mu.Lock(); defer s.mu.Unlock(); return s.poll != nil })
	ended := make(chan struct{})
	go func() {
		c.wantClose(1001)
		close(ended)
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := e.Close(ctx); err != nil {
		t.Fatal(err)
	}
	<-ended
	if text := <-polled; text != "1" {
		t.Errorf("waiting poll got %q", text)
	}
	e.wantError(t, "GET", "EIO=4&transport=polling", 503, 3)
}

// TestServerCloseCutsDeafClients has a client that answers nothing.
func TestServerCloseCutsDeafClients(t *testing.T) {
	e := startServer(t, Config{CloseTimeout: time.Hour})
	e.openWS(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := e.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("close: %v", err)
	}
}

// TestSlowConsumer has a client that does not read; the sender must not notice.
func TestSlowConsumer(t *testing.T) {
	e := startServer(t, Config{})
	c := e.openWS(t)
	_ = c.NetConn().(*net.TCPConn).SetReadBuffer(4096)
	s := e.last()
	text := strings.Repeat("x", 60_000)
	var sent int
	for s.Send(NewText(text), Durable, "") == nil {
		if sent++; sent > 10_000 {
			t.Fatal("the queue has no bound")
		}
		s.mu.Lock()
		bytes := s.queue.bytes
		s.mu.Unlock()
		if bytes > 256<<10+len(text)+headerRoom {
			t.Fatalf("%d bytes are queued", bytes)
		}
	}
	e.wantClosed(t, SlowConsumer)
	eventually(t, "the connection ends", func() bool { return !s.writingNow() })
}

func (s *Session) writingNow() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writing
}

func TestSlowConsumerLosesEphemeralFirst(t *testing.T) {
	e := startServer(t, Config{MaxQueuePackets: 4})
	q := e.openPoll(t)
	s := e.last()
	send := func(text string, class Class, key string) {
		t.Helper()
		if err := s.Send(NewText(text), class, key); err != nil {
			t.Fatal(err)
		}
	}
	send("typing", Ephemeral, "")
	send("online", State, "alice")
	send("a", Durable, "")
	send("offline", State, "alice")
	send("b", Durable, "")
	send("c", Durable, "") // takes the place of typing
	send("typing", Ephemeral, "")
	e.wantPoll(t, q, "4a\x1e4offline\x1e4b\x1e4c")
	if d, c := e.stats.DroppedEphemeral.Load(), e.stats.CoalescedState.Load(); d != 2 || c != 1 {
		t.Errorf("%d dropped, %d coalesced", d, c)
	}
	for i := range 4 {
		send(string(rune('0'+i)), Durable, "")
	}
	if err := s.Send(NewText("5"), Durable, ""); !errors.Is(err, ErrClosed) {
		t.Errorf("one too many: %v", err)
	}
	e.wantClosed(t, SlowConsumer)
	e.wantError(t, "GET", q, 400, 1)
}

func TestSendTooLarge(t *testing.T) {
	e := startServer(t, Config{MaxPayload: 1000})
	e.openWS(t)
	if err := e.last().Send(NewText(strings.Repeat("x", 1100)), Durable, ""); !errors.Is(err, ErrTooLarge) {
		t.Errorf("sent: %v", err)
	}
}

func TestAwaitRoom(t *testing.T) {
	e := startServer(t, Config{MaxQueuePackets: 4})
	q := e.openPoll(t)
	s := e.last()
	s.AwaitRoom()
	_ = s.Send(NewText("a"), Durable, "")
	_ = s.Send(NewText("b"), Durable, "")
	waited := make(chan struct{})
	go func() {
		s.AwaitRoom()
		close(waited)
	}()
	eventually(t, "waits", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.roomAgain != nil })
	e.wantPoll(t, q, "4a\x1e4b")
	<-waited
	_ = s.Send(NewText("a"), Durable, "")
	_ = s.Send(NewText("b"), Durable, "")
	s.Close()
	s.AwaitRoom() // of a session that has ended
}
