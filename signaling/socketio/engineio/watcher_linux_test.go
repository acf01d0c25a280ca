package engineio

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// everyReader runs a test with readers that come when there is something to read, and with those that wait for it.
func everyReader(t *testing.T, cfg Config, test func(t *testing.T, e *echoServer, watched bool)) {
	for _, watched := range []bool{true, false} {
		t.Run(fmt.Sprintf("watched %v", watched), func(t *testing.T) {
			e := startServer(t, cfg)
			if !watched {
				e.watcher.close()
			}
			test(t, e, watched)
		})
	}
}

func (c *wsClient) send(frames ...[]byte) {
	c.t.Helper()
	if _, err := c.NetConn().Write(bytes.Join(frames, nil)); err != nil {
		c.t.Fatal(err)
	}
}

// rests waits until nobody reads.
func (e *echoServer) rests(t *testing.T) {
	t.Helper()
	s := e.last()
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	eventually(t, "nobody reads", func() bool { return conn.reader.Load() == readerIdle })
}

func TestAConnectionThatIdlesHasNoReader(t *testing.T) {
	everyReader(t, Config{}, func(t *testing.T, e *echoServer, watched bool) {
		c := e.openWS(t)
		for n := range 20 {
			if watched {
				e.rests(t)
			}
			text := fmt.Sprintf("4%d %s", n, strings.Repeat("x", n*n*n))
			c.write(text)
			c.want(text)
		}
	})
}

func TestAMessageThatComesByteByByte(t *testing.T) {
	everyReader(t, Config{}, func(t *testing.T, e *echoServer, watched bool) {
		c := e.openWS(t)
		for _, b := range clientFrame(0x81, []byte("4slowly")) {
			c.send([]byte{b})
			if watched {
				e.rests(t)
			}
		}
		c.want("4slowly")
	})
}

func TestFragmentsAndPingsInBetween(t *testing.T) {
	everyReader(t, Config{}, func(t *testing.T, e *echoServer, _ bool) {
		c := e.openWS(t)
		pongs := make(chan string, 1)
		c.SetPongHandler(func(text string) error { pongs <- text; return nil })
		c.send(clientFrame(0x01, []byte("4in ")), clientFrame(0x89, []byte("there?")), clientFrame(0x00, []byte("three ")),
			clientFrame(0x80, []byte("parts")), clientFrame(0x81, []byte("4and whole")))
		c.want("4in three parts")
		c.want("4and whole")
		if text := <-pongs; text != "there?" {
			t.Errorf("the pong says %q", text)
		}
	})
}

func TestWhatComesWithTheUpgradeIsRead(t *testing.T) {
	everyReader(t, Config{}, func(t *testing.T, e *echoServer, _ bool) {
		c := e.dial(t, upgradeQuery(t, e.openPoll(t)))
		text := func(s string) []byte { return clientFrame(0x81, []byte(s)) }
		last := text("4and part of this")
		c.send(text("2probe"), text("5"), text("4a"), text("4b"), last[:7])
		c.want("3probe")
		c.want("4a")
		c.want("4b")
		c.send(last[7:])
		c.want("4and part of this")
	})
}

// While a message is handled, what comes after it waits in the kernel, and then in the client.
func TestAClientWaitsForTheReceiver(t *testing.T) {
	everyReader(t, Config{PacketBurst: 1 << 20, MaxPayloadPending: 64 << 10}, func(t *testing.T, e *echoServer, _ bool) {
		handled, release := 0, make(chan struct{})
		all := make(chan struct{})
		const messages = 1000
		e.handle = func(_ *Session, data []byte, _ bool) error {
			<-release
			if n := fmt.Sprint(handled); !strings.HasPrefix(string(data), n+" ") {
				t.Errorf("message %s is %.10q", n, data)
			}
			if handled++; handled == messages {
				close(all)
			}
			return nil
		}
		c := e.openWS(t)
		var stream []byte
		for n := range messages {
			stream = append(stream, clientFrame(0x82, fmt.Appendf(nil, "%d %s", n, strings.Repeat("x", 30_000)))...)
		}
		_ = c.NetConn().SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		n, err := c.NetConn().Write(stream)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("of %d bytes, %d were read while the first message was handled: %v", len(stream), n, err)
		}
		close(release)
		_ = c.NetConn().SetWriteDeadline(noDeadline)
		c.send(stream[n:])
		<-all
	})
}

func TestConnectionsThatEndAreForgotten(t *testing.T) {
	everyReader(t, Config{CloseTimeout: 20 * time.Millisecond}, func(t *testing.T, e *echoServer, _ bool) {
		for _, end := range []func(c *wsClient){
			func(c *wsClient) { _ = c.Close() },
			func(c *wsClient) { _ = c.NetConn().(*net.TCPConn).SetLinger(0); _ = c.Close() }, // a reset
			func(c *wsClient) {
				_ = c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), noDeadline)
			},
			func(*wsClient) { e.last().Close() },
			func(*wsClient) { e.last().CloseFor(PingTimeout) },
		} {
			end(e.openWS(t))
			<-e.closed
		}
		eventually(t, "they are forgotten", func() bool {
			return e.stats.Sessions.Load() == 0 && watching(e) == 0
		})
	})
}

func watching(e *echoServer) int {
	e.watcher.mu.Lock()
	defer e.watcher.mu.Unlock()
	return len(e.watcher.conns)
}

// The kernel may tell of both together, and tells of them once.
func TestAnEndRightBehindAMessageIsNoticed(t *testing.T) {
	everyReader(t, Config{}, func(t *testing.T, e *echoServer, _ bool) {
		for range 100 {
			c := e.openWS(t)
			c.send(clientFrame(0x81, []byte("4last")))
			_ = c.NetConn().(*net.TCPConn).CloseWrite()
			e.wantClosed(t, TransportClose)
		}
		if n := e.stats.PacketsIn.Load(); n != 100 {
			t.Errorf("%d messages of 100 were read", n)
		}
	})
}
