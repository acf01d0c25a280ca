package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	connectWithin  = 30 * time.Second
	clientsAddress = 50 // that come from one address
)

// client is one person's socket. It speaks just enough of the protocol by itself, so that it is cheap.
type client struct {
	crowd *crowd
	n     int // counts the people
	conn  net.Conn
	ready chan struct{} // closed when the server has said so
	ended chan struct{} // closed when the connection is gone

	write sync.Mutex

	mu      sync.Mutex
	next    int                   // guarded by mu
	waiting map[int]chan<- []byte // guarded by mu; by ack id
	seen    map[int]bool          // guarded by mu; the messages that have come; nil when they are not kept
	cursors map[string]int64      // guarded by mu; of each channel the eventSeq; nil when they are not kept
}

// dial opens a socket as a browser would, down to the size of its headers.
func (c *client) dial(ctx context.Context, auth []byte) error {
	from := &net.TCPAddr{IP: net.IPv4(127, 0, byte(1+c.n/clientsAddress/250), byte(1+c.n/clientsAddress%250))}
	conn, err := (&net.Dialer{LocalAddr: from}).DialContext(ctx, "tcp", c.crowd.addr)
	if err != nil {
		return err
	}
	if err := conn.SetDeadline(time.Now().Add(connectWithin)); err != nil {
		return errors.Join(err, conn.Close())
	}
	r, err := upgrade(conn, c.crowd.addr)
	if err == nil {
		err = writeText(conn, append([]byte("40"), auth...))
	}
	if err == nil {
		_, _, err = expect(r, "40{")
	}
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err != nil {
		return errors.Join(fmt.Errorf("client %d: %w", c.n, err), conn.Close())
	}
	c.conn, c.ready, c.ended = conn, make(chan struct{}), make(chan struct{})
	c.waiting = make(map[int]chan<- []byte)
	c.crowd.running.Go(func() { c.read(r) })
	return nil
}

func upgrade(conn net.Conn, host string) (*bufio.Reader, error) {
	request := "GET /api/socket/io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: " + host +
		"\r\nConnection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache" +
		"\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36" +
		"\r\nUpgrade: websocket\r\nOrigin: http://" + host + "\r\nSec-WebSocket-Version: 13" +
		"\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9" +
		"\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	if _, err := conn.Write([]byte(request)); err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(conn, 2048)
	response, err := http.ReadResponse(r, nil)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		return nil, errors.New(response.Status)
	}
	_, _, err = expect(r, "0{")
	return r, err
}

func expect(r *bufio.Reader, prefix string) (text, rest []byte, err error) {
	text, rest, err = readText(r, nil)
	if err == nil && !bytes.HasPrefix(text, []byte(prefix)) {
		err = fmt.Errorf("got %q, expected %q", text, prefix)
	}
	return text, rest, err
}

func (c *client) read(r *bufio.Reader) {
	defer close(c.ended)
	buf := make([]byte, 0, 2048)
	for {
		text, rest, err := readText(r, buf)
		if err != nil {
			return // close closes the connection, or the server is gone
		}
		buf = rest
		c.handle(text, time.Now())
	}
}

func (c *client) handle(text []byte, at time.Time) {
	switch {
	case string(text) == "2":
		_ = c.send([]byte("3")) // when that fails, reading does
	case bytes.HasPrefix(text, []byte(`42["newMessage"`)):
		c.crowd.load.Load().delivered(text, at)
		c.keep(text)
	case bytes.HasPrefix(text, []byte("43")):
		c.acked(text[2:])
	case bytes.HasPrefix(text, []byte(`42["ready"`)):
		close(c.ready)
	default:
		c.crowd.watched.Load().hear(text, at)
	}
}

func (c *client) send(text []byte) error {
	c.write.Lock()
	defer c.write.Unlock()
	return writeText(c.conn, text)
}

// request sends an event; answer gets its ack.
func (c *client) request(event string, arg any, answer chan<- []byte) error {
	payload, err := json.Marshal([]any{event, arg})
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.next++
	text := append(strconv.AppendInt([]byte("42"), int64(c.next), 10), payload...)
	c.waiting[c.next] = answer
	c.mu.Unlock()
	return c.send(text)
}

func (c *client) acked(text []byte) {
	at := bytes.IndexByte(text, '[')
	if at < 0 {
		return
	}
	number, err := strconv.Atoi(string(text[:at]))
	if err != nil {
		return
	}
	c.mu.Lock()
	answer := c.waiting[number]
	delete(c.waiting, number)
	c.mu.Unlock()
	if answer != nil {
		answer <- bytes.Clone(text[at:])
	}
}

// call is request, and waits.
func (c *client) call(ctx context.Context, event string, arg, into any) error {
	answer := make(chan []byte, 1)
	if err := c.request(event, arg, answer); err != nil {
		return err
	}
	select {
	case text := <-answer:
		var args []json.RawMessage
		if err := json.Unmarshal(text, &args); err != nil || len(args) == 0 {
			return fmt.Errorf("%s was answered %.100q", event, text)
		}
		return json.Unmarshal(args[0], into)
	case <-c.ended:
		return errors.New("the socket was closed")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
	}
}
